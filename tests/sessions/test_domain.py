"""The rules of sessions and the seats in them."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from buurtthuis.errors import Invalid, Refused
from buurtthuis.events import Event
from buurtthuis.events.sessions import Kind
from buurtthuis_sessions.domain import (
    MOVES,
    AlreadyRegistered,
    NotBegun,
    NotOpenForRegistration,
    NotRegistered,
    Plan,
    SeatState,
    Session,
    SessionCannotMove,
    SessionFull,
    SessionState,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule


def wall(clock: str) -> datetime:
    """What the clock on the wall shows: a moment without a zone, on purpose."""
    return datetime.fromisoformat(clock)


NOW = datetime(2018, 11, 12, 9, 0, tzinfo=UTC)
STARTS = wall("2019-01-10T19:30")
BEGUN = datetime(2019, 1, 10, 18, 30, tzinfo=UTC)
RESIDENT = uuid4()

WAYS: dict[SessionState, Callable[[Session], Event]] = {
    SessionState.SCHEDULED: lambda session: session.schedule(a_plan(STARTS + timedelta(days=99)), NOW),
    SessionState.HELD: lambda session: session.hold([], 0, BEGUN),
    SessionState.CANCELLED: lambda session: session.cancel("De verwarming is kapot."),
}
ALLOWED = [(state, to) for state in SessionState for to in sorted(MOVES.get(state, ()))]
REFUSED = [(state, to) for state in SessionState for to in WAYS if (state, to) not in ALLOWED]


def a_plan(
    starts: datetime = STARTS, *, hours: int = 2, zone: str = "Europe/Amsterdam", capacity: int = 12
) -> Plan:
    return Plan(
        Kind.COFFEE_TABLE, starts, starts + timedelta(hours=hours), zone, "Wingerd", capacity, ("nl",)
    )


def a_draft(title: str | None = "Koffietafel") -> Session:
    return Session.draft(uuid4(), title)[0]


def a_session(capacity: int = 12, state: SessionState = SessionState.SCHEDULED) -> Session:
    session = a_draft()
    session.schedule(a_plan(capacity=capacity), NOW)
    session.state = state
    return session


def in_state(state: SessionState) -> Session:
    return a_draft() if state is SessionState.DRAFT else a_session(state=state)


@pytest.mark.parametrize(("state", "to"), ALLOWED)
def test_an_allowed_move_arrives(state: SessionState, to: SessionState) -> None:
    session = in_state(state)
    WAYS[to](session)
    assert session.state is to


@pytest.mark.parametrize(("state", "to"), ALLOWED)
def test_a_move_is_told_by_the_event_of_its_name(state: SessionState, to: SessionState) -> None:
    session = in_state(state)
    event = WAYS[to](session)
    assert (event.name, event.subject) == (f"sessions.session-{to}.v1", str(session.id))


@pytest.mark.parametrize(("state", "to"), REFUSED)
def test_every_other_move_is_refused_by_name(state: SessionState, to: SessionState) -> None:
    with pytest.raises(SessionCannotMove, match=f"is {state} cannot become {to}"):
        WAYS[to](in_state(state))


@pytest.mark.parametrize(("state", "to"), REFUSED)
def test_a_refused_move_changes_nothing(state: SessionState, to: SessionState) -> None:
    session = in_state(state)
    before = dict(vars(session))
    with pytest.raises(SessionCannotMove):
        WAYS[to](session)
    assert vars(session) == before


def test_every_state_can_be_reached() -> None:
    assert {to for _, to in ALLOWED} | {SessionState.DRAFT} == set(SessionState)


def test_attendance_too_early_changes_nothing() -> None:
    session = a_session()
    with pytest.raises(NotBegun, match="at 2019-01-10 19:30"):
        session.hold([], 0, BEGUN - timedelta(seconds=1))
    assert session.state is SessionState.SCHEDULED


def test_a_start_in_the_past_changes_nothing() -> None:
    session = a_draft()
    with pytest.raises(Invalid, match="in the future"):
        session.schedule(a_plan(), BEGUN)
    assert session.state is SessionState.DRAFT


def test_a_draft_whose_words_were_taken_back_needs_a_title() -> None:
    with pytest.raises(Invalid) as refused:
        a_draft(title=None).schedule(a_plan(), NOW)
    assert refused.value.field == "/title"


def test_a_draft_whose_words_were_taken_back_can_get_a_new_title() -> None:
    assert a_draft(title=None).schedule(a_plan(), NOW, "Koffietafel").title == "Koffietafel"


@pytest.mark.parametrize("hours", [0, -1])
def test_a_session_ends_after_it_starts(hours: int) -> None:
    with pytest.raises(Invalid) as refused:
        a_plan(hours=hours)
    assert refused.value.field == "/ends_at"


def test_a_session_in_summer_keeps_its_wall_clock() -> None:
    event = a_draft().schedule(a_plan(wall("2019-07-01T19:30")), NOW)
    assert (event.starts_at, event.time_zone) == (
        datetime(2019, 7, 1, 17, 30, tzinfo=UTC),
        "Europe/Amsterdam",
    )


@pytest.mark.parametrize(("evening", "utc"), [(wall("2019-03-30T23:30"), 22), (wall("2019-10-26T23:30"), 21)])
def test_a_session_in_the_night_that_the_clock_changes_begins_by_the_wall(
    evening: datetime, utc: int
) -> None:
    plan = a_plan(evening, hours=7)
    event = a_draft().schedule(plan, NOW)
    assert (event.starts_at.hour, plan.ends_at.hour) == (utc, 6)


@pytest.mark.parametrize(("evening", "lasts"), [(wall("2019-03-30T23:30"), 6), (wall("2019-10-26T23:30"), 8)])
def test_that_night_is_an_hour_shorter_or_longer(evening: datetime, lasts: int) -> None:
    event = a_draft().schedule(a_plan(evening, hours=7), NOW)
    assert event.ends_at - event.starts_at == timedelta(hours=lasts)


@pytest.mark.parametrize("name", ["starts_at", "ends_at"])
def test_an_hour_that_the_clock_skips_is_refused(name: str) -> None:
    skipped = wall("2019-03-31T02:30")
    starts = skipped if name == "starts_at" else skipped - timedelta(hours=2)
    with pytest.raises(Invalid, match="the clock skips it") as refused:
        a_plan(starts)
    assert refused.value.field == f"/{name}"


def test_an_hour_that_the_clock_shows_twice_is_the_first() -> None:
    event = a_draft().schedule(a_plan(wall("2019-10-27T02:30")), NOW)
    assert event.starts_at == datetime(2019, 10, 27, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/Curacao", "Pacific/Kiritimati"])
@pytest.mark.parametrize("edge", [wall("0001-01-01T00:00"), wall("9999-12-31T22:59")])
def test_the_edge_of_the_calendar_is_refused_or_kept_but_never_a_failure(zone: str, edge: datetime) -> None:
    with suppress(Invalid):
        assert a_plan(edge, hours=1, zone=zone).starts_at == edge


def test_a_resident_gets_a_place_until_the_session_begins() -> None:
    assert a_session().register(RESIDENT, BEGUN - timedelta(seconds=1)).taken == 1


def test_nobody_registers_once_it_has_begun() -> None:
    with pytest.raises(NotOpenForRegistration, match="under way"):
        a_session().register(RESIDENT, BEGUN)


@pytest.mark.parametrize("state", [one for one in SessionState if one is not SessionState.SCHEDULED])
def test_nobody_registers_for_a_session_that_is_not_scheduled(state: SessionState) -> None:
    with pytest.raises(NotOpenForRegistration, match=f"this one is {state}"):
        in_state(state).register(RESIDENT, NOW)


@pytest.mark.parametrize("state", [one for one in SessionState if one is not SessionState.SCHEDULED])
def test_nobody_gives_a_place_back_in_a_session_that_is_not_scheduled(state: SessionState) -> None:
    with pytest.raises(NotOpenForRegistration, match=f"this one is {state}"):
        in_state(state).withdraw(RESIDENT, NOW)


def test_nobody_gives_a_place_back_once_it_has_begun() -> None:
    session = a_session()
    session.register(RESIDENT, NOW)
    with pytest.raises(NotOpenForRegistration, match="under way"):
        session.withdraw(RESIDENT, BEGUN)


def test_one_resident_has_one_place() -> None:
    session = a_session()
    session.register(RESIDENT, NOW)
    with pytest.raises(AlreadyRegistered):
        session.register(RESIDENT, NOW)


def test_a_full_session_says_how_many_there_are() -> None:
    session = a_session(capacity=1)
    session.register(uuid4(), NOW)
    with pytest.raises(SessionFull, match="All 1 places"):
        session.register(RESIDENT, NOW)


def test_a_place_that_is_given_back_is_somebody_elses() -> None:
    session = a_session(capacity=1)
    session.register(uuid := uuid4(), NOW)
    session.withdraw(uuid, NOW)
    assert session.register(RESIDENT, NOW).taken == 1


def test_whoever_gave_a_place_back_can_come_again() -> None:
    session = a_session()
    session.register(RESIDENT, NOW)
    session.withdraw(RESIDENT, NOW)
    assert session.register(RESIDENT, NOW).taken == 1


def test_nobody_gives_back_what_they_do_not_have() -> None:
    with pytest.raises(NotRegistered):
        a_session().withdraw(RESIDENT, NOW)


def test_whoever_registered_and_did_not_come_is_a_no_show() -> None:
    session = a_session()
    for resident in (RESIDENT, uuid4(), uuid4()):
        session.register(resident, NOW)
    held = session.hold([RESIDENT], 4, BEGUN)
    assert (held.attended, held.walk_ins, held.no_shows) == (1, 4, 2)


def test_a_resident_who_is_noted_twice_came_once() -> None:
    session = a_session()
    for resident in (RESIDENT, uuid4()):
        session.register(resident, NOW)
    held = session.hold([RESIDENT, RESIDENT], 0, BEGUN)
    assert (held.attended, held.no_shows) == (1, 1)


def test_attendance_of_somebody_who_had_not_registered_is_refused_by_place() -> None:
    session = a_session()
    session.register(RESIDENT, NOW)
    with pytest.raises(NotRegistered) as refused:
        session.hold([RESIDENT, uuid4()], 0, BEGUN)
    assert refused.value.field == "/attended/1"


def test_attendance_that_is_refused_changes_no_seat() -> None:
    session = a_session()
    session.register(RESIDENT, NOW)
    with pytest.raises(NotRegistered):
        session.hold([RESIDENT, uuid4()], 0, BEGUN)
    assert [seat.state for seat in session.seats] == [SeatState.REGISTERED]


def test_whoever_gave_the_place_back_is_no_no_show() -> None:
    session = a_session()
    session.register(RESIDENT, NOW)
    session.withdraw(RESIDENT, NOW)
    assert session.hold([], 0, BEGUN).no_shows == 0


def test_a_cancelled_session_takes_every_place_away() -> None:
    session = a_session()
    session.register(RESIDENT, NOW)
    session.cancel("De verwarming is kapot.")
    assert (session.taken, session.seats[0].state) == (0, SeatState.SESSION_CANCELLED)


RESIDENTS = [uuid4() for _ in range(6)]


class Seats(RuleBasedStateMachine):
    """Residents come and go as they like; a plain set knows who has a place."""

    def __init__(self) -> None:
        super().__init__()
        self.session = a_session(capacity=4)
        self.present: set[UUID] = set()

    @property
    def is_open(self) -> bool:
        return self.session.state is SessionState.SCHEDULED

    @rule(resident=st.sampled_from(RESIDENTS))
    def register(self, resident: UUID) -> None:
        refusal = self._why_not(resident)
        if refusal:
            with pytest.raises(refusal):
                self.session.register(resident, NOW)
        else:
            self.present.add(resident)
            assert self.session.register(resident, NOW).taken == len(self.present)

    @rule(resident=st.sampled_from(RESIDENTS))
    def withdraw(self, resident: UUID) -> None:
        if resident in self.present:
            self.session.withdraw(resident, NOW)
            self.present.remove(resident)
        else:
            with pytest.raises(NotRegistered if self.is_open else NotOpenForRegistration):
                self.session.withdraw(resident, NOW)

    @precondition(lambda self: self.is_open and len(self.session.seats) > 5)
    @rule(came=st.lists(st.sampled_from(RESIDENTS), max_size=5))
    def hold(self, came: list[UUID]) -> None:
        if set(came) <= self.present:
            held = self.session.hold(came, 1, BEGUN)
            assert (held.attended, held.no_shows) == (len(set(came)), len(self.present - set(came)))
            self.present.clear()
        else:
            with pytest.raises(NotRegistered):
                self.session.hold(came, 1, BEGUN)

    @precondition(lambda self: self.is_open and len(self.session.seats) > 8)
    @rule()
    def cancel(self) -> None:
        self.session.cancel("De verwarming is kapot.")
        self.present.clear()

    def _why_not(self, resident: UUID) -> type[Refused] | None:
        if not self.is_open:
            return NotOpenForRegistration
        if resident in self.present:
            return AlreadyRegistered
        return SessionFull if len(self.present) == 4 else None

    @invariant()
    def as_many_places_are_taken_as_there_are_residents_with_one(self) -> None:
        assert self.session.taken == len(self.present) <= 4

    @invariant()
    def nobody_has_two_places(self) -> None:
        seated = [one.resident_id for one in self.session.seats if one.state is SeatState.REGISTERED]
        assert sorted(seated) == sorted(self.present)


Seats.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None, database=None)
test_seats_are_never_given_out_twice_nor_beyond_the_capacity = Seats.TestCase
