"""A session's plan in the columns of real PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.work import Cause
from buurtthuis.events.sessions import Kind, SeatRole
from buurtthuis.testing import Playground
from buurtthuis_sessions.domain.plans import Outline, Plan
from buurtthuis_sessions.domain.sessions.session import Session
from sqlalchemy import text

from tests.conftest import together

place = together

NOW = datetime(2019, 1, 8, 9, tzinfo=UTC)
STARTS = datetime.fromisoformat("2019-03-24T19:30")
PLAN = Plan(
    Kind.WALK,
    STARTS,
    STARTS + timedelta(hours=2),
    "Europe/Amsterdam",
    "Wingerd",
    12,
    ("nl-x-b1", "ar"),
    uuid4(),
    {SeatRole.HOST: 1, SeatRole.INTERPRETER: 2},
    newcomer_seats=3,
    newcomers_first=timedelta(hours=12),
)
OUTLINE = Outline(Kind.WORKSHOP, 9, ("nl",), {SeatRole.INTERPRETER: 1}, 2)


async def keep(place: Playground, session: Session) -> None:
    sessions = place.service("sessions")
    async with sessions.database.work(sessions.corporations["woonpartners"], Cause(SYSTEM)) as work:
        work.keep(session)


async def kept(place: Playground, id: UUID) -> Session:
    sessions = place.service("sessions")
    async with sessions.database.work(sessions.corporations["woonpartners"], Cause(SYSTEM)) as work:
        return await work.get(Session, id)


async def execute(place: Playground, statement: str, **values: Any) -> Any:
    async with place.service("sessions").database.transaction("woonpartners") as connection:
        return await connection.execute(text(statement), values)


def a_draft(outline: Outline = OUTLINE) -> Session:
    session, _ = Session.draft(uuid4(), "Wandelen", outline=outline)
    return session


async def test_a_draft_keeps_what_is_known_of_it_and_no_more(place: Playground) -> None:
    for draft in (a_draft(), a_draft(Outline())):
        outline = draft.plan
        await keep(place, draft)
        found = await kept(place, draft.id)
        assert (found.plan, found.begins) == (outline, None)


async def test_a_plan_is_read_as_it_was_made(place: Playground) -> None:
    session = a_draft()
    session.schedule(PLAN, NOW)
    await keep(place, session)
    found = await kept(place, session.id)
    assert (found.plan, found.begins, found.ends) == (PLAN, PLAN.begins, PLAN.ends)


async def test_another_plan_takes_the_place_of_the_first_one_whole(place: Playground) -> None:
    session = a_draft()
    session.schedule(PLAN, NOW)
    await keep(place, session)
    other = replace(PLAN, local_start=STARTS + timedelta(hours=1), place="Elders", room_id=None, capacity=20)
    sessions = place.service("sessions")
    async with sessions.database.work(sessions.corporations["woonpartners"], Cause(SYSTEM)) as work:
        (await work.get(Session, session.id)).reschedule(other, NOW)
    found = await kept(place, session.id)
    assert (found.plan, found.begins) == (other, other.begins)


async def test_a_plan_that_would_be_refused_today_is_read_all_the_same(place: Playground) -> None:
    session = a_draft()
    session.schedule(PLAN, NOW)
    await keep(place, session)
    skipped = datetime.fromisoformat("2019-03-31T02:30")  # the clock on the wall never shows it
    await execute(place, "UPDATE sessions SET starts_at = :at WHERE id = :id", at=skipped, id=session.id)
    assert (await kept(place, session.id)).planned.local_start == skipped
