"""What becomes of a series."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.errors import Invalid, Refused
from buurtthuis.events.sessions import Risk, SeriesAtRisk, SeriesRecovered
from buurtthuis.http.problem_json import place_of
from buurtthuis_sessions.domain.leading import NotAHost
from buurtthuis_sessions.domain.series.series import HORIZON, PATIENCE, Series
from buurtthuis_sessions.domain.series.states import (
    MOVES,
    LeadsAlready,
    LeadsNot,
    NotASessionDay,
    SeriesCannotMove,
    SeriesState,
    StandsAlready,
    StandsNot,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.actors import as_resident
from tests.sessions.builders import a_series_plan

NOW = datetime(2019, 1, 25, 9, 0, tzinfo=UTC)
WEDNESDAY = datetime.fromisoformat("2019-02-06T10:00")  # what the clock on the wall shows
LIMIT = timedelta(days=21)
FATIMA, JAN = uuid4(), uuid4()
PLAN = a_series_plan(WEDNESDAY)

WAYS: dict[SeriesState, Callable[[Series], object]] = {
    SeriesState.PAUSED: lambda series: series.pause(),
    SeriesState.STOPPED: lambda series: series.stop("Het is mooi geweest."),
}


def a_series(state: SeriesState = SeriesState.ACTIVE) -> Series:
    series, _ = Series.propose(uuid4(), "Koffietafel")
    if state is not SeriesState.TRIAL:
        series.start(PLAN, NOW)
        series.welcome(FATIMA)
    if state is SeriesState.AT_RISK:
        series.farewell(FATIMA, NOW)
    series.state = state
    return series


@pytest.mark.parametrize("state", list(SeriesState))
@pytest.mark.parametrize("to", list(WAYS))
def test_a_series_moves_as_the_table_says_and_no_other_way(state: SeriesState, to: SeriesState) -> None:
    series = a_series(state)
    if to in MOVES.get(state, ()):
        WAYS[to](series)
        assert series.state is to
    else:
        with pytest.raises(SeriesCannotMove, match=f"that is {state} cannot become {to}"):
            WAYS[to](series)


@pytest.mark.parametrize("state", [one for one in SeriesState if one is not SeriesState.TRIAL])
def test_a_series_starts_once(state: SeriesState) -> None:
    with pytest.raises(SeriesCannotMove):
        a_series(state).start(PLAN, NOW)


def test_a_series_starts_in_the_future() -> None:
    series = a_series(SeriesState.TRIAL)
    with pytest.raises(Invalid) as refused:
        series.start(PLAN, NOW + timedelta(days=30))
    assert (place_of(refused.value), series.state) == ("/starts_at", SeriesState.TRIAL)


def test_sessions_are_to_be_made_eight_weeks_ahead() -> None:
    times = a_series().still_to_make(NOW)
    assert (times[0], times[-1]) == (WEDNESDAY, WEDNESDAY + timedelta(weeks=6))


def test_the_same_session_is_to_be_made_once() -> None:
    series = a_series()
    made = [
        *series.still_to_make(NOW),
        *series.still_to_make(NOW),
        *series.still_to_make(NOW + timedelta(days=7)),
    ]
    assert made == [WEDNESDAY + timedelta(weeks=week) for week in range(8)]


def test_after_a_standstill_nothing_is_made_in_the_past() -> None:
    series, late = a_series(), NOW + timedelta(days=300)
    assert all(PLAN.at(one).begins > late for one in series.still_to_make(late))


@pytest.mark.parametrize("state", [SeriesState.TRIAL, SeriesState.PAUSED, SeriesState.STOPPED])
def test_a_series_that_does_not_go_on_makes_nothing(state: SeriesState) -> None:
    assert a_series(state).still_to_make(NOW) == []


def test_a_series_at_risk_goes_on() -> None:
    assert a_series(SeriesState.AT_RISK).still_to_make(NOW)


def test_a_day_that_is_left_out_is_not_made() -> None:
    series = a_series()
    series.leave_out(date(2019, 2, 13))
    assert WEDNESDAY + timedelta(days=7) not in series.still_to_make(NOW)


def test_a_day_without_a_session_cannot_be_left_out() -> None:
    with pytest.raises(NotASessionDay, match="2019-02-14"):
        a_series().leave_out(date(2019, 2, 14))


def test_a_day_that_is_taken_back_near_by_is_to_be_made_now() -> None:
    series = a_series()
    series.leave_out(date(2019, 2, 13))
    series.still_to_make(NOW)
    _, times = series.take_back(date(2019, 2, 13), NOW)
    assert times == [WEDNESDAY + timedelta(days=7)]


def test_a_day_that_is_taken_back_far_ahead_is_made_when_it_comes_near() -> None:
    series = a_series()
    day = (WEDNESDAY + timedelta(weeks=20)).date()
    series.leave_out(day)
    series.still_to_make(NOW)
    _, times = series.take_back(day, NOW)
    assert times == []


@pytest.mark.parametrize(("weeks", "refused"), [(7, False), (9, True), (600, True)])
def test_a_change_leaves_no_weeks_without_a_plan(weeks: int, refused: bool) -> None:
    series = a_series()
    series.still_to_make(NOW)
    with pytest.raises(Invalid, match="still to be made") if refused else nullcontext():
        series.change(replace(PLAN, local_start=WEDNESDAY + timedelta(weeks=weeks)), NOW)
    assert (series.plan == PLAN) == refused


def test_a_series_that_has_not_come_near_yet_can_begin_at_another_time() -> None:
    series, _ = Series.propose(uuid4(), "Koffietafel")
    far = replace(PLAN, local_start=WEDNESDAY + timedelta(weeks=20))
    series.start(far, NOW)
    series.still_to_make(NOW)
    series.change(sooner := replace(far, local_start=WEDNESDAY + timedelta(weeks=19)), NOW)
    assert series.plan == sooner


def test_the_last_host_who_leaves_puts_a_series_at_risk() -> None:
    series = a_series()
    series.welcome(JAN)
    first, last = series.farewell(FATIMA, NOW), series.farewell(JAN, NOW)
    assert not any(isinstance(one, SeriesAtRisk) for one in first)
    assert [one.reason for one in last if isinstance(one, SeriesAtRisk)] == [Risk.HOST_LEFT]


def test_somebody_who_takes_over_saves_it() -> None:
    series = a_series(SeriesState.AT_RISK)
    assert any(isinstance(one, SeriesRecovered) for one in series.welcome(JAN))
    assert series.state is SeriesState.ACTIVE


def test_a_gap_over_the_limit_puts_a_series_at_risk() -> None:
    series = a_series()
    before, after = (
        series.look(NOW, LIMIT, NOW + LIMIT),
        series.look(NOW, LIMIT, NOW + LIMIT + timedelta(seconds=1)),
    )
    assert (before, [getattr(one, "reason", None) for one in after]) == ([], [Risk.GAP])


def test_a_monthly_series_is_not_at_risk_before_the_day_after_its_next_session() -> None:
    series, _ = Series.propose(uuid4(), "Koffietafel")
    series.start(replace(PLAN, rule="FREQ=MONTHLY;BYDAY=1WE"), NOW)
    held = PLAN.at(WEDNESDAY).begins
    next_one = datetime(2019, 3, 6, 9, 0, tzinfo=UTC)
    before = series.look(held, LIMIT, next_one + timedelta(days=1))
    after = series.look(held, LIMIT, next_one + timedelta(days=1, seconds=1))
    assert (before, [getattr(one, "reason", None) for one in after]) == ([], [Risk.GAP])


def test_a_series_is_not_paused_before_its_next_session_could_be_held() -> None:
    series, _ = Series.propose(uuid4(), "Koffietafel")
    series.start(replace(PLAN, rule="FREQ=MONTHLY;BYDAY=1WE"), NOW)
    series.look(None, LIMIT, at_risk := NOW + timedelta(days=30))
    assert (series.state, series.look(None, LIMIT, at_risk + PATIENCE)) == (SeriesState.AT_RISK, [])


def test_a_series_that_staff_lead_recovers_when_people_meet_again() -> None:
    series, _ = Series.propose(uuid4(), "Koffietafel")
    series.start(PLAN, NOW)
    series.look(None, LIMIT, NOW + timedelta(days=22))
    series.look(NOW + timedelta(days=23), LIMIT, NOW + timedelta(days=23))
    assert series.state is SeriesState.ACTIVE


def test_the_last_host_who_leaves_in_a_gap_is_the_greater_risk() -> None:
    series = a_series()
    series.look(None, LIMIT, NOW + timedelta(days=22))
    series.farewell(FATIMA, NOW + timedelta(days=23))
    series.look(NOW + timedelta(days=24), LIMIT, NOW + timedelta(days=24))
    assert (series.state, series.risk) == (SeriesState.AT_RISK, Risk.HOST_LEFT)


def test_after_a_pause_of_the_house_nobody_is_late() -> None:
    series = a_series()
    series.start_over(later := NOW + timedelta(days=60))
    assert series.look(NOW, LIMIT, later + LIMIT) == []


def test_a_session_that_is_held_saves_it() -> None:
    series = a_series()
    series.look(None, LIMIT, NOW + timedelta(days=22))
    looked = series.look(NOW + timedelta(days=23), LIMIT, NOW + timedelta(days=23))
    assert ([type(one) for one in looked], series.state) == ([SeriesRecovered], SeriesState.ACTIVE)


def test_a_series_at_risk_waits_two_weeks_and_is_paused() -> None:
    series = a_series(SeriesState.AT_RISK)
    series.look(NOW, LIMIT, NOW + PATIENCE)
    before = series.state
    series.look(NOW, LIMIT, NOW + PATIENCE + timedelta(seconds=1))
    assert (before, series.state) == (SeriesState.AT_RISK, SeriesState.PAUSED)


def test_a_series_that_is_resumed_has_the_whole_limit_again() -> None:
    series = a_series(SeriesState.PAUSED)
    series.resume(later := NOW + timedelta(days=90))
    assert series.look(NOW, LIMIT, later + LIMIT) == []


def test_only_what_is_paused_is_resumed() -> None:
    with pytest.raises(SeriesCannotMove, match="cannot become resumed"):
        a_series(SeriesState.AT_RISK).resume(NOW)


def test_a_series_on_trial_waits_for_a_host_until_then_only() -> None:
    series, _ = Series.propose(uuid4(), "Koffietafel", confirm_by=NOW)
    assert [series.lapse(NOW - timedelta(seconds=1)), series.lapse(NOW), series.lapse(NOW)] == [
        False,
        True,
        False,
    ]


def test_nobody_but_a_host_leads_it() -> None:
    series = a_series()
    series.check_host(as_resident(FATIMA))
    with pytest.raises(NotAHost):
        series.check_host(as_resident(JAN))


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda series: series.welcome(FATIMA), LeadsAlready),
        (lambda series: series.farewell(JAN, NOW), LeadsNot),
        (lambda series: series.stand_no_more(JAN), StandsNot),
        (lambda series: [series.stand(JAN), series.stand(JAN)], StandsAlready),
    ],
)
def test_what_is_so_already_is_refused_by_name(
    change: Callable[[Series], object], refusal: type[Refused]
) -> None:
    with pytest.raises(refusal):
        change(a_series())


class SeriesMachine(RuleBasedStateMachine):
    """Hosts come and go, sessions are held or not, and time goes on: sessions are made once, and never in the past."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.series, _ = Series.propose(uuid4(), "Koffietafel")
        self.series.start(PLAN, NOW)
        self.made: set[datetime] = set()
        self.last_held: datetime | None = None

    @rule(host=st.sampled_from((FATIMA, JAN)))
    def welcome(self, host: UUID) -> None:
        self._do(lambda: self.series.welcome(host))

    @rule(host=st.sampled_from((FATIMA, JAN)))
    def farewell(self, host: UUID) -> None:
        self._do(lambda: self.series.farewell(host, self.now))

    @rule(days=st.sampled_from((1, 7, 15, 40)))
    def time_goes_on(self, days: int) -> None:
        self.now += timedelta(days=days)
        self._do(lambda: self.series.look(self.last_held, LIMIT, self.now))

    @rule()
    def extend(self) -> None:
        times = self.series.still_to_make(self.now)
        assert not self.made.intersection(times)
        assert all(PLAN.at(one).begins > self.now for one in times)
        self.made.update(times)

    @rule()
    def hold(self) -> None:
        self.last_held = self.now

    @rule()
    def pause(self) -> None:
        self._do(self.series.pause)

    @rule()
    def resume(self) -> None:
        self._do(lambda: self.series.resume(self.now))

    def _do(self, change: Callable[[], object]) -> None:
        before = self.series.state
        try:
            change()
        except Refused:
            assert self.series.state is before
        else:
            assert self.series.state is before or self.series.state in MOVES[before]
        if self.series.state is SeriesState.PAUSED:  # also by itself: what was ahead is cancelled
            self.made = {one for one in self.made if PLAN.at(one).begins <= self.now}

    @invariant()
    def it_is_never_gone(self) -> None:
        assert self.series.state is not SeriesState.STOPPED

    @invariant()
    def it_is_at_risk_exactly_while_something_is_the_matter(self) -> None:
        at_risk = self.series.state is SeriesState.AT_RISK
        assert at_risk == (self.series.risk is not None) == (self.series.at_risk_since is not None)

    @invariant()
    def what_is_made_is_no_further_than_the_horizon(self) -> None:
        assert all(PLAN.at(one).begins <= self.now + HORIZON + timedelta(days=1) for one in self.made)


SeriesMachine.TestCase.settings = settings(
    max_examples=100, stateful_step_count=40, deadline=None, database=None
)
test_a_series_goes_on_or_waits_whatever_happens = SeriesMachine.TestCase
