"""What sessions can be asked to do, in memory."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from buurtthuis.core.errors import NotFound, Outdated
from buurtthuis.events.sessions import Kind, SeatRole, TaskKind
from buurtthuis.http.problem_json import place_of
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_sessions.app import service
from buurtthuis_sessions.commands import seats
from buurtthuis_sessions.commands import sessions as commands
from buurtthuis_sessions.commands.houses import OpenHouse
from buurtthuis_sessions.commands.seats import RegisterSeat, SettleSeats
from buurtthuis_sessions.commands.sessions import DraftSession, LapseConfirmation, PlanSession
from buurtthuis_sessions.domain.houses import House, HouseNotOpen
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.domain.tasks import Task

from tests.actors import STAFF
from tests.sessions.builders import a_plan, a_session_in

RESIDENT = uuid4()
STARTS = datetime.fromisoformat("2019-01-10T14:00")  # what the clock on the wall shows
PLAN = a_plan(STARTS, kind=Kind.WALK)
MOVES: tuple[Any, ...] = (
    lambda session, version: commands.PlanSession(session, PLAN, by=STAFF, version=version),
    lambda session, version: commands.RenameSession(session, "Thee", by=STAFF, version=version),
    lambda session, version: commands.ChangeCapacity(session, 9, by=STAFF, version=version),
    lambda session, version: commands.HoldSession(session, (), by=STAFF, version=version),
    lambda session, version: commands.CorrectAttendance(session, (), by=STAFF, version=version),
    lambda session, version: commands.NotHoldSession(session, "x", by=STAFF, version=version),
    lambda session, version: commands.ReportSession(session, "x", by=STAFF, version=version),
    lambda session, version: commands.RewriteReport(session, "x", by=STAFF, version=version),
    lambda session, version: commands.RenameSession(session, "x", by=STAFF, version=version),
    lambda session, version: commands.CancelSession(session, "x", by=STAFF, version=version),
    lambda session, version: seats.RegisterSeat(session, RESIDENT, by=STAFF, version=version),
    lambda session, version: seats.AcceptOffer(session, RESIDENT, version),
    lambda session, version: seats.WithdrawSeat(session, RESIDENT, version),
    lambda session, version: seats.ConfirmSeat(session, RESIDENT, version),
    lambda session, version: seats.TakeRole(session, RESIDENT, SeatRole.HOST, by=STAFF, version=version),
)


@pytest.fixture
def backbone() -> FakeBackbone:
    return FakeBackbone(service, clock=Clock())


async def test_a_house_is_kept_as_it_was_opened(backbone: FakeBackbone) -> None:
    await backbone.run("sessions", OpenHouse("Wingerd", "Waddinxveen", 96, "Praatmaatje"))
    [house] = await backbone.kept("sessions", House)
    assert (house.title, house.town, house.dwellings, house.label) == (
        "Wingerd",
        "Waddinxveen",
        96,
        "Praatmaatje",
    )


async def test_a_session_is_drafted_in_an_open_house_only(backbone: FakeBackbone) -> None:
    with pytest.raises(HouseNotOpen) as refused:
        await backbone.run("sessions", DraftSession(uuid4(), "Koffietafel"))
    assert place_of(refused.value) == "/house_id"


async def test_a_place_is_kept_with_its_session(backbone: FakeBackbone) -> None:
    session = await a_session_in(backbone)
    await backbone.run("sessions", PlanSession(session, PLAN, by=STAFF))
    await backbone.run("sessions", RegisterSeat(session, RESIDENT, by=STAFF))
    [kept] = await backbone.kept("sessions", Session)
    assert (kept.state, [seat.resident_id for seat in kept.seats]) == (SessionState.SCHEDULED, [RESIDENT])


async def test_a_refused_plan_leaves_the_draft(backbone: FakeBackbone) -> None:
    session = await a_session_in(backbone)
    with pytest.raises(Outdated):
        await backbone.run("sessions", PlanSession(session, PLAN, by=STAFF, version=9))
    [kept] = await backbone.kept("sessions", Session)
    assert (kept.state, kept.version) == (SessionState.DRAFT, 1)


@pytest.mark.parametrize("command", MOVES)
async def test_every_move_looks_at_the_version_that_was_read(backbone: FakeBackbone, command: Any) -> None:
    with pytest.raises(Outdated):
        await backbone.run("sessions", command(await a_session_in(backbone), 7))


@pytest.mark.parametrize("command", MOVES)
async def test_every_move_of_a_session_that_is_not_there_is_refused(
    backbone: FakeBackbone, command: Any
) -> None:
    with pytest.raises(NotFound):
        await backbone.run("sessions", command(uuid4(), None))


def test_every_command_that_moves_a_session_is_tried_here() -> None:
    tried = {type(make(uuid4(), None)) for make in MOVES}
    others = {DraftSession, SettleSeats, LapseConfirmation, commands.AskWhoCame}
    assert tried | others == {*commands.on.commands, *seats.on.commands}


async def test_a_session_that_loses_its_last_host_asks_for_another(backbone: FakeBackbone) -> None:
    session = await a_session_in(backbone)
    await backbone.run("sessions", seats.TakeRole(session, RESIDENT, SeatRole.HOST, by=STAFF))
    await backbone.run("sessions", seats.WithdrawSeat(session, RESIDENT))
    [task] = await backbone.kept("sessions", Task)
    assert (task.kind, task.session_id, task.done_at) == (TaskKind.FIND_A_HOST, session, None)


async def test_whoever_takes_over_answers_that(backbone: FakeBackbone) -> None:
    session = await a_session_in(backbone)
    await backbone.run("sessions", seats.TakeRole(session, RESIDENT, SeatRole.HOST, by=STAFF))
    await backbone.run("sessions", seats.WithdrawSeat(session, RESIDENT))
    await backbone.run("sessions", seats.TakeRole(session, uuid4(), SeatRole.HOST, by=STAFF))
    assert [task.done_at is None for task in await backbone.kept("sessions", Task)] == [False]


async def test_whoever_led_a_session_before_is_no_newcomer(backbone: FakeBackbone) -> None:
    house = (await backbone.run("sessions", OpenHouse("Wingerd", "Waddinxveen", 96))).id
    first, second = [(await backbone.run("sessions", DraftSession(house, "x"))).id for _ in range(2)]
    await backbone.run("sessions", seats.TakeRole(first, RESIDENT, SeatRole.HOST, by=STAFF))
    await backbone.run("sessions", PlanSession(second, PLAN, by=STAFF))
    await backbone.run("sessions", RegisterSeat(second, RESIDENT, by=STAFF))
    kept = {one.id: one for one in await backbone.kept("sessions", Session)}
    assert [seat.newcomer for seat in kept[second].seats] == [False]
