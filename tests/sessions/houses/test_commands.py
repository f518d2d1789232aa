"""What can be asked of houses, in memory."""

from collections import Counter
from dataclasses import fields
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.errors import NotFound, Outdated
from buurtthuis.events.sessions import Joining, Kind, Outcome, TaskKind
from buurtthuis.events.surveys import ThemeSelected
from buurtthuis.testing import Clock, FakeBackbone, FakeWork
from buurtthuis_sessions.app import service
from buurtthuis_sessions.commands import houses as commands
from buurtthuis_sessions.commands.follow_ups import OpenVote
from buurtthuis_sessions.commands.houses import (
    AnonymiseHouse,
    CarryOutHouseEnd,
    EndHouse,
    OpenHouse,
    ProposeHouse,
)
from buurtthuis_sessions.commands.seats import RegisterSeat
from buurtthuis_sessions.commands.series import ExtendSeries, StartSeries
from buurtthuis_sessions.commands.sessions import (
    DraftSession,
    HoldSession,
    PlanSession,
    RenameSession,
    ReportSession,
)
from buurtthuis_sessions.domain.follow_ups.counting import Option, Question
from buurtthuis_sessions.domain.houses import (
    OVER,
    PLANNABLE,
    About,
    House,
    HouseIsOver,
    HouseState,
    HouseTakesNoPlans,
)
from buurtthuis_sessions.domain.plans import Plan
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.series.states import SeriesState
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import SessionCannotMove, SessionState
from buurtthuis_sessions.domain.tasks import Task
from buurtthuis_sessions.reactions import draft_a_session

from tests.actors import STAFF
from tests.sessions.builders import a_house_in, a_plan, a_series_plan, a_session_in

