"""Whoever is far behind lets the others through."""

from typing import Any
from uuid import uuid4

from buurtthuis.events import Audience
from buurtthuis.persistence.history import MOST_ON_STREAM
from buurtthuis.persistence.journal import AUDIENCES

from tests.faults.programs import Town, eventually
from tests.faults.town import Said

FAR_BEHIND = "other-0"
#: Words that were said long ago; the relay publishes the newest.
SAID = """
    INSERT INTO journal (corporation, position, event_id, type, subject, audience, actor, time, data)
    SELECT $1, n, gen_random_uuid(), $2, $3::text, $4, 'staff', now(),
           jsonb_build_object('line_id', $3::text, 'number', n, 'word', 'word ' || n, 'mood', 'well')
    FROM generate_series(1, $5::int) n
"""


async def test_a_corporation_that_is_far_behind_lets_the_others_through(town: Town, long: bool) -> None:
    many = 1_000_000 if long else 20_000
    town.share_with(1)
    await _say_before_anybody_hears(town, many)
    await town.start("speaker")
    client = town.client()
    line = await town.line(client)
    await eventually(lambda: town.is_published("speaker"), "publishing")
    await town.start("hearer")
    for number in range(1, 4):
        await town.say(client, line)
        await eventually(lambda: _is_heard(town, number), f"hearing word {number} in between")  # noqa: B023
    assert await town.checkpoint("hearer", FAR_BEHIND) < many
    await eventually(lambda: _is_read(town, many), "reading all that was said", 1200 if long else 60)
    assert await _heard(town, FAR_BEHIND) == many


async def _say_before_anybody_hears(town: Town, many: int) -> None:
    async with town.servers.admin(town.database("speaker")) as admin:
        staff = AUDIENCES.index(Audience.STAFF)
        await admin.execute(SAID, FAR_BEHIND, Said.type(), str(uuid4()), staff, many, timeout=600)
        on_stream = max(many - MOST_ON_STREAM, many // 2)
        await admin.execute("INSERT INTO streams VALUES ($1, $2, $3)", FAR_BEHIND, many, on_stream)


async def _heard(town: Town, corporation: str) -> int:
    """Words, each counted once."""
    async with town.servers.admin(town.database("hearer")) as admin:
        counted: Any = await admin.fetchrow(
            "SELECT count(DISTINCT word), count(*) FROM effects WHERE corporation = $1 AND reaction = 'note'",
            corporation,
        )
    words, effects = counted
    assert words == effects
    return int(words)


async def _is_heard(town: Town, many: int) -> bool:
    return await _heard(town, "woonpartners") == many


async def _is_read(town: Town, many: int) -> bool:
    return await town.checkpoint("hearer", FAR_BEHIND) == many
