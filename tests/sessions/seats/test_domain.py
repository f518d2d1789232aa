"""Who gets a place, who waits, and whose turn it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from buurtthuis.core.errors import Invalid
from buurtthuis.domain.deadlines import awake, morning
from buurtthuis.events import Event
from buurtthuis.events.sessions import Kind, SeatOffered, SeatRegistered, SeatRole
from buurtthuis.http.problem_json import place_of
from buurtthuis_sessions.domain.plans import Plan
from buurtthuis_sessions.domain.seating import (
    AlreadyRegistered,
    CapacityTooSmall,
    NothingOffered,
    NotRegistered,
    RoleTaken,
    Wish,
)
from buurtthuis_sessions.domain.seats import MOVES, Seat, SeatCannotMove, SeatState, offer_until
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import NotOpenForRegistration, SessionState
from hypothesis import given
from hypothesis import strategies as st

from tests.sessions.builders import a_plan, a_session

STARTS = datetime.fromisoformat("2019-01-10T19:30")  # what the clock on the wall shows
BEGUN = datetime(2019, 1, 10, 18, 30, tzinfo=UTC)
NOW = datetime(2018, 12, 11, 7, tzinfo=UTC)  # eight in the morning there: the day is before them
AMSTERDAM = "Europe/Amsterdam"
FATIMA, JAN, PIET, NADIA = (UUID(int=number) for number in range(1, 5))
NEWCOMER, PAIR = Wish(newcomer=True), Wish(plus_one=True)


def states(session: Session) -> dict[UUID, SeatState]:
    """The last that each resident has."""
    return {seat.resident_id: seat.state for seat in session.seats}


def registered(events: list[Event]) -> SeatRegistered:
    return next(one for one in events if isinstance(one, SeatRegistered))


def offered(events: list[Event]) -> SeatOffered:
    return next(one for one in events if isinstance(one, SeatOffered))


@pytest.mark.parametrize(
    ("state", "to"), [(one, to) for one in SeatState for to in SeatState if to not in MOVES.get(one, ())]
)
def test_a_seat_moves_as_the_table_says_and_no_other_way(state: SeatState, to: SeatState) -> None:
    with pytest.raises(SeatCannotMove, match=f"that is {state} cannot become {to}"):
        Seat(uuid4(), uuid4(), uuid4(), JAN, 1, state).move(to)


def test_a_resident_gets_a_place_until_the_session_begins() -> None:
    assert registered(a_session(capacity=1).register(JAN, BEGUN - timedelta(seconds=1))).taken == 1


def test_nobody_registers_once_it_has_begun() -> None:
    with pytest.raises(NotOpenForRegistration, match="running"):
        a_session(capacity=1).register(JAN, BEGUN)


@pytest.mark.parametrize("state", [one for one in SessionState if one is not SessionState.SCHEDULED])
def test_nobody_registers_for_a_session_that_is_not_scheduled(state: SessionState) -> None:
    session = a_session(capacity=1)
    session.state = state
    with pytest.raises(NotOpenForRegistration, match=f"this one is {state}"):
        session.register(JAN, NOW)


def test_nobody_gives_a_place_back_once_it_has_begun() -> None:
    session = a_session(capacity=1)
    session.register(JAN, NOW)
    with pytest.raises(NotOpenForRegistration):
        session.withdraw(JAN, BEGUN)


def test_one_resident_has_one_place_or_one_turn() -> None:
    session = a_session(capacity=1)
    session.register(JAN, NOW)
    session.register(PIET, NOW)
    for resident in (JAN, PIET):
        with pytest.raises(AlreadyRegistered):
            session.register(resident, NOW)


def test_nobody_gives_back_what_they_do_not_have() -> None:
    with pytest.raises(NotRegistered):
        a_session(capacity=1).withdraw(JAN, NOW)


def test_whoever_finds_a_full_session_waits() -> None:
    session = a_session(capacity=1)
    session.register(JAN, NOW)
    session.register(PIET, NOW)
    assert states(session) == {JAN: SeatState.REGISTERED, PIET: SeatState.WAITLISTED}


def test_a_place_that_is_given_back_is_offered_to_whoever_waits_longest() -> None:
    session = a_session(capacity=1)
    for resident in (JAN, PIET, NADIA):
        session.register(resident, NOW)
    assert offered(session.withdraw(JAN, NOW)).resident_id == PIET


def test_an_offered_place_is_nobody_elses() -> None:
    session = a_session(capacity=1)
    for resident in (JAN, PIET):
        session.register(resident, NOW)
    session.withdraw(JAN, NOW)
    session.register(NADIA, NOW)
    assert states(session)[NADIA] is SeatState.WAITLISTED


def test_whoever_takes_the_offer_has_the_place() -> None:
    session = a_session(capacity=1)
    for resident in (JAN, PIET):
        session.register(resident, NOW)
    session.withdraw(JAN, NOW)
    taken = registered(session.accept(PIET, NOW + timedelta(hours=11)))
    assert (taken.resident_id, taken.taken, taken.waited, taken.given) == (PIET, 1, True, False)


def test_an_offer_that_nobody_takes_goes_to_the_next() -> None:
    session = a_session(capacity=1)
    for resident in (JAN, PIET, NADIA):
        session.register(resident, NOW)
    session.withdraw(JAN, NOW)
    session.settle(NOW + timedelta(hours=12))
    assert (states(session)[PIET], states(session)[NADIA]) == (SeatState.OFFER_EXPIRED, SeatState.OFFERED)


def test_an_offer_taken_too_late_is_gone_even_before_anybody_looked() -> None:
    session = a_session(capacity=1)
    for resident in (JAN, PIET):
        session.register(resident, NOW)
    session.withdraw(JAN, NOW)
    with pytest.raises(NothingOffered):
        session.accept(PIET, NOW + timedelta(hours=12))


def test_whoever_waits_has_nothing_to_take() -> None:
    session = a_session(capacity=1)
    for resident in (JAN, PIET):
        session.register(resident, NOW)
    with pytest.raises(NothingOffered):
        session.accept(PIET, NOW)


def test_a_declined_offer_goes_to_the_next() -> None:
    session = a_session(capacity=1)
    for resident in (JAN, PIET, NADIA):
        session.register(resident, NOW)
    session.withdraw(JAN, NOW)
    assert offered(session.withdraw(PIET, NOW)).resident_id == NADIA


def test_whoever_let_an_offer_pass_can_join_the_queue_at_its_end() -> None:
    session = a_session(capacity=1)
    for resident in (JAN, PIET, NADIA):
        session.register(resident, NOW)
    session.withdraw(JAN, NOW)
    session.settle(later := NOW + timedelta(hours=12))
    session.register(PIET, later)
    assert max(session.seats, key=lambda seat: seat.number).resident_id == PIET


@pytest.mark.parametrize(
    ("left", "lasts"),
    [
        (timedelta(days=30, hours=11, minutes=30), timedelta(hours=12)),
        (timedelta(hours=11, minutes=30), timedelta(hours=2, minutes=52, seconds=30)),
        (timedelta(hours=8), timedelta(hours=2)),
        (timedelta(hours=2), timedelta(minutes=30)),
    ],
)
def test_an_offer_lasts_twelve_hours_and_less_as_the_session_comes_near(
    left: timedelta, lasts: timedelta
) -> None:
    assert offer_until(BEGUN - left, BEGUN, AMSTERDAM) == BEGUN - left + lasts


@pytest.mark.parametrize(
    ("now", "begins", "until"),
    [
        ("2019-01-09T21:30", "2019-01-10T10:00", None),
        ("2019-01-09T22:00", "2019-01-10T10:00", None),
        ("2019-01-09T21:30", "2019-01-10T14:00", "2019-01-10T10:00"),
        ("2019-01-10T03:00", "2019-01-10T14:00", "2019-01-10T10:00"),
        ("2019-01-09T20:45", "2019-01-10T10:00", None),
        ("2019-01-09T20:45", "2019-01-10T19:30", "2019-01-10T10:41:15"),
        ("2019-01-09T21:00", "2019-01-17T19:30", "2019-01-10T20:00"),
        ("2019-01-09T15:00", "2019-01-10T10:00", "2019-01-09T17:00"),
        ("2019-01-10T05:00", "2019-01-10T07:30", None),
    ],
)
def test_what_comes_free_in_the_evening_is_offered_until_people_were_awake_or_given_to_the_first(
    now: str, begins: str, until: str | None
) -> None:
    found = offer_until(there(now), there(begins), AMSTERDAM)
    assert found == (there(until) if until else None)


@given(
    st.timedeltas(timedelta(), timedelta(days=400)),
    st.timedeltas(timedelta(minutes=1), timedelta(days=10)),
)
def test_whoever_is_offered_a_place_has_time_by_day_to_take_it_and_nobody_is_asked_at_night(
    on: timedelta, left: timedelta
) -> None:
    now = NOW + on
    begins = now + left
    until = offer_until(now, begins, AMSTERDAM)
    if until:
        assert awake(until - timedelta(seconds=1), AMSTERDAM) == until - timedelta(seconds=1)
        a_night_between = now < morning(until, AMSTERDAM)
        longest = timedelta(hours=2) if a_night_between else timedelta(minutes=30)
        assert until - max(now, morning(until, AMSTERDAM)) >= longest
        assert until < begins


def there(clock: str) -> datetime:
    """What the clock on the wall shows, as a moment."""
    return datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo(AMSTERDAM)).astimezone(UTC)


def test_within_two_hours_of_the_session_a_free_place_is_given_without_asking() -> None:
    session = a_session(capacity=1)
    for resident in (JAN, PIET):
        session.register(resident, NOW)
    late = BEGUN - timedelta(hours=2) + timedelta(seconds=1)
    given = registered(session.withdraw(JAN, late))
    assert (given.resident_id, given.waited, given.given) == (PIET, True, True)


def test_room_for_two_more_is_offered_to_the_first_two() -> None:
    session = a_session(capacity=1)
    for resident in (FATIMA, JAN, PIET, NADIA):
        session.register(resident, NOW)
    session.change_capacity(3, NOW)
    assert [states(session)[one] for one in (JAN, PIET, NADIA)] == [
        SeatState.OFFERED,
        SeatState.OFFERED,
        SeatState.WAITLISTED,
    ]


def test_fewer_places_than_are_taken_are_refused() -> None:
    session = a_session(capacity=2)
    for resident in (JAN, PIET):
        session.register(resident, NOW)
    with pytest.raises(CapacityTooSmall, match="2 places"):
        session.change_capacity(1, NOW)


def test_somebody_who_comes_along_takes_a_second_place() -> None:
    session = a_session(capacity=2)
    session.register(JAN, NOW, PAIR)
    session.register(PIET, NOW)
    assert states(session)[PIET] is SeatState.WAITLISTED


def test_two_who_find_one_place_are_offered_that_one() -> None:
    session = a_session(capacity=2)
    session.register(JAN, NOW)
    offer = offered(session.register(PIET, NOW, PAIR))
    assert (offer.resident_id, offer.plus_one) == (PIET, False)


def test_kept_seats_are_for_newcomers_only() -> None:
    session = a_session(capacity=2, newcomer_seats=1)
    session.register(JAN, NOW)
    session.register(PIET, NOW)
    session.register(NADIA, NOW, NEWCOMER)
    assert states(session) == {
        JAN: SeatState.REGISTERED,
        PIET: SeatState.WAITLISTED,
        NADIA: SeatState.REGISTERED,
    }


def test_a_newcomer_in_the_hall_uses_a_kept_seat_up() -> None:
    session = a_session(capacity=2, newcomer_seats=1)
    session.register(NADIA, NOW, NEWCOMER)
    session.register(JAN, NOW)
    assert states(session)[JAN] is SeatState.REGISTERED


def test_from_two_days_before_kept_seats_go_to_the_queue() -> None:
    session = a_session(capacity=2, newcomer_seats=1)
    session.register(JAN, NOW)
    session.register(PIET, NOW)
    before = session.settle(BEGUN - timedelta(hours=48, seconds=1))
    assert (before, offered(session.settle(BEGUN - timedelta(hours=48))).resident_id) == ([], PIET)


def test_no_more_seats_are_kept_than_there_are() -> None:
    with pytest.raises(Invalid) as refused:
        a_session(capacity=1, newcomer_seats=2)
    assert place_of(refused.value) == "/newcomer_seats"


def test_a_host_takes_no_place_of_the_capacity() -> None:
    session = a_session(capacity=1)
    session.take_role(FATIMA, SeatRole.HOST, NOW)
    assert registered(session.register(JAN, NOW)).taken == 1


def test_a_resident_who_becomes_host_leaves_the_place_to_whoever_waits() -> None:
    session = a_session(capacity=1)
    session.register(FATIMA, NOW)
    session.register(JAN, NOW)
    assert offered(session.take_role(FATIMA, SeatRole.HOST, NOW)).resident_id == JAN


def test_there_are_as_many_interpreters_as_were_planned() -> None:
    session = a_session(capacity=1)
    session.plan = replace(session.planned, roles={SeatRole.INTERPRETER: 1})
    session.take_role(FATIMA, SeatRole.INTERPRETER, NOW)
    with pytest.raises(RoleTaken, match="All 1 seats for interpreter"):
        session.take_role(JAN, SeatRole.INTERPRETER, NOW)


def test_whoever_has_a_role_has_no_second_one() -> None:
    session = a_session(capacity=1)
    session.plan = replace(session.planned, roles={SeatRole.HOST: 1, SeatRole.INTERPRETER: 1})
    session.take_role(FATIMA, SeatRole.HOST, NOW)
    with pytest.raises(AlreadyRegistered):
        session.take_role(FATIMA, SeatRole.INTERPRETER, NOW)


def test_a_cancelled_session_lets_the_waiting_list_go_too() -> None:
    session = a_session(capacity=1)
    for resident in (JAN, PIET, NADIA):
        session.register(resident, NOW)
    session.withdraw(JAN, NOW)
    session.cancel("De verwarming is kapot.")
    assert {states(session)[one] for one in (PIET, NADIA)} == {SeatState.SESSION_CANCELLED}


def test_what_somebody_needs_and_is_called_goes_with_them() -> None:
    session = a_session(capacity=1)
    session.register(JAN, NOW, Wish(needs="Ik hoor slecht.", called="Jan"))
    session.withdraw(JAN, NOW)
    assert (session.seats[0].needs, session.seats[0].called) == (None, None)


def test_nothing_is_given_once_the_session_has_begun() -> None:
    session = a_session(capacity=1)
    for resident in (JAN, PIET):
        session.register(resident, NOW)
    session.withdraw(JAN, NOW)
    assert session.settle(BEGUN) == []


def test_a_session_that_comes_so_near_that_nobody_is_asked_gives_what_it_had_offered() -> None:
    session = a_session(capacity=1)
    for resident in (JAN, PIET, NADIA):
        session.register(resident, NOW)
    session.withdraw(JAN, NOW)
    starts = NOW.replace(tzinfo=None) + timedelta(hours=2)
    session.reschedule(Plan(Kind.WALK, starts, starts + timedelta(hours=1), "Europe/Amsterdam", "x", 1), NOW)
    assert (states(session)[PIET], states(session)[NADIA]) == (SeatState.REGISTERED, SeatState.WAITLISTED)


def test_a_session_that_comes_nearer_shortens_its_offers() -> None:
    session = a_session(capacity=1)
    for resident in (JAN, PIET):
        session.register(resident, NOW)
    session.withdraw(JAN, NOW)
    sooner = NOW + timedelta(hours=8)
    starts = sooner.replace(tzinfo=None) + timedelta(hours=1)
    plan = a_plan(starts, hours=1, capacity=1)
    session.reschedule(plan, NOW)
    assert session.seats[1].expires_at == NOW + timedelta(hours=2)


# Fewer people than there are


def a_full_session_with_a_queue() -> Session:
    """Fatima and Jan have a place; Piet and Nadia wait."""
    session = a_session(capacity=2)
    for resident in (FATIMA, JAN, PIET, NADIA):
        session.register(resident, NOW)
    return session


def test_a_capacity_can_drop_while_people_wait_and_nobody_loses_a_place() -> None:
    session = a_full_session_with_a_queue()
    session.change_capacity(1, NOW, no_new_places=True)
    assert (session.planned.capacity, list(states(session).values())) == (
        1,
        [SeatState.REGISTERED] * 2 + [SeatState.WAITLISTED] * 2,
    )


def test_a_place_that_comes_free_then_stays_free() -> None:
    session = a_full_session_with_a_queue()
    session.change_capacity(1, NOW, no_new_places=True)
    for resident in (FATIMA, JAN):
        assert [type(one).__name__ for one in session.withdraw(resident, NOW)] == [
            "SeatWithdrawn",
            "PlacesChanged",
        ]
    assert (states(session)[PIET], states(session)[NADIA]) == (SeatState.WAITLISTED,) * 2


def test_an_offer_that_was_made_stays_good() -> None:
    session = a_full_session_with_a_queue()
    session.withdraw(FATIMA, NOW)
    session.change_capacity(1, NOW, no_new_places=True)
    session.accept(PIET, NOW)
    assert (states(session)[PIET], states(session)[NADIA]) == (SeatState.REGISTERED, SeatState.WAITLISTED)


def test_an_offer_that_runs_out_goes_to_nobody() -> None:
    session = a_full_session_with_a_queue()
    session.withdraw(FATIMA, NOW)
    session.change_capacity(1, NOW, no_new_places=True)
    session.settle(NOW + timedelta(days=2))
    assert (states(session)[PIET], states(session)[NADIA]) == (SeatState.OFFER_EXPIRED, SeatState.WAITLISTED)


def test_whoever_comes_new_waits_behind_the_others_though_a_place_is_free() -> None:
    session = a_full_session_with_a_queue()
    session.change_capacity(2, NOW, no_new_places=True)
    session.withdraw(FATIMA, NOW)
    session.register(FATIMA, NOW)
    assert states(session)[FATIMA] is SeatState.WAITLISTED


def test_once_places_are_given_out_again_they_go_in_order() -> None:
    session = a_full_session_with_a_queue()
    session.change_capacity(1, NOW, no_new_places=True)
    session.withdraw(FATIMA, NOW)
    happened = session.change_capacity(2, NOW)
    assert offered(happened).resident_id == PIET
    assert states(session)[NADIA] is SeatState.WAITLISTED


def test_a_smaller_hall_is_no_obstacle_where_no_places_are_given_out() -> None:
    session = a_full_session_with_a_queue()
    session.change_capacity(2, NOW, no_new_places=True)
    plan = a_plan(place="Hal", capacity=1)
    session.reschedule(plan, NOW)
    assert [one.state for one in session.seats] == [SeatState.REGISTERED] * 2 + [SeatState.WAITLISTED] * 2
