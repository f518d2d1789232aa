"""What a series does to its sessions, in memory."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.events.notifications import ResidentJoined
from buurtthuis.events.sessions import Because, SeatRole
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_sessions.app import service
from buurtthuis_sessions.commands.houses import OpenHouse
from buurtthuis_sessions.commands.leading import (
    FarewellHost,
    GiveUpStandingSeat,
    TakeStandingSeat,
    WelcomeHost,
)
from buurtthuis_sessions.commands.seats import NotInvited, RegisterSeat, TakeRole
from buurtthuis_sessions.commands.series import (
    ExtendSeries,
    LeaveOutDay,
    LookAfterSeries,
    PauseSeries,
    PlanSeries,
    ResumeSeries,
    StartSeries,
    StopSeries,
    TakeBackDay,
)
from buurtthuis_sessions.commands.sessions import CancelSession, HoldSession
from buurtthuis_sessions.domain.houses import HouseNotOpen
from buurtthuis_sessions.domain.seats import SeatState
from buurtthuis_sessions.domain.series.plan import SeriesPlan
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.series.states import SeriesState
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.domain.tasks import Task

from tests.actors import STAFF, as_resident
from tests.sessions.builders import a_series_plan
from tests.speaker import hear, speaker

NOW = datetime(2019, 1, 25, 9, 0, tzinfo=UTC)
WEDNESDAY = datetime.fromisoformat("2019-02-06T10:00")  # what the clock on the wall shows
PLAN = a_series_plan(WEDNESDAY, capacity=2)
FATIMA, JAN, PIET = (UUID(int=number) for number in range(1, 4))


class Weekly:
    """A weekly coffee table, and what can be seen of it."""

    def __init__(self) -> None:
        self.clock = Clock(NOW)
        self.backbone = FakeBackbone(service, speaker, clock=self.clock)

    async def begin(self, plan: SeriesPlan = PLAN) -> None:
        self.house = (await self.run(OpenHouse("Wingerd", "Waddinxveen", 96))).id
        await self.run(StartSeries(self.house, "Koffietafel", plan))
        self.id = (await self.series()).id
        for resident in (JAN, PIET):
            await hear(
                self.backbone, ResidentJoined(resident_id=resident, house_id=self.house, language="nl")
            )

    async def run(self, command: object) -> Any:
        return await self.backbone.run("sessions", command)

    async def series(self) -> Series:
        [one] = await self.backbone.kept("sessions", Series)
        return one

    async def sessions(self, state: SessionState = SessionState.SCHEDULED) -> list[Session]:
        kept = await self.backbone.kept("sessions", Session)
        found = [one for one in kept if one.state is state]
        return sorted(found, key=lambda one: one.begins or NOW)

    async def days(self, state: SessionState = SessionState.SCHEDULED) -> list[str]:
        return [f"{one.planned.local_start:%d-%m}" for one in await self.sessions(state)]

    async def open_tasks(self) -> int:
        return sum(one.done_at is None for one in await self.backbone.kept("sessions", Task))


@pytest.fixture
async def weekly() -> Weekly:
    found = Weekly()
    await found.begin()
    return found


async def test_a_series_has_sessions_eight_weeks_ahead_at_once(weekly: Weekly) -> None:
    assert await weekly.days() == ["06-02", "13-02", "20-02", "27-02", "06-03", "13-03", "20-03"]


async def test_they_follow_as_time_goes_on_and_none_comes_twice(weekly: Weekly) -> None:
    weekly.clock.move(timedelta(days=7))
    for _ in range(2):
        await weekly.run(ExtendSeries(weekly.id, weekly.house))
    assert (await weekly.days())[-2:] == ["20-03", "27-03"]


async def test_a_series_is_started_in_an_open_house_only(weekly: Weekly) -> None:
    with pytest.raises(HouseNotOpen):
        await weekly.run(StartSeries(uuid4(), "x", PLAN))


async def test_hosts_and_standing_seats_are_in_every_session(weekly: Weekly) -> None:
    await weekly.run(WelcomeHost(weekly.id, FATIMA, by=STAFF))
    await weekly.run(TakeStandingSeat(weekly.id, JAN, by=STAFF))
    weekly.clock.move(timedelta(days=7))
    await weekly.run(ExtendSeries(weekly.id, weekly.house))
    for session in await weekly.sessions():
        assert session.hosts == [FATIMA]
        assert [(one.resident_id, one.standing) for one in session.seats if not one.role] == [(JAN, True)]


async def test_a_standing_seat_passes_nobody_who_came_before(weekly: Weekly) -> None:
    first, *_ = await weekly.sessions()
    for resident in (FATIMA, PIET):
        await weekly.run(RegisterSeat(first.id, resident, by=STAFF))
    await weekly.run(TakeStandingSeat(weekly.id, JAN, by=STAFF))
    seats = (await weekly.sessions())[0].seats
    assert [one.state for one in seats if one.resident_id == JAN] == [SeatState.WAITLISTED]


async def test_a_standing_seat_that_is_given_up_is_free_everywhere(weekly: Weekly) -> None:
    taken = await weekly.run(TakeStandingSeat(weekly.id, JAN, by=STAFF))
    given_up = await weekly.run(GiveUpStandingSeat(weekly.id, JAN))
    assert taken.id == given_up.id == weekly.id, "both are asked of the series, whichever sessions it has"
    states = {seat.state for one in await weekly.sessions() for seat in one.seats}
    assert states == {SeatState.WITHDRAWN}


async def test_this_and_following_move_with_everybody_in_them(weekly: Weekly) -> None:
    before = await weekly.sessions()
    await weekly.run(RegisterSeat(before[2].id, JAN, by=STAFF))
    plan = replace(PLAN, local_start=datetime.fromisoformat("2019-02-22T15:00"))
    await weekly.run(PlanSeries(weekly.id, plan, by=STAFF))
    after = await weekly.sessions()
    assert [f"{one.planned.local_start:%d-%m %H}" for one in after] == [
        "06-02 10",
        "13-02 10",
        "20-02 10",
        "22-02 15",
        "01-03 15",
        "08-03 15",
        "15-03 15",
    ]
    assert [one.id for one in after[3:7]] == [one.id for one in before[3:7]]


async def test_whoever_had_a_place_in_what_moves_keeps_it_and_is_asked(weekly: Weekly) -> None:
    fourth = (await weekly.sessions())[3]
    await weekly.run(RegisterSeat(fourth.id, JAN, by=STAFF))
    await weekly.run(
        PlanSeries(weekly.id, replace(PLAN, local_start=datetime.fromisoformat("2019-02-22T15:00")), by=STAFF)
    )
    [seat] = (await weekly.sessions())[3].seats
    assert (seat.resident_id, seat.state, seat.confirmed) == (JAN, SeatState.REGISTERED, False)


async def test_this_and_following_do_not_bring_back_what_was_cancelled(weekly: Weekly) -> None:
    second = (await weekly.sessions())[1]
    await weekly.run(CancelSession(second.id, "De zaal is bezet.", by=STAFF))
    await weekly.run(PlanSeries(weekly.id, replace(PLAN, capacity=20), by=STAFF))
    assert await weekly.days() == ["06-02", "20-02", "27-02", "06-03", "13-03", "20-03"]


async def test_what_a_rarer_rule_leaves_over_is_cancelled(weekly: Weekly) -> None:
    await weekly.run(PlanSeries(weekly.id, replace(PLAN, rule="FREQ=WEEKLY;INTERVAL=2"), by=STAFF))
    assert await weekly.days() == ["06-02", "20-02", "06-03", "20-03"]
    assert len(await weekly.days(SessionState.CANCELLED)) == 3


async def test_a_day_that_is_left_out_is_cancelled(weekly: Weekly) -> None:
    await weekly.run(LeaveOutDay(weekly.id, date(2019, 2, 13), "Vakantie.", by=STAFF))
    assert await weekly.days(SessionState.CANCELLED) == ["13-02"]


async def test_a_day_that_is_taken_back_has_a_new_session(weekly: Weekly) -> None:
    await weekly.run(LeaveOutDay(weekly.id, date(2019, 2, 13), "Vakantie.", by=STAFF))
    await weekly.run(TakeBackDay(weekly.id, date(2019, 2, 13), by=STAFF))
    assert ("13-02" in await weekly.days(), await weekly.days(SessionState.CANCELLED)) == (True, ["13-02"])


async def test_pausing_cancels_what_is_to_come_and_resuming_makes_it_again(weekly: Weekly) -> None:
    await weekly.run(PauseSeries(weekly.id, by=STAFF))
    paused = await weekly.days()
    await weekly.run(ResumeSeries(weekly.id, by=STAFF))
    assert (paused, (await weekly.days())[:2]) == ([], ["06-02", "13-02"])


async def test_what_a_pause_cancels_is_cancelled_because_of_it_and_in_nobodys_words(weekly: Weekly) -> None:
    await weekly.run(PauseSeries(weekly.id, by=STAFF))
    cancelled = await weekly.sessions(SessionState.CANCELLED)
    assert {(one.reason, one.because) for one in cancelled} == {(None, Because.SERIES_PAUSED)}


async def test_a_series_that_stops_takes_its_sessions_with_it(weekly: Weekly) -> None:
    await weekly.run(StopSeries(weekly.id, "Het is mooi geweest.", by=STAFF))
    assert (await weekly.days(), {one.reason for one in await weekly.sessions(SessionState.CANCELLED)}) == (
        [],
        {"Het is mooi geweest."},
    )


async def test_the_last_host_who_leaves_leaves_a_question(weekly: Weekly) -> None:
    await weekly.run(WelcomeHost(weekly.id, FATIMA, by=STAFF))
    await weekly.run(FarewellHost(weekly.id, FATIMA))
    assert ((await weekly.series()).state, await weekly.open_tasks()) == (SeriesState.AT_RISK, 1)
    assert {tuple(one.hosts) for one in await weekly.sessions()} == {()}


async def test_whoever_takes_over_answers_it(weekly: Weekly) -> None:
    await weekly.run(WelcomeHost(weekly.id, FATIMA, by=STAFF))
    await weekly.run(FarewellHost(weekly.id, FATIMA))
    await weekly.run(WelcomeHost(weekly.id, JAN, by=STAFF))
    assert ((await weekly.series()).state, await weekly.open_tasks()) == (SeriesState.ACTIVE, 0)


async def test_a_resident_who_was_never_there_does_not_take_over(weekly: Weekly) -> None:
    with pytest.raises(NotInvited):
        await weekly.run(WelcomeHost(weekly.id, JAN, by=as_resident(JAN)))


async def test_a_resident_who_was_there_may(weekly: Weekly) -> None:
    first, *_ = await weekly.sessions()
    await weekly.run(RegisterSeat(first.id, JAN, by=STAFF))
    weekly.clock.move_to(first.begins or NOW)
    await weekly.run(HoldSession(first.id, (JAN,), by=STAFF))
    await weekly.run(WelcomeHost(weekly.id, JAN, by=as_resident(JAN)))
    assert (await weekly.series()).hosts == (JAN,)


async def test_nobody_makes_somebody_else_a_host_but_a_host(weekly: Weekly) -> None:
    with pytest.raises(NotInvited):
        await weekly.run(WelcomeHost(weekly.id, PIET, by=as_resident(JAN)))


async def test_a_session_with_enough_hosts_of_its_own_keeps_them(weekly: Weekly) -> None:
    first, *_ = await weekly.sessions()
    for resident in (JAN, PIET):
        await weekly.run(TakeRole(first.id, resident, SeatRole.HOST, by=STAFF))
    await weekly.run(WelcomeHost(weekly.id, FATIMA, by=STAFF))
    assert (await weekly.sessions())[0].hosts == [JAN, PIET]


async def test_a_gap_over_the_limit_asks_for_somebody_once(weekly: Weekly) -> None:
    weekly.clock.move(timedelta(days=22))
    for _ in range(2):
        await weekly.run(LookAfterSeries(weekly.id, weekly.house))
    assert ((await weekly.series()).state, await weekly.open_tasks()) == (SeriesState.AT_RISK, 1)


async def test_two_weeks_at_risk_pause_it_and_delete_nothing(weekly: Weekly) -> None:
    weekly.clock.move(timedelta(days=22))
    await weekly.run(LookAfterSeries(weekly.id, weekly.house))
    weekly.clock.move(timedelta(days=14, seconds=1))
    await weekly.run(LookAfterSeries(weekly.id, weekly.house))
    assert (await weekly.series()).state is SeriesState.PAUSED
    assert len(await weekly.backbone.kept("sessions", Session)) == 7


async def test_a_session_that_is_held_saves_a_series_with_a_host(weekly: Weekly) -> None:
    await weekly.run(WelcomeHost(weekly.id, FATIMA, by=STAFF))
    weekly.clock.move(timedelta(days=22))
    await weekly.run(LookAfterSeries(weekly.id, weekly.house))
    second = (await weekly.sessions())[1]
    await weekly.run(HoldSession(second.id, (), by=STAFF, walk_ins=3))
    await weekly.run(LookAfterSeries(weekly.id, weekly.house))
    assert ((await weekly.series()).state, await weekly.open_tasks()) == (SeriesState.ACTIVE, 0)
