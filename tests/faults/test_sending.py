"""The sender of messages as it is shipped, killed at any moment while it sends."""

import os
import random
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID, uuid4

import asyncpg
import pytest
from buurtthuis_notifications.vault import Vault, new_key

from tests.faults.programs import BUURTTHUIS, Town, eventually
from tests.notifications.post import Mailbox, smtp_server

NAME = "notifications"
KEY = new_key()

PEOPLE = """
    WITH new AS (SELECT * FROM unnest($1::uuid[], $2::bytea[]) AS new(id, secret)),
    house AS (INSERT INTO known_houses VALUES ('woonpartners', $3, 'Wingerd', true, NULL, 0)),
    resident AS (INSERT INTO residents SELECT 'woonpartners', id, 'nl', 'easy', now(), 0 FROM new),
    member AS (
        INSERT INTO memberships SELECT 'woonpartners', gen_random_uuid(), id, $3, now(), NULL FROM new
    ),
    consent AS (
        INSERT INTO consents
        SELECT 'woonpartners', gen_random_uuid(), id, 'messages', 'x', now(), false, NULL FROM new
    )
    INSERT INTO addresses
    SELECT 'woonpartners', gen_random_uuid(), id, 'email', secret, secret, now(), NULL FROM new
"""
ANNOUNCEMENT = """
    INSERT INTO announcements (corporation, id, rule, cause, urgency, data, made_at, due_at, expires_at, house_id, state,
                               version)
    VALUES ('woonpartners', gen_random_uuid(), 'house-resumed', gen_random_uuid(), 'critical', '{}', now(), now(),
            now() + interval '1 day', $1, 'addressing', 0)
"""
IN_THE_DATABASE = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'notifications'"
LEASES_RUN_OUT = "UPDATE messages SET lease_until = now() WHERE lease_until IS NOT NULL"


@pytest.fixture
async def post_office() -> AsyncIterator[tuple[Mailbox, str]]:
    mailbox = Mailbox()
    async with smtp_server(mailbox) as url:
        yield mailbox, url


async def test_a_sender_that_is_killed_loses_nothing_and_doubles_only_what_it_had_not_noted(
    town: Town, long: bool, post_office: tuple[Mailbox, str]
) -> None:
    """One page of people is worked out while it is killed, and everything after that is sent."""
    mailbox, smtp = post_office
    kills, people = (100, 4000) if long else (2, 400)
    await town.servers.fresh_database(NAME)
    environment = _environment(town, smtp)
    migrated = subprocess.run([BUURTTHUIS, "migrate", NAME], env=environment, check=False)  # noqa: ASYNC221
    assert migrated.returncode == 0
    async with town.servers.admin(NAME) as admin:
        house = uuid4()
        await _move_in(admin, house, people)
        await admin.execute(ANNOUNCEMENT, house)
        sender = town.shipped(NAME, environment)
        unnoted: set[str] = set()
        for _ in range(kills):
            enough = min(len(mailbox.taken) + random.randint(1, max(people // kills, 1)), people)
            sender.start()
            await eventually(partial(_taken, mailbox, enough), "some messages")
            await town.die(sender)
            await eventually(partial(_hung_up, mailbox, admin), "its connections are closed")
            unnoted |= _ids(mailbox) - await _noted(admin)
            await admin.execute(LEASES_RUN_OUT)
        sender.start()

        async def all_noted() -> bool:
            return len(await _noted(admin)) == people

        await eventually(all_noted, "everybody is told")
    arrived = Counter(str(letter["Message-ID"]) for _, letter in mailbox.taken)
    assert len({to for to, _ in mailbox.taken}) == people
    assert len(arrived) == people
    assert {id for id, times in arrived.items() if times > 1} <= unnoted


async def _taken(mailbox: Mailbox, least: int) -> bool:
    return len(mailbox.taken) >= least


async def _hung_up(mailbox: Mailbox, admin: asyncpg.Connection) -> bool:
    """What it had sent before it was killed is taken by now, or never; what it had asked of the database, done."""
    return mailbox.callers == 0 and not await admin.fetchval(IN_THE_DATABASE)


def _ids(mailbox: Mailbox) -> set[str]:
    return {str(letter["Message-ID"]) for _, letter in mailbox.taken}


async def _noted(admin: asyncpg.Connection) -> set[str]:
    rows = await admin.fetch("SELECT id FROM messages WHERE state = 'sent'")
    return {f"<{row['id']}@woonpartners.example.nl>" for row in rows}


async def _move_in(admin: asyncpg.Connection, house: UUID, people: int) -> None:
    vault = Vault([KEY])
    secrets = [vault.seal(f"bewoner{number}@voorbeeld.nl") for number in range(people)]
    await admin.execute(PEOPLE, [uuid4() for _ in secrets], secrets, house)


def _environment(town: Town, smtp: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": town.servers.database_url(NAME, NAME),
        "DATABASE_OWNER_URL": town.servers.database_url(NAME, f"{NAME}_owner"),
        "REDIS_URL": town.servers.valkey.url,
        "FEED_URL": f"http://127.0.0.1:{town.port(NAME)}/{{service}}/v1/events",
        "ISSUER_KEY_FILE": str(town.folder / "issuer.json"),
        "CORPORATIONS_FILE": str(town.folder / "corporations.toml"),
        "VAULT_KEYS": KEY,
        "SMTP_URL": smtp,
        "MAIL_FROM": "buurtthuis@woonpartners.example.nl",
        "LOG_LEVEL": "WARNING",
    }
