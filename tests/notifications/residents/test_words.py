"""What is left, after somebody is forgotten, of what others said of them and of what they wrote."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from buurtthuis.core.actor import Actor
from buurtthuis.core.work import Cause
from buurtthuis.events.sessions import Kind, SeatRole
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_notifications.app import service
from buurtthuis_notifications.commands.erasures import RequestErasure
from buurtthuis_notifications.commands.residents import RegisterResident
from buurtthuis_notifications.domain.addresses import AddressKind, SealedAddress
from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.known import KnownSeat, KnownSeries, KnownSession, KnownTheme
from buurtthuis_notifications.domain.residents import Agreed, Purpose, ReadingLevel, Resident
from buurtthuis_sessions.app import service as sessions
from buurtthuis_sessions.commands.houses import OpenHouse
from buurtthuis_sessions.commands.seats import RegisterSeat, TakeRole
from buurtthuis_sessions.commands.series import StartSeries
from buurtthuis_sessions.commands.sessions import (
    CancelSession,
    DraftSession,
    HoldSession,
    PlanSession,
    ReportSession,
    RewriteReport,
)
from buurtthuis_sessions.domain.plans import Plan
from buurtthuis_sessions.domain.series.plan import SeriesPlan
from buurtthuis_surveys.app import service as surveys
from buurtthuis_surveys.commands.themes import ProposeTheme
from buurtthuis_surveys.domain.themes import Proposer

from tests.actors import STAFF, as_resident

US = "notifications"
DOOR = SealedAddress(AddressKind.DOOR, b"sealed door", (b"digest of a door",))
YES = (Agreed(Purpose.MESSAGES, "Ik wil bericht krijgen."),)
THURSDAY = datetime(2018, 11, 22, 10)  # noqa: DTZ001  on the clock on the wall
PLAN = Plan(Kind.WALK, THURSDAY, THURSDAY + timedelta(hours=2), "Europe/Amsterdam", "Wingerd", 12)


@dataclass
class Neighbourhood:
    """A house in which one resident lives, who is forgotten in the end."""

    backbone: FakeBackbone
    house: UUID
    jan: UUID
    clock: Clock

    async def does(self, service: str, command: object) -> UUID:
        """Jan does it."""
        cause = Cause(Actor.of_resident(self.jan), resident_id=self.jan)
        id = (await self.backbone.run(service, command, cause=cause)).id
        await self.backbone.settled()
        return id

    async def is_done(self, service: str, command: object) -> UUID:
        """Somebody else does."""
        id = (await self.backbone.run(service, command)).id
        await self.backbone.settled()
        return id

    async def is_forgotten(self) -> None:
        await self.is_done(US, RequestErasure(self.jan, ("sessions", "surveys")))


@pytest.fixture
async def here() -> Neighbourhood:
    clock = Clock(datetime(2018, 11, 12, 12, tzinfo=UTC))
    backbone = FakeBackbone(service, sessions, surveys, clock=clock)
    house = (await backbone.run("sessions", OpenHouse("BuurtThuis Wingerd", "Waddinxveen", 96))).id
    await backbone.settled()
    await backbone.run(US, RegisterResident(house, "nl", ReadingLevel.EASY, (DOOR,), YES))
    await backbone.settled()
    [resident] = await backbone.kept(US, Resident)
    return Neighbourhood(backbone, house, resident.id, clock)


async def a_session(here: Neighbourhood) -> UUID:
    """Led by Jan, who gave it its title."""
    session = await here.is_done("sessions", DraftSession(here.house, "Wandelen"))
    await here.is_done("sessions", TakeRole(session, here.jan, SeatRole.HOST, by=STAFF))
    await here.does("sessions", PlanSession(session, PLAN, by=as_resident(here.jan), title="Taart bij Jan"))
    return session


async def test_a_place_that_is_given_back_for_them_leaves_no_trace(here: Neighbourhood) -> None:
    session = await here.is_done("sessions", DraftSession(here.house, "Wandelen"))
    await here.is_done("sessions", PlanSession(session, PLAN, by=STAFF))
    await here.does("sessions", RegisterSeat(session, here.jan, by=STAFF))
    await here.is_forgotten()
    assert [one for one in await here.backbone.kept(US, KnownSeat) if one.resident_id == here.jan] == []


async def test_a_place_that_they_took_just_before_leaves_no_trace(here: Neighbourhood) -> None:
    """Sessions said so before it heard of the request, and we hear so after it."""
    session = await here.is_done("sessions", DraftSession(here.house, "Wandelen"))
    await here.is_done("sessions", PlanSession(session, PLAN, by=STAFF))
    cause = Cause(Actor.of_resident(here.jan), resident_id=here.jan)
    await here.backbone.run("sessions", RegisterSeat(session, here.jan, by=STAFF), cause=cause)
    await here.is_forgotten()
    assert [one for one in await here.backbone.kept(US, KnownSeat) if one.resident_id == here.jan] == []


async def test_what_was_told_of_them_names_them_no_more(here: Neighbourhood) -> None:
    session = await here.is_done("sessions", DraftSession(here.house, "Wandelen"))
    await here.is_done("sessions", PlanSession(session, PLAN, by=STAFF))
    await here.does("sessions", RegisterSeat(session, here.jan, by=STAFF))
    await here.is_forgotten()
    assert str(here.jan) not in str([vars(one) for one in await here.backbone.kept(US, Announcement)])


async def test_the_title_that_they_gave_a_session_is_gone(here: Neighbourhood) -> None:
    await a_session(here)
    await here.is_forgotten()
    assert [one.title for one in await here.backbone.kept(US, KnownSession)] == [None]


async def test_what_they_said_is_told_to_nobody_any_more(here: Neighbourhood) -> None:
    session = await a_session(here)
    await here.does("sessions", CancelSession(session, "Jan is ziek.", by=as_resident(here.jan)))
    await here.is_forgotten()
    told = await here.backbone.kept(US, Announcement)
    assert [one.rule for one in told if one.words and "Jan" in str(one.words)] == []


async def test_a_title_stays_that_somebody_else_gave(here: Neighbourhood) -> None:
    session = await here.is_done("sessions", DraftSession(here.house, "Wandelen"))
    await here.is_done("sessions", PlanSession(session, PLAN, by=STAFF))
    await here.is_forgotten()
    assert [one.title for one in await here.backbone.kept(US, KnownSession)] == ["Wandelen"]


async def test_what_came_out_of_their_idea_is_called_by_it_no_more(here: Neighbourhood) -> None:
    idea = ProposeTheme(here.house, "Taart bij Jan", Proposer(Actor.of_resident(here.jan)))
    theme = await here.does("surveys", idea)
    session = await here.is_done("sessions", DraftSession(here.house, "Taart bij Jan", theme))
    await here.is_done("sessions", PlanSession(session, PLAN, by=STAFF))
    weekly = SeriesPlan(
        Kind.WALK, THURSDAY + timedelta(days=1), 60, "Europe/Amsterdam", "FREQ=WEEKLY", "Wingerd", 12
    )
    await here.is_done("sessions", StartSeries(here.house, "Taart bij Jan", weekly, theme_id=theme))
    await here.is_forgotten()
    kinds: tuple[type[Any], ...] = (KnownTheme, KnownSession, KnownSeries)
    titles = {one.title for kind in kinds for one in await here.backbone.kept(US, kind)}
    assert titles == {None}
    assert "Jan" not in str([one.words for one in await here.backbone.kept(US, Announcement)])


async def test_what_a_report_said_before_it_was_written_anew_waits_in_no_message(here: Neighbourhood) -> None:
    session = await a_session(here)
    here.clock.move(timedelta(days=20))
    await here.is_done("sessions", HoldSession(session, (), by=STAFF, walk_ins=4))
    await here.is_done("sessions", ReportSession(session, "Mevrouw Jansen was boos.", by=STAFF))
    await here.is_done("sessions", RewriteReport(session, "Wij praatten over de tuin.", by=STAFF))
    said = [one.words for one in await here.backbone.kept(US, Announcement) if one.rule == "session-reported"]
    assert sorted(said, key=bool) == [None, {"report": "Wij praatten over de tuin."}]
