"""One session announced to a whole town by e-mail, against a bare loop that only sends."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import aiosmtplib
import asyncpg
import psutil
from buurtthuis.core.clock import utc_now
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.runtime.installed import installed_services
from buurtthuis_notifications.channels.email import Names, compose
from buurtthuis_notifications.channels.places import AT_ONCE
from buurtthuis_notifications.domain.rules import Urgency
from buurtthuis_notifications.rendering.outgoing import Outgoing
from buurtthuis_notifications.texts import Texts
from buurtthuis_notifications.texts.examples import EXAMPLES
from buurtthuis_notifications.vault import Vault, new_key

from benchmarks.figures import Row, at_least, at_most, take_turns
from benchmarks.ground import Ground, free_port, ground, running

NAME = "notifications"
SENDER = "buurtthuis@example.nl"
PEOPLE = """
    WITH new AS (SELECT * FROM unnest($1::uuid[], $2::bytea[]) AS new(id, secret)),
    resident AS (INSERT INTO residents SELECT $4, id, 'nl', 'easy', now(), 0 FROM new),
    member AS (INSERT INTO memberships SELECT $4, gen_random_uuid(), id, $3, now(), NULL FROM new),
    consent AS (
        INSERT INTO consents SELECT $4, gen_random_uuid(), id, 'messages', 'x', now(), false, NULL FROM new
    )
    INSERT INTO addresses SELECT $4, gen_random_uuid(), id, 'email', secret, secret, now(), NULL FROM new
"""
SESSION = """
    INSERT INTO known_sessions (corporation, id, house_id, title, kind, begins, ends, time_zone, place, standing,
                                changes, version)
    VALUES ($1, $2, $3, 'Koffietafel', 'coffee_table', $4::timestamptz, $4::timestamptz + interval '2 hours', 'Europe/Amsterdam', 'Wingerd',
            'coming', 0, 0)
"""
SENT = "SELECT count(*) FROM messages WHERE state = 'sent'"
ANNOUNCEMENT = """
    INSERT INTO announcements (corporation, id, rule, cause, urgency, data, made_at, due_at, expires_at, house_id,
                               session_id, state, version)
    VALUES ($1, gen_random_uuid(), 'session-scheduled', gen_random_uuid(), 'critical', '{}', now(), now(),
            now() + interval '1 day', $2, $3, 'addressing', 0)
"""


async def measure(quick: bool) -> list[Row]:
    """Both send to the same server, in turns."""
    people = 1000 if quick else 10_000
    async with ground(quick) as here, sink() as port:
        await here.prepare(installed_services()[NAME])
        vault, house, session = Vault([key := new_key()]), uuid4(), uuid4()
        async with here.administering(NAME) as admin:
            await _move_in(admin, here, vault, house, session, people)
            serving = here.serving(
                NAME, VAULT_KEYS=key, SMTP_URL=f"smtp://127.0.0.1:{port}", MAIL_FROM=SENDER
            )
            async with serving as ours:
                process = psutil.Process(ours.process.pid)
                before = process.memory_info().rss
                median = await take_turns(
                    2 if quick else 3,
                    {
                        "ours": lambda: announced(admin, here, house, session, people),
                        "bare": lambda: bare(here, port, people),
                    },
                )
                grown = (process.memory_info().rss - before) / 2**20
    what = f"a session announced to {people:,} residents by e-mail"
    return [
        at_least(0.6, what, median["ours"], "bare pooled aiosmtplib", median["bare"]),
        at_most(50, "MB", "… memory that it takes more", grown),
    ]


@asynccontextmanager
async def sink() -> AsyncIterator[int]:
    """The port of an SMTP server in a process of its own."""
    port = free_port()
    async with running(sys.executable, "-m", "benchmarks.sink", str(port), stdout=PIPE) as process:
        assert process.stdout
        await process.stdout.readline()
        yield port


async def announced(
    admin: asyncpg.Connection, here: Ground, house: UUID, session: UUID, people: int
) -> float:
    """Messages a second, from the fact to the last note that one was taken."""
    await admin.execute("TRUNCATE messages, announcements")
    started = time.perf_counter()
    await admin.execute(ANNOUNCEMENT, here.corporation.slug, house, session)
    while await admin.fetchval(SENT) < people:  # noqa: ASYNC110  another process does the work
        await asyncio.sleep(0.1)
    return people / (time.perf_counter() - started)


async def bare(here: Ground, port: int, people: int) -> float:
    """The same letters, as bytes that are ready, over as many connections."""
    slug, facts = here.corporation.slug, EXAMPLES["session-scheduled"]
    text = Texts({slug: here.corporation}).render(slug, "session-scheduled", "nl-x-b1", facts)
    letter = compose(
        Outgoing(uuid4(), "bewoner@voorbeeld.nl", text, "<p>x</p>" * 200, Urgency.INFO, "Woonpartners"),
        Names(SENDER),
        "Thu, 10 Jan 2019 12:00:00 +0000",
    ).as_bytes()
    left = iter(range(people))

    async def sending() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as smtp:
            for number in left:
                await smtp.sendmail(SENDER, [f"bewoner{number}@voorbeeld.nl"], letter)

    started = time.perf_counter()
    await asyncio.gather(*(sending() for _ in range(AT_ONCE[DeliveryChannel.EMAIL][0])))
    return people / (time.perf_counter() - started)


async def _move_in(
    admin: asyncpg.Connection, here: Ground, vault: Vault, house: UUID, session: UUID, people: int
) -> None:
    slug = here.corporation.slug
    secrets = [vault.seal(f"bewoner{number}@voorbeeld.nl") for number in range(people)]
    await admin.execute(PEOPLE, [uuid4() for _ in secrets], secrets, house, slug)
    await admin.execute(SESSION, slug, session, house, utc_now() + timedelta(days=7))
