"""The rules of sessions and the seats in them."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from buurtthuis.core.errors import Invalid
from buurtthuis.events import Event
from buurtthuis.events.sessions import HostWithdrew, SeatRole, SessionRescheduled
from buurtthuis.http.problem_json import place_of
from buurtthuis_sessions.domain.leading import NotAHost
from buurtthuis_sessions.domain.seating import CapacityTooSmall, NotRegistered, Wish
from buurtthuis_sessions.domain.seats import SeatState
from buurtthuis_sessions.domain.sessions.attendance import NOBODY
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import (
    MOVES,
    NotBegun,
    NotOpenForRegistration,
    SessionCannotMove,
    SessionState,
)

from tests.actors import as_resident
from tests.sessions.builders import a_draft, a_plan, a_session


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
    SessionState.NOT_HELD: lambda session: session.not_hold("Er kwam niemand.", BEGUN),
    SessionState.CLOSED: lambda session: session.close("Het was gezellig."),
    SessionState.CANCELLED: lambda session: session.cancel("De verwarming is kapot."),
}
#: Where the event's name is not the state's.
TOLD = {SessionState.NOT_HELD: "not-held", SessionState.CLOSED: "reported"}
ALLOWED = [(state, to) for state in SessionState for to in sorted(MOVES.get(state, ()))]
REFUSED = [(state, to) for state in SessionState for to in WAYS if (state, to) not in ALLOWED]


def in_state(state: SessionState) -> Session:
    session = a_draft() if state is SessionState.DRAFT else a_session()
    session.state = state
    return session


@pytest.mark.parametrize(("state", "to"), ALLOWED)
def test_an_allowed_move_arrives(state: SessionState, to: SessionState) -> None:
    session = in_state(state)
    WAYS[to](session)
    assert session.state is to


@pytest.mark.parametrize(("state", "to"), ALLOWED)
def test_a_move_is_told_by_the_event_of_its_name(state: SessionState, to: SessionState) -> None:
    session = in_state(state)
    event = WAYS[to](session)
    assert (event.name, event.subject) == (f"sessions.session-{TOLD.get(to, to)}.v1", str(session.id))


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
    assert place_of(refused.value) == "/title"


def test_a_draft_whose_words_were_taken_back_can_get_a_new_title() -> None:
    assert a_draft(title=None).schedule(a_plan(), NOW, "Koffietafel").title == "Koffietafel"


@pytest.mark.parametrize("hours", [0, -1])
def test_a_session_ends_after_it_starts(hours: int) -> None:
    with pytest.raises(Invalid) as refused:
        a_plan(hours=hours)
    assert place_of(refused.value) == "/ends_at"


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
    assert (event.starts_at.hour, plan.local_end.hour) == (utc, 6)


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
    assert place_of(refused.value) == f"/{name}"


def test_an_hour_that_the_clock_shows_twice_is_the_first() -> None:
    event = a_draft().schedule(a_plan(wall("2019-10-27T02:30")), NOW)
    assert event.starts_at == datetime(2019, 10, 27, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/Curacao", "Pacific/Kiritimati"])
@pytest.mark.parametrize("edge", [wall("0001-01-01T00:00"), wall("9999-12-31T22:59")])
def test_the_edge_of_the_calendar_is_refused_or_kept_but_never_a_failure(zone: str, edge: datetime) -> None:
    with suppress(Invalid):
        assert a_plan(edge, hours=1, zone=zone).local_start == edge


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
    assert place_of(refused.value) == "/attended/1"


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
    assert session.seats[0].state is SeatState.SESSION_CANCELLED


def test_what_the_report_closes_is_what_was_held() -> None:
    session = a_session()
    session.hold([], 3, BEGUN)
    session.close("Wij willen elke week koffie drinken.")
    assert (session.report, session.turnout.present) == ("Wij willen elke week koffie drinken.", 3)


def test_once_it_is_noted_who_came_nobody_knows_what_they_needed() -> None:
    session = a_session()
    session.register(RESIDENT, NOW, Wish(needs="Ik kom met een rollator."))
    session.hold([RESIDENT], 0, BEGUN)
    assert session.seats[0].needs is None


def test_attendance_that_was_noted_wrongly_can_be_noted_again() -> None:
    session = a_session()
    session.register(RESIDENT, NOW)
    session.hold([], 0, BEGUN)
    corrected = session.correct([RESIDENT], 2, BEGUN)
    assert (corrected.attended, corrected.walk_ins, corrected.no_shows) == (1, 2, 0)


def test_attendance_of_a_closed_session_can_be_put_right() -> None:
    session = a_session()
    session.hold([], 0, BEGUN)
    session.close("x")
    session.correct([], 2, BEGUN)
    assert (session.state, session.turnout.walk_ins) == (SessionState.CLOSED, 2)


def test_nothing_is_corrected_that_was_never_noted() -> None:
    with pytest.raises(SessionCannotMove):
        a_session().correct([], 2, BEGUN)


def test_a_session_that_was_noted_as_held_by_mistake_was_not_and_nobody_came() -> None:
    session = a_session()
    session.register(RESIDENT, NOW)
    session.hold([RESIDENT], 3, BEGUN)
    session.not_hold("De zaal was dicht.", BEGUN)
    assert (session.state, session.turnout) == (SessionState.NOT_HELD, NOBODY)
    assert not session.came(RESIDENT)


def test_a_session_that_was_noted_as_not_held_by_mistake_was_and_whoever_came_came() -> None:
    session, other = a_session(), uuid4()
    for resident in (RESIDENT, other):
        session.register(resident, NOW)
    session.not_hold("Vergissing", BEGUN)
    session.hold([RESIDENT], 1, BEGUN)
    assert (session.state, session.turnout.present, session.turnout.no_shows) == (SessionState.HELD, 2, 0)
    assert (session.came(RESIDENT), session.came(other)) == (True, False)


def test_whoever_gave_a_place_back_and_took_one_again_came_once() -> None:
    session, gave_back = a_session(), uuid4()
    for resident in (RESIDENT, gave_back):
        session.register(resident, NOW)
        session.withdraw(resident, NOW)
    session.register(RESIDENT, NOW)
    session.not_hold("Vergissing", BEGUN)
    assert session.hold([RESIDENT], 0, BEGUN).attended == 1
    session.not_hold("Vergissing", BEGUN)
    with pytest.raises(NotRegistered):
        session.hold([gave_back], 0, BEGUN)


def test_whoever_was_forgotten_after_it_was_noted_as_not_held_is_noted_later() -> None:
    session, forgotten = a_session(), uuid4()
    for resident in (RESIDENT, forgotten):
        session.register(resident, NOW)
    session.not_hold("Vergissing", BEGUN)
    session.hold([RESIDENT], 0, BEGUN)
    session.close("Het was gezellig.")
    assert session.correct([RESIDENT, forgotten], 0, BEGUN).attended == 2
    assert session.correct([forgotten], 0, BEGUN).attended == 1


def test_a_host_who_noted_by_mistake_that_it_was_not_held_puts_that_right_and_reports() -> None:
    session, host = a_session(), uuid4()
    session.take_role(host, SeatRole.HOST, NOW)
    session.not_hold("Vergissing", BEGUN)
    session.check_host(as_resident(host))
    session.hold([], 4, BEGUN)
    session.check_host(as_resident(host))


def test_what_was_held_says_no_more_why_it_was_not() -> None:
    session = a_session()
    session.not_hold("Vergissing", BEGUN)
    session.hold([], 4, BEGUN)
    assert session.reason is None


@pytest.mark.parametrize("to", [SessionState.CANCELLED, SessionState.NOT_HELD, SessionState.CLOSED])
def test_what_is_said_after_moderators_hid_what_was_said_before_is_read(to: SessionState) -> None:
    session = a_session()
    session.withhold()
    if to is SessionState.CLOSED:
        session.hold([], 4, BEGUN)
    WAYS[to](session)
    assert not session.withheld


def test_a_report_can_be_written_anew() -> None:
    session = a_session()
    session.hold([], 4, BEGUN)
    session.close("Mevrouw Jansen was boos.")
    assert (
        session.rewrite("Wij praatten over de tuin.").report == session.report == "Wij praatten over de tuin."
    )


def test_somebody_stands_in_for_a_host_who_did_not_come() -> None:
    session, sick, substitute = a_session(), uuid4(), uuid4()
    for host in (sick, uuid4()):
        session.take_role(host, SeatRole.HOST, NOW)
    session.take_role(substitute, SeatRole.HOST, BEGUN)
    assert substitute in session.hosts


def test_nobody_stands_in_once_it_is_noted_who_came() -> None:
    session = a_session()
    session.hold([], 4, BEGUN)
    with pytest.raises(NotOpenForRegistration):
        session.take_role(uuid4(), SeatRole.HOST, BEGUN)


def test_other_roles_are_not_given_out_once_it_has_begun() -> None:
    with pytest.raises(NotOpenForRegistration):
        a_session().take_role(uuid4(), SeatRole.INTERPRETER, BEGUN)


def test_a_plus_one_comes_or_stays_away_with_the_resident() -> None:
    session = a_session()
    session.register(RESIDENT, NOW, Wish(plus_one=True))
    session.register(uuid4(), NOW, Wish(plus_one=True))
    held = session.hold([RESIDENT], 0, BEGUN)
    assert (held.attended, held.no_shows) == (2, 2)


def test_hosts_are_not_counted_among_those_who_came() -> None:
    session = a_session()
    session.take_role(RESIDENT, SeatRole.HOST, NOW)
    held = session.hold([], 9, BEGUN)
    assert (held.attended, held.walk_ins, held.no_shows) == (0, 9, 0)


def test_a_session_at_another_time_says_when_it_would_have_been() -> None:
    moved = a_session().reschedule(a_plan(STARTS + timedelta(days=1)), NOW)[0]
    assert isinstance(moved, SessionRescheduled)
    assert (moved.was_starts_at, moved.starts_at) == (BEGUN, BEGUN + timedelta(days=1))


def test_a_session_at_another_time_keeps_every_place_and_asks_again() -> None:
    session = a_session()
    session.register(RESIDENT, NOW)
    session.reschedule(a_plan(STARTS + timedelta(days=1)), NOW)
    assert [(seat.state, seat.confirmed) for seat in session.seats] == [(SeatState.REGISTERED, False)]


def test_whoever_is_asked_again_can_say_yes() -> None:
    session = a_session()
    session.register(RESIDENT, NOW)
    session.reschedule(a_plan(STARTS + timedelta(days=1)), NOW)
    session.confirm_seat(RESIDENT, NOW)
    assert session.seats[0].confirmed


def test_a_smaller_place_that_would_cost_somebody_a_seat_is_refused() -> None:
    session = a_session(capacity=2)
    for resident in (RESIDENT, uuid4()):
        session.register(resident, NOW)
    with pytest.raises(CapacityTooSmall) as refused:
        session.reschedule(a_plan(capacity=1), NOW)
    assert (place_of(refused.value), session.planned.capacity) == ("/capacity", 2)


def test_what_has_begun_is_not_moved() -> None:
    with pytest.raises(NotOpenForRegistration):
        a_session().reschedule(a_plan(STARTS + timedelta(days=1)), BEGUN)


def test_every_change_that_a_calendar_shows_has_a_number() -> None:
    session = a_session()
    numbers = [session.sequence]
    session.reschedule(a_plan(STARTS + timedelta(days=1)), NOW)
    numbers.append(session.sequence)
    session.cancel("x")
    assert [*numbers, session.sequence] == [1, 2, 3]


def test_nobody_but_a_host_leads_a_session() -> None:
    session = a_session()
    session.take_role(RESIDENT, SeatRole.HOST, NOW)
    session.check_host(as_resident(RESIDENT))
    with pytest.raises(NotAHost):
        session.check_host(as_resident(uuid4()))


def test_a_draft_has_a_host_before_it_has_a_date() -> None:
    session = a_draft()
    session.take_role(RESIDENT, SeatRole.HOST, NOW)
    assert session.hosts == [RESIDENT]


def test_a_host_who_leaves_a_draft_says_how_many_are_left() -> None:
    session = a_draft()
    session.take_role(RESIDENT, SeatRole.HOST, NOW)
    [gone] = session.withdraw(RESIDENT, NOW)
    assert isinstance(gone, HostWithdrew)
    assert (gone.left, session.hosts) == (0, [])


def test_a_draft_from_a_vote_waits_for_a_host_until_then_only() -> None:
    session, _ = Session.draft(uuid4(), "Koffietafel", confirm_by=BEGUN)
    before, after = session.lapse(BEGUN - timedelta(seconds=1)), session.lapse(BEGUN)
    assert (before, after, session.lapse(BEGUN)) == (False, True, False)


def test_a_draft_with_a_host_waits_no_more() -> None:
    session, _ = Session.draft(uuid4(), "Koffietafel", confirm_by=BEGUN)
    session.take_role(RESIDENT, SeatRole.HOST, NOW)
    assert not session.lapse(BEGUN)
