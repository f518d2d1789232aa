"""Streams whose reactions wait for rows that somebody else holds, on real PostgreSQL: nobody else waits for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.identity.principals import Role
from buurtthuis.persistence import tenancy
from buurtthuis.persistence.engine import driver_url
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Playground, eventually
from sqlalchemy import text

from tests.flows.test_rest import with_corporations
from tests.people import a_draft

pytestmark = pytest.mark.starts("surveys", "sessions")

STREAMS = CONNECTIONS = 10
SELECTED = """
    INSERT INTO journal (event_id, type, subject, house, audience, actor, time, data)
    SELECT gen_random_uuid(), 'nl.buurtthuis.surveys.theme-selected.v1', theme, house, 1, 'staff', now(),
           jsonb_build_object('theme_id', theme, 'house_id', house, 'title', 'Samen koffie drinken')
    FROM (SELECT gen_random_uuid() AS theme, gen_random_uuid() AS house) made
"""
#: What readers need, and do not get; and a theme that is selected.
DOES = {"sessions": "SELECT FROM checkpoints WHERE source = 'surveys' FOR UPDATE", "surveys": SELECTED}
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
async def place(needed: dict[str, Service], settings: Settings, tmp_path: Path) -> AsyncIterator[Playground]:
    settings = settings.model_copy(update={"database_pool_size": CONNECTIONS})
    async with with_corporations(STREAMS + 1, needed.values(), settings, tmp_path) as place:
        yield place


def slug(number: int) -> str:
    return f"corporation-{number}"


@asynccontextmanager
async def entered(place: Playground, service: str, *numbers: int) -> AsyncIterator[asyncpg.Connection]:
    """A transaction of somebody else's in a service's database, and what it does in each of these corporations."""
    connection = await asyncpg.connect(driver_url(place.process.settings.for_service(service).database_url))
    try:
        async with connection.transaction():
            for number in numbers:
                await connection.execute(
                    "SELECT set_config('buurtthuis.corporation', $1, true)", slug(number)
                )
                await connection.execute(DOES[service])
            yield connection
    finally:
        await connection.close()


async def select_a_theme(place: Playground, *numbers: int) -> None:
    async with entered(place, "surveys", *numbers):
        pass
    for number in numbers:
        place.service("surveys").relay.wake(slug(number))


async def drafts(place: Playground, number: int) -> int:
    async with place.service("sessions").database.transaction(slug(number)) as session:
        return int(await session.scalar(text("SELECT count(*) FROM sessions")) or 0)


async def test_while_ten_streams_wait_for_rows_commands_are_answered_and_other_streams_are_heard(
    place: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenancy, "LONGEST_WAIT_MS", 500)
    stuck = range(STREAMS)
    async with entered(place, "sessions", *stuck) as holder:
        await select_a_theme(place, *stuck)

        async def they_wait() -> bool:
            return bool(await holder.fetchval(WAITING) >= CONNECTIONS // 2)

        await eventually(they_wait, "as many wait as may")
        staff = place.client(Role.STAFF, corporation=slug(0))
        for _ in range(CONNECTIONS):
            assert await a_draft(staff)
            assert await holder.fetchval(WAITING) <= CONNECTIONS // 2
        await select_a_theme(place, STREAMS)
        await eventually(lambda: drafts(place, STREAMS), "whoever waits for nothing is heard")
        assert [await drafts(place, number) for number in stuck[1:]] == [0] * (STREAMS - 1)

    async def all_are_heard() -> bool:
        return all([await drafts(place, number) for number in stuck])

    await eventually(all_are_heard, "whoever waited is heard")
    assert await drafts(place, STREAMS - 1) == 1
