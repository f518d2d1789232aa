"""What there is to remind of, looked for in all corporations at once."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.core.work import new_id
from buurtthuis.events.sessions import Kind
from buurtthuis.persistence.engine import Database
from buurtthuis.testing import Clock
from buurtthuis_notifications.domain.known import KnownSeat, KnownSession, Standing
from buurtthuis_notifications.domain.reminders import Reminder, announced, of_offer, of_session
from buurtthuis_notifications.storage import known as _known
from buurtthuis_notifications.storage import messages as _messages

pytestmark = pytest.mark.starts("notifications")

OURS, ZONE = "woonpartners", "Europe/Amsterdam"
QUARTER = timedelta(minutes=15)
__all__ = ["_known", "_messages"]


@pytest.fixture
async def database(settings: Settings, clock: Clock) -> AsyncIterator[Database]:
    """Of notifications, with nothing running."""
    opened = Database(settings.for_service("notifications").database_url, clock=clock)
    yield opened
    await opened.close()


async def keep(database: Database, *rows: Any) -> None:
    async with database.transaction(OURS) as session:
        session.add_all(rows)


async def unsaid(database: Database, look: str) -> int:
    return (await database.who_has_work([look]))[look].get(OURS, 0)


def a_session(clock: Clock) -> KnownSession:
    begins = clock() + timedelta(hours=30)
    ends = begins + timedelta(hours=2)
    return KnownSession(new_id(), new_id(), "Koffie", next(iter(Kind)), begins, ends, ZONE, "De hal")


async def test_a_session_is_found_for_each_reminder_until_it_was_said_and_at_no_other_time(
    database: Database, clock: Clock
) -> None:
    session = a_session(clock)
    await keep(database, session)
    said: set[Reminder] = set()
    while clock() < session.begins + timedelta(hours=1):
        due = [reminder for reminder in of_session(session, clock()) if reminder not in said]
        assert await unsaid(database, "sessions_to_remind_of") == len(due)
        if due:
            await keep(database, announced(due[0], session, None, clock()))
            said.add(due[0])
        clock.move(QUARTER)
    assert len(said) == 2


async def test_an_offer_is_found_whenever_it_is_to_be_reminded_of_though_another_ends_with_it(
    database: Database, clock: Clock
) -> None:
    session = a_session(clock)
    seats = [KnownSeat.of(session.id, session.house_id, new_id()) for _ in range(2)]
    for seat in seats:
        seat.standing, seat.since, seat.expires_at = Standing.OFFERED, clock(), clock() + timedelta(hours=8)
    await keep(database, session, *seats)
    first, second = seats
    said: Sequence[Reminder] = []
    while clock() < session.begins:
        if not said and (said := of_offer(first, ZONE, clock())):
            await keep(database, announced(said[0], session, first, clock()))
        is_found = await unsaid(database, "offers_to_remind_of") > 0
        assert is_found or not of_offer(second, ZONE, clock())
        clock.move(QUARTER)
    assert said