ABOUT = About("BuurtThuis Wingerd", "Waddinxveen", 96)
JAN = uuid4()
LIVE = [state for state in HouseState if state not in OVER]
MOVES: tuple[Any, ...] = (
    lambda house, version: commands.PrepareHouse(house, version),
    lambda house, version: commands.BeginHouse(house, version),
    lambda house, version: commands.ChangeHouse(house, ABOUT, version),
    lambda house, version: commands.LetPeopleJoin(house, Joining.CODE, version),
    lambda house, version: commands.PauseHouse(house, "x", version),
    lambda house, version: commands.ResumeHouse(house, version),
    lambda house, version: commands.EvaluateHouse(house, version),
    lambda house, version: commands.AnnounceHouseEnd(house, Outcome.STOPPED, "x", version),
    lambda house, version: commands.TakeBackHouseEnd(house, version),
    lambda house, version: commands.EndHouse(house, Outcome.STOPPED, "x", version),
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def backbone(clock: Clock) -> FakeBackbone:
    return FakeBackbone(service, clock=clock)


def in_days(days: int, clock: Clock) -> Plan:
    """At ten in the morning, so many days from now."""
    return a_plan((clock() + timedelta(days=days)).replace(tzinfo=None))


async def a_walk(backbone: FakeBackbone, house: UUID, *plans: Plan) -> UUID:
    return await a_session_in(backbone, *plans, house=house, title="Wandelen met Jan")


async def states(backbone: FakeBackbone) -> dict[UUID, SessionState]:
    return {one.id: one.state for one in await backbone.kept("sessions", Session)}


async def said(backbone: FakeBackbone, what: str) -> list[dict[str, Any]]:
    return [one.data for one in await backbone.journal("sessions") if f".{what}." in one.type]


@pytest.mark.parametrize("command", MOVES)
async def test_every_move_looks_at_the_version_that_was_read(backbone: FakeBackbone, command: Any) -> None:
    house = await a_house_in(backbone)
    with pytest.raises(Outdated):
        await backbone.run("sessions", command(house, 7))


@pytest.mark.parametrize("command", MOVES)
async def test_every_move_of_a_house_that_is_not_there_is_refused(
    backbone: FakeBackbone, command: Any
) -> None:
    with pytest.raises(NotFound):
        await backbone.run("sessions", command(uuid4(), None))


def test_every_command_that_moves_a_house_is_tried_here() -> None:
    tried = {type(make(uuid4(), None)) for make in MOVES}
    assert tried | {OpenHouse, ProposeHouse, AnonymiseHouse, CarryOutHouseEnd} == {*commands.on.commands}


def test_a_house_is_opened_with_all_that_it_can_be_changed_to() -> None:
    assert {one.name for one in fields(About)} < {one.name for one in fields(OpenHouse)}


async def test_a_proposed_house_waits_for_staff(backbone: FakeBackbone) -> None:
    await backbone.run("sessions", ProposeHouse("Wingerd", "Waddinxveen", 96, retention_days=30))
    [house] = await backbone.kept("sessions", House)
    assert (house.state, house.retention_days) == (HouseState.PROPOSED, 30)


@pytest.mark.parametrize("state", [state for state in HouseState if state not in PLANNABLE])
async def test_nothing_is_drafted_in_a_house_that_takes_no_plans(state: HouseState) -> None:
    house, _ = House.open(ABOUT)
    house.state = state
    with pytest.raises(HouseTakesNoPlans):
        await service.handlers.commands[DraftSession](DraftSession(house.id, "Koffie"), FakeWork(house))


async def test_nothing_is_scheduled_in_a_house_that_is_paused(backbone: FakeBackbone, clock: Clock) -> None:
    house = await a_house_in(backbone)
    session = await a_walk(backbone, house)
    await backbone.run("sessions", commands.PauseHouse(house, "De zaal is dicht."))
    with pytest.raises(HouseTakesNoPlans):
        await backbone.run("sessions", PlanSession(session, in_days(9, clock), by=STAFF))


@pytest.mark.parametrize("state", list(HouseState))
async def test_a_selected_theme_gets_a_draft_unless_its_house_has_ended(state: HouseState) -> None:
    house, _ = House.open(ABOUT)
    house.state = state
    event = ThemeSelected(theme_id=uuid4(), house_id=house.id, title="Ontmoeten")
    drafted = await draft_a_session(event, FakeWork(house))
    assert (drafted is None) is (state in OVER)


@pytest.mark.parametrize("state", LIVE)
async def test_ending_takes_one_action_from_wherever_the_house_is(state: HouseState, clock: Clock) -> None:
    house, _ = House.open(ABOUT)
    house.state = state
    session, _ = Session.draft(house.id, "Koffietafel")
    work = FakeWork(house, session, now=clock())
    await commands.end_house(EndHouse(house.id, Outcome.STOPPED, "Geen animo meer."), work)
    ended, gone = await work.get(House, house.id), await work.get(Session, session.id)
    assert (ended.state, gone.state) == (HouseState.STOPPED, SessionState.CANCELLED)


async def test_what_is_ahead_ends_with_the_house_and_what_is_under_way_does_not(
    backbone: FakeBackbone, clock: Clock
) -> None:
    house, other = await a_house_in(backbone), await a_house_in(backbone)
    draft, soon = await a_walk(backbone, house), await a_walk(backbone, house, in_days(1, clock))
    late = await a_walk(backbone, house, in_days(9, clock))
    elsewhere = await a_walk(backbone, other, in_days(9, clock))
    clock.move(timedelta(days=1, minutes=1))
    await backbone.run("sessions", EndHouse(house, Outcome.HANDED_OVER, "De bewoners gaan zelf verder."))
    assert await states(backbone) == {
        draft: SessionState.CANCELLED,
        soon: SessionState.SCHEDULED,
        late: SessionState.CANCELLED,
        elsewhere: SessionState.SCHEDULED,
    }


async def test_everybody_is_told_why_in_one_go(backbone: FakeBackbone, clock: Clock) -> None:
    house = await a_house_in(backbone)
    await a_walk(backbone, house, in_days(9, clock))
    await backbone.run("sessions", EndHouse(house, Outcome.STOPPED, "Geen animo meer."))
    [cancelled], [ended] = await said(backbone, "session-cancelled"), await said(backbone, "house-ended")
    assert (cancelled["because"], cancelled["reason"]) == ("house_stopped", "Geen animo meer.")
    assert (ended["outcome"], ended["anonymise_on"]) == ("stopped", "2019-02-10")


async def test_a_series_stops_with_its_house_and_makes_no_more_sessions(
    backbone: FakeBackbone, clock: Clock
) -> None:
    house = await a_house_in(backbone)
    starts = (clock() + timedelta(days=7)).replace(tzinfo=None)
    plan = a_series_plan(starts, minutes=60, kind=Kind.WALK)
    series = (await backbone.run("sessions", StartSeries(house, "Wandelen", plan))).id
    await backbone.run("sessions", EndHouse(house, Outcome.STOPPED, "Geen animo meer."))
    [kept] = await backbone.kept("sessions", Series)
    await backbone.run("sessions", ExtendSeries(series, house))
    assert kept.state is SeriesState.STOPPED
    assert set((await states(backbone)).values()) == {SessionState.CANCELLED}


async def test_a_series_makes_nothing_while_its_house_is_paused(backbone: FakeBackbone, clock: Clock) -> None:
    house = await a_house_in(backbone)
    starts = (clock() + timedelta(days=7)).replace(tzinfo=None)
    plan = a_series_plan(starts, minutes=60, kind=Kind.WALK)
    series = (await backbone.run("sessions", StartSeries(house, "Wandelen", plan))).id
    made = len(await states(backbone))
    await backbone.run("sessions", commands.PauseHouse(house, "De zaal is dicht."))
    clock.move(timedelta(days=14))
    await backbone.run("sessions", ExtendSeries(series, house))
    assert len(await states(backbone)) == made
    await backbone.run("sessions", commands.ResumeHouse(house))
    await backbone.run("sessions", ExtendSeries(series, house))
    assert len(await states(backbone)) == made + 2


async def test_nobody_votes_on_what_comes_next_in_a_house_that_has_ended(
    backbone: FakeBackbone, clock: Clock
) -> None:
    house = await a_house_in(backbone)
    session = await a_walk(backbone, house, in_days(1, clock))
    clock.move(timedelta(days=2))
    await backbone.run("sessions", EndHouse(house, Outcome.STOPPED, "Geen animo meer."))
    await backbone.run("sessions", HoldSession(session, (), by=STAFF, walk_ins=3))
    with pytest.raises(HouseTakesNoPlans):
        await backbone.run(
            "sessions", OpenVote(session, Question((Option(uuid4(), "Koffietafel"),), 1), by=STAFF)
        )


async def test_what_people_were_asked_to_do_needs_doing_no_more(clock: Clock) -> None:
    house, _ = House.open(ABOUT)
    task, _ = Task.raised(TaskKind.FIND_A_HOST, house.id, clock())
    other, _ = Task.raised(TaskKind.FIND_A_HOST, uuid4(), clock())
    work = FakeWork(house, task, other, now=clock())
    await commands.end_house(EndHouse(house.id, Outcome.STOPPED, "x"), work)
    assert [(await work.get(Task, one.id)).done_at for one in (task, other)] == [clock(), None]


async def an_ended_house(backbone: FakeBackbone, clock: Clock) -> UUID:
    """With a session that was held and reported, one that nobody noted, and people's words in all of it."""
    house = await a_house_in(backbone)
    held = await a_walk(backbone, house, in_days(1, clock))
    await a_walk(backbone, house, in_days(1, clock))
    await backbone.run("sessions", RegisterSeat(held, JAN, by=STAFF, needs="Ik kom met een rollator."))
    clock.move(timedelta(days=2))
    await backbone.run("sessions", HoldSession(held, (JAN,), by=STAFF, walk_ins=3))
    await backbone.run("sessions", ReportSession(held, "Jan vertelde over vroeger.", by=STAFF))
    await backbone.run("sessions", EndHouse(house, Outcome.CONTINUED, "Jan gaat verder."))
    return house


async def test_on_the_promised_day_nothing_personal_is_left(backbone: FakeBackbone, clock: Clock) -> None:
    house = await an_ended_house(backbone, clock)
    clock.move(timedelta(days=90))
    await backbone.run("sessions", AnonymiseHouse(house))
    [done] = await said(backbone, "house-anonymised")
    assert +Counter(done["removed"]) == {"seats": 1, "sessions": 2, "houses": 1, "journal": 4}
    assert done["left"] == dict.fromkeys(done["removed"], 0)


async def test_what_was_counted_stays(backbone: FakeBackbone, clock: Clock) -> None:
    house = await an_ended_house(backbone, clock)
    clock.move(timedelta(days=90))
    await backbone.run("sessions", AnonymiseHouse(house))
    kept = (await backbone.kept("sessions", Session))[0]
    assert (kept.turnout.attended, kept.turnout.walk_ins, kept.seats, kept.title, kept.report) == (
        1,
        3,
        [],
        None,
        None,
    )


async def test_a_day_too_early_nothing_happens(backbone: FakeBackbone, clock: Clock) -> None:
    house = await an_ended_house(backbone, clock)
    clock.move(timedelta(days=89))
    await backbone.run("sessions", AnonymiseHouse(house))
    assert (await backbone.kept("sessions", Session))[0].report == "Jan vertelde over vroeger."


async def test_the_neighbours_keep_what_is_theirs(backbone: FakeBackbone, clock: Clock) -> None:
    house, other = await an_ended_house(backbone, clock), await a_house_in(backbone)
    theirs = await a_walk(backbone, other, in_days(200, clock))
    await backbone.run("sessions", RegisterSeat(theirs, JAN, by=STAFF))
    clock.move(timedelta(days=90))
    await backbone.run("sessions", AnonymiseHouse(house))
    kept = next(one for one in await backbone.kept("sessions", Session) if one.id == theirs)
    assert (kept.title, len(kept.seats)) == ("Wandelen met Jan", 1)


async def test_anonymising_twice_does_it_once(backbone: FakeBackbone, clock: Clock) -> None:
    house = await an_ended_house(backbone, clock)
    clock.move(timedelta(days=90))
    for _ in range(2):
        await backbone.run("sessions", AnonymiseHouse(house))
    assert len(await said(backbone, "house-anonymised")) == 1


async def test_nothing_can_be_noted_late(backbone: FakeBackbone, clock: Clock) -> None:
    house = await an_ended_house(backbone, clock)
    clock.move(timedelta(days=90))
    await backbone.run("sessions", AnonymiseHouse(house))
    for session in await backbone.kept("sessions", Session):
        for late in (
            ReportSession(session.id, "Jan was er ook.", by=STAFF),
            RenameSession(session.id, "Wandelen met Jan", by=STAFF),
            HoldSession(session.id, (), by=STAFF, walk_ins=0),
        ):
            with pytest.raises((SessionCannotMove, HouseIsOver)):
                await backbone.run("sessions", late)
