"""Who is told of what, as far as the order of things decides that, in memory."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from buurtthuis.events.sessions import Kind, SeatRole
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_notifications.app import service
from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_sessions.app import service as sessions
from buurtthuis_sessions.commands.houses import OpenHouse
from buurtthuis_sessions.commands.seats import TakeRole
from buurtthuis_sessions.commands.sessions import DraftSession, PlanSession
from buurtthuis_sessions.domain.plans import Plan

from tests.actors import STAFF

THURSDAY = datetime(2018, 11, 22, 10)  # noqa: DTZ001  what the clock on the wall shows
PLAN = Plan(Kind.WALK, THURSDAY, THURSDAY + timedelta(hours=2), "Europe/Amsterdam", "Wingerd", 12)
ANN, BOB = uuid4(), uuid4()


@pytest.fixture
def backbone() -> FakeBackbone:
    return FakeBackbone(service, sessions, clock=Clock(datetime(2018, 11, 12, 12, tzinfo=UTC)))


async def do(backbone: FakeBackbone, command: object) -> UUID:
    done = await backbone.run("sessions", command)
    await backbone.settled()
    return done.id


async def hosts_told(backbone: FakeBackbone) -> list[UUID | None]:
    told = await backbone.kept("notifications", Announcement)
    return [one.resident_id for one in told if one.rule == "host-confirmed"]


async def a_draft(backbone: FakeBackbone) -> UUID:
    return await do(backbone, DraftSession(await do(backbone, OpenHouse("Wingerd", "W", 96)), "Wandelen"))


async def test_who_takes_a_draft_on_is_told_once_it_has_a_time_and_a_place(backbone: FakeBackbone) -> None:
    session = await a_draft(backbone)
    for host in (ANN, BOB):
        await do(backbone, TakeRole(session, host, SeatRole.HOST, by=STAFF))
    assert await hosts_told(backbone) == []
    await do(backbone, PlanSession(session, PLAN, by=STAFF))
    assert set(await hosts_told(backbone)) == {ANN, BOB}


async def test_who_takes_on_what_has_a_time_and_a_place_is_told_at_once(backbone: FakeBackbone) -> None:
    session = await a_draft(backbone)
    await do(backbone, PlanSession(session, PLAN, by=STAFF))
    await do(backbone, TakeRole(session, ANN, SeatRole.HOST, by=STAFF))
    assert await hosts_told(backbone) == [ANN]
