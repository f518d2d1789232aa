"""What is for the people of a house only, and to whom it is offered to lead; in memory."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.domain.neighbours import NotOfThisHouse
from buurtthuis.events import Event
from buurtthuis.events.notifications import ResidentJoined, ResidentMovedOut
from buurtthuis.events.sessions import Kind, SeatRole
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_sessions.app import service
from buurtthuis_sessions.commands.follow_ups import CountCards, DecideVote, OpenVote
from buurtthuis_sessions.commands.houses import OpenHouse
from buurtthuis_sessions.commands.leading import (
    FarewellHost,
    GiveUpStandingSeat,
    TakeStandingSeat,
    WelcomeHost,
)
from buurtthuis_sessions.commands.seats import NotInvited, RegisterSeat, TakeRole, WithdrawSeat
from buurtthuis_sessions.commands.series import (
    NotYoursToEnd,
    PauseSeries,
    ResumeSeries,
    StartSeries,
    StopSeries,
)
from buurtthuis_sessions.commands.sessions import DraftSession, HoldSession, PlanSession, ReportSession
from buurtthuis_sessions.domain.follow_ups.counting import Counts
from buurtthuis_sessions.domain.leading import NotAHost
from buurtthuis_sessions.domain.seats import SeatState
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.series.states import SeriesState
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import SessionState

from tests.actors import STAFF, as_resident
from tests.sessions.builders import a_plan, a_series_plan
from tests.sessions.follow_ups.people import ASKED, DECORATION
from tests.speaker import hear, speaker

NOW = datetime(2019, 1, 25, 9, 0, tzinfo=UTC)
THURSDAY = datetime.fromisoformat("2019-01-31T19:00")  # what the clock on the wall shows
WEEKLY = a_series_plan(THURSDAY, capacity=2)
ONCE = a_plan(THURSDAY, kind=Kind.WALK, capacity=2)
JAN, FATIMA, STRANGER = uuid4(), uuid4(), uuid4()


class Wingerd:
    """A house in which Jan and Fatima live, with a weekly coffee table."""

    def __init__(self) -> None:
        self.clock = Clock(NOW)
        self.backbone = FakeBackbone(service, speaker, clock=self.clock)

    async def open(self) -> None:
        self.house, elsewhere = [
            (await self.run(OpenHouse(title, "Waddinxveen", 96))).id for title in ("Wingerd", "Elders")
        ]
        for resident in (JAN, FATIMA):
            await self.join(resident)
        await self.join(STRANGER, elsewhere)
        self.series = (await self.run(StartSeries(self.house, "Koffietafel", WEEKLY))).id

    async def run(self, command: object) -> Any:
        return await self.backbone.run("sessions", command)

    async def hear(self, event: Event) -> None:
        await hear(self.backbone, event)

    async def join(self, resident: UUID, house: UUID | None = None) -> None:
        await self.hear(ResidentJoined(resident_id=resident, house_id=house or self.house, language="nl"))

    async def move_out(self, resident: UUID = JAN) -> None:
        await self.hear(ResidentMovedOut(resident_id=resident, house_id=self.house))

    async def session(self) -> UUID:
        session = (await self.run(DraftSession(self.house, "Wandelen"))).id
        await self.run(PlanSession(session, ONCE, by=STAFF))
        return UUID(str(session))

    async def decided(self, *attended: UUID) -> UUID:
        """A draft that these decided on in the room."""
        session = await self.session()
        await self.hold(session, *attended)
        vote = (await self.run(OpenVote(session, ASKED, by=STAFF))).id
        await self.run(CountCards(vote, Counts(1, {DECORATION.id: 1}), by=STAFF))
        await self.run(DecideVote(vote, by=STAFF))
        kept = await self.backbone.kept("sessions", Session)
        return next(one.id for one in kept if one.follow_up_of == session)

    async def coming(self) -> list[Session]:
        """The sessions of the series that are still to come."""
        kept = await self.backbone.kept("sessions", Session)
        coming = [one for one in kept if one.series_id == self.series and one.state is SessionState.SCHEDULED]
        return sorted(coming, key=lambda one: one.begins or NOW)

    async def kept(self, kind: type[Any], id: UUID) -> Any:
        return next(one for one in await self.backbone.kept("sessions", kind) if one.id == id)

    async def hold(self, session: UUID, *attended: UUID) -> None:
        begins = (await self.kept(Session, session)).begins
        for resident in attended:
            await self.run(RegisterSeat(session, resident, by=STAFF))
        self.clock.move_to(begins)
        await self.run(HoldSession(session, attended, by=STAFF, walk_ins=1))

    async def held_table(self, *attended: UUID) -> None:
        """The next one of the series, to which these came."""
        await self.hold((await self.coming())[0].id, *attended)

    async def state(self) -> SeriesState:
        found: SeriesState = (await self.kept(Series, self.series)).state
        return found


@pytest.fixture
async def wingerd() -> Wingerd:
    found = Wingerd()
    await found.open()
    return found


# Seats


async def test_a_resident_registers_in_their_own_house(wingerd: Wingerd) -> None:
    session = await wingerd.session()
    await wingerd.run(RegisterSeat(session, JAN, by=as_resident(JAN)))
    with pytest.raises(NotOfThisHouse):
        await wingerd.run(RegisterSeat(session, STRANGER, by=as_resident(STRANGER)))


async def test_whoever_moved_out_registers_no_more_with_the_token_that_is_left(wingerd: Wingerd) -> None:
    session = await wingerd.session()
    await wingerd.move_out()
    for command in (
        RegisterSeat(session, JAN, by=as_resident(JAN)),
        TakeStandingSeat(wingerd.series, JAN, by=as_resident(JAN)),
    ):
        with pytest.raises(NotOfThisHouse):
            await wingerd.run(command)


async def test_whoever_moves_back_in_takes_part_as_before(wingerd: Wingerd) -> None:
    session = await wingerd.session()
    await wingerd.move_out()
    await wingerd.join(JAN)
    await wingerd.run(RegisterSeat(session, JAN, by=as_resident(JAN)))
    await wingerd.run(TakeStandingSeat(wingerd.series, JAN, by=as_resident(JAN)))


async def test_staff_vouch_for_whom_they_register(wingerd: Wingerd) -> None:
    await wingerd.run(RegisterSeat(await wingerd.session(), STRANGER, by=STAFF))
    await wingerd.run(TakeStandingSeat(wingerd.series, STRANGER, by=STAFF))


async def test_what_one_has_can_be_given_back_before_it_is_heard_that_one_moved_out(wingerd: Wingerd) -> None:
    session = await wingerd.session()
    for resident in (STRANGER, JAN):
        await wingerd.run(RegisterSeat(session, resident, by=STAFF))
        await wingerd.run(TakeStandingSeat(wingerd.series, resident, by=STAFF))
    await wingerd.run(WithdrawSeat(session, STRANGER))
    await wingerd.run(GiveUpStandingSeat(wingerd.series, STRANGER))


# Who leads


async def test_one_visit_does_not_make_a_stranger_the_host_of_a_series_that_has_one(wingerd: Wingerd) -> None:
    await wingerd.run(WelcomeHost(wingerd.series, FATIMA, by=STAFF))
    await wingerd.held_table(STRANGER, JAN)
    with pytest.raises(NotOfThisHouse):
        await wingerd.run(WelcomeHost(wingerd.series, STRANGER, by=as_resident(STRANGER)))
    with pytest.raises(NotInvited):
        await wingerd.run(WelcomeHost(wingerd.series, JAN, by=as_resident(JAN)))


async def test_a_neighbour_who_was_there_takes_over_where_a_host_is_wanted(wingerd: Wingerd) -> None:
    await wingerd.run(WelcomeHost(wingerd.series, FATIMA, by=STAFF))
    await wingerd.held_table(JAN)
    await wingerd.run(FarewellHost(wingerd.series, FATIMA))
    await wingerd.run(WelcomeHost(wingerd.series, JAN, by=as_resident(JAN)))
    assert (await wingerd.kept(Series, wingerd.series)).hosts == (JAN,)


async def test_whoever_moved_out_leads_nothing_anew(wingerd: Wingerd) -> None:
    await wingerd.held_table(JAN)
    await wingerd.move_out()
    with pytest.raises(NotOfThisHouse):
        await wingerd.run(WelcomeHost(wingerd.series, JAN, by=as_resident(JAN)))


async def test_a_host_gives_it_to_neighbours_and_staff_to_whom_they_vouch_for(wingerd: Wingerd) -> None:
    await wingerd.run(WelcomeHost(wingerd.series, FATIMA, by=STAFF))
    with pytest.raises(NotOfThisHouse):
        await wingerd.run(WelcomeHost(wingerd.series, STRANGER, by=as_resident(FATIMA)))
    await wingerd.run(WelcomeHost(wingerd.series, JAN, by=as_resident(FATIMA)))
    await wingerd.run(WelcomeHost(wingerd.series, STRANGER, by=STAFF))


async def test_a_session_that_has_a_host_is_offered_to_nobody(wingerd: Wingerd) -> None:
    draft = await wingerd.decided(JAN, FATIMA)
    await wingerd.run(TakeRole(draft, FATIMA, SeatRole.HOST, by=as_resident(FATIMA)))
    with pytest.raises(NotInvited):
        await wingerd.run(TakeRole(draft, JAN, SeatRole.HOST, by=as_resident(JAN)))
    await wingerd.run(TakeRole(draft, JAN, SeatRole.HOST, by=as_resident(FATIMA)))


async def test_what_is_offered_to_a_resident_is_not_to_whoever_acts_as_something_else(
    wingerd: Wingerd,
) -> None:
    draft = await wingerd.decided(FATIMA)
    with pytest.raises(NotAHost):
        await wingerd.run(TakeRole(draft, FATIMA, SeatRole.HOST, by=Actor(ActorKind.GUIDE, FATIMA)))
    await wingerd.run(TakeRole(draft, FATIMA, SeatRole.HOST, by=as_resident(FATIMA)))


async def test_whoever_moved_out_leads_no_session_that_follows(wingerd: Wingerd) -> None:
    draft = await wingerd.decided(JAN)
    await wingerd.move_out()
    with pytest.raises(NotOfThisHouse):
        await wingerd.run(TakeRole(draft, JAN, SeatRole.HOST, by=as_resident(JAN)))


async def test_whoever_moved_out_writes_nothing_more_of_what_they_led(wingerd: Wingerd) -> None:
    """Nor reads what people need: who reads that is who leads."""
    session = await wingerd.session()
    await wingerd.run(TakeRole(session, JAN, SeatRole.HOST, by=STAFF))
    await wingerd.hold(session, FATIMA)
    await wingerd.move_out()
    with pytest.raises(NotAHost):
        await wingerd.run(ReportSession(session, "x", by=as_resident(JAN)))
    assert (await wingerd.kept(Session, session)).hosts == []


async def test_leaving_what_is_over_is_told_to_nobody(
    wingerd: Wingerd,
) -> None:
    session = await wingerd.session()
    await wingerd.run(TakeRole(session, JAN, SeatRole.HOST, by=STAFF))
    await wingerd.hold(session, FATIMA)
    before = len(await wingerd.backbone.journal("sessions"))
    await wingerd.move_out()
    assert len(await wingerd.backbone.journal("sessions")) == before
    assert {seat.state for seat in (await wingerd.kept(Session, session)).seats if not seat.role} == {
        SeatState.ATTENDED
    }


async def test_leaving_what_goes_on_is_said_and_nobody_is_looked_for(wingerd: Wingerd) -> None:
    session = await wingerd.session()
    await wingerd.run(TakeRole(session, JAN, SeatRole.HOST, by=STAFF))
    wingerd.clock.move_to((await wingerd.kept(Session, session)).begins)
    before = len(await wingerd.backbone.journal("sessions"))
    await wingerd.move_out()
    said = [one.type.split(".")[-2] for one in (await wingerd.backbone.journal("sessions"))[before:]]
    assert said == ["host-withdrew"]


# Who ends a series


async def test_a_host_who_has_just_come_ends_nothing_for_good(wingerd: Wingerd) -> None:
    await wingerd.run(WelcomeHost(wingerd.series, JAN, by=STAFF))
    with pytest.raises(NotYoursToEnd):
        await wingerd.run(StopSeries(wingerd.series, "Zomaar.", by=as_resident(JAN)))
    await wingerd.run(PauseSeries(wingerd.series, by=as_resident(JAN)))


async def test_a_host_who_led_it_ends_it_where_nobody_else_leads_it(wingerd: Wingerd) -> None:
    for host in (JAN, FATIMA):
        await wingerd.run(WelcomeHost(wingerd.series, host, by=STAFF))
    await wingerd.held_table(STRANGER)
    with pytest.raises(NotYoursToEnd):
        await wingerd.run(StopSeries(wingerd.series, "Zomaar.", by=as_resident(JAN)))
    await wingerd.run(FarewellHost(wingerd.series, FATIMA))
    await wingerd.run(StopSeries(wingerd.series, "Het is mooi geweest.", by=as_resident(JAN)))
    assert await wingerd.state() is SeriesState.STOPPED


async def test_staff_take_up_a_series_that_was_ended_with_its_hosts_and_standing_seats(
    wingerd: Wingerd,
) -> None:
    await wingerd.run(WelcomeHost(wingerd.series, JAN, by=STAFF))
    await wingerd.run(TakeStandingSeat(wingerd.series, FATIMA, by=STAFF))
    days = [one.planned.local_start for one in await wingerd.coming()]
    await wingerd.run(StopSeries(wingerd.series, "Zomaar.", by=STAFF))
    with pytest.raises(NotYoursToEnd):
        await wingerd.run(ResumeSeries(wingerd.series, by=as_resident(JAN)))
    await wingerd.run(ResumeSeries(wingerd.series, by=STAFF))
    coming = await wingerd.coming()
    assert ([one.planned.local_start for one in coming], await wingerd.state()) == (days, SeriesState.ACTIVE)
    assert {(one.hosts[0], one.seats[-1].resident_id) for one in coming} == {(JAN, FATIMA)}
