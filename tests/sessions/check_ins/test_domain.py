"""Who is in: person by person, undone and late, before it is noted for all who came and after that."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from buurtthuis.events import Event
from buurtthuis.events.sessions import ArrivalsCounted, AttendanceCorrected, SeatRole
from buurtthuis_sessions.domain.arrivals import (
    LONG_AGO,
    MOST,
    OPENS,
    SHUTS,
    Arrival,
    DoorNote,
    DoorShut,
    NobodyNoted,
    NotExpected,
    TooManyWalkIns,
    WalkIn,
)
from buurtthuis_sessions.domain.seating import NotRegistered, Wish
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.tickets import NoSuchTicket, word_of

from tests.sessions.builders import a_session

NOW = datetime(2019, 1, 3, 9, 0, tzinfo=UTC)
BEGINS = datetime(2019, 1, 10, 18, 30, tzinfo=UTC)
ENDS = BEGINS + timedelta(hours=2)
DURING = BEGINS + timedelta(minutes=20)
MINUTE = timedelta(minutes=1)
JAN, PIET, FATMA = (uuid4() for _ in range(3))


@pytest.fixture
def session() -> Session:
    """Jan is number 1, Piet comes with somebody and is number 2; Fatma leads."""
    session = a_session(now=NOW)
    session.register(JAN, NOW)
    session.register(PIET, NOW, Wish(plus_one=True))
    session.take_role(FATMA, SeatRole.HOST, NOW)
    return session


def inside(events: list[Event]) -> tuple[int, int]:
    [counted] = events
    assert isinstance(counted, ArrivalsCounted)
    return counted.arrived, counted.walk_ins


def test_whoever_is_in_counts_with_whoever_came_along(session: Session) -> None:
    assert inside(session.check_in([DoorNote("1")], DURING)) == (1, 0)
    assert inside(session.check_in([DoorNote(word_of(session.id, 2))], DURING)) == (3, 0)
    assert inside(session.check_in([DoorNote(uuid4())], DURING)) == (3, 1)


def test_whoever_is_in_already_stays_in_and_nobody_is_told_again(session: Session) -> None:
    session.check_in([DoorNote("1")], DURING)
    assert session.check_in([DoorNote("1")], DURING + MINUTE) == []


def test_what_was_undone_is_undone_and_can_be_done_again(session: Session) -> None:
    walk_in = uuid4()
    for of, count in (("2", (2, 0)), (walk_in, (0, 1))):
        assert inside(session.check_in([DoorNote(of)], DURING)) == count
        assert inside(session.check_in([DoorNote(of, undone=True)], DURING + MINUTE)) == (0, 0)
        assert inside(session.check_in([DoorNote(of)], DURING + 2 * MINUTE)) == count
        session.check_in([DoorNote(of, undone=True)], DURING + 3 * MINUTE)


def test_of_two_notes_the_later_one_stands_whichever_comes_first(session: Session) -> None:
    session.check_in([DoorNote("1", undone=True, age=MINUTE)], DURING)
    assert session.check_in([DoorNote("1", age=2 * MINUTE)], DURING, late=True) == []
    assert inside(session.check_in([DoorNote("1")], DURING, late=True)) == (1, 0)


def test_of_two_notes_at_one_moment_the_undoing_stands(session: Session) -> None:
    session.check_in([DoorNote("1"), DoorNote("2"), DoorNote("1", undone=True)], DURING)
    assert session.check_in([DoorNote("1")], DURING) == []


def test_a_device_whose_clock_is_ahead_notes_nothing_in_the_future(session: Session) -> None:
    session.check_in([DoorNote("1", age=timedelta(hours=-5))], DURING)
    assert inside(session.check_in([DoorNote("1", undone=True)], DURING + MINUTE)) == (0, 0)


def test_however_old_a_note_is_its_moment_is_in_the_calendar() -> None:
    assert DoorNote("1", age=timedelta.max).arrival(DURING).at == DURING - LONG_AGO


def test_somebody_changed_for_somebody_else_is_told_though_as_many_are_in(session: Session) -> None:
    session.register(uuid4(), NOW)
    session.check_in([DoorNote("1")], DURING)
    swapped = [DoorNote("1", undone=True), DoorNote("4")]
    assert inside(session.check_in(swapped, DURING + MINUTE)) == (1, 0)


def test_whoever_leads_can_be_in_and_is_not_counted(session: Session) -> None:
    assert inside(session.check_in([DoorNote("3")], DURING)) == (0, 0)


@pytest.mark.parametrize("said", ["7", "koffiekop", str(UUID(int=7))])
def test_whoever_has_no_place_is_not_checked_in(session: Session, said: str) -> None:
    with pytest.raises(NoSuchTicket):
        session.check_in([DoorNote(said)], DURING)


def test_whoever_gave_a_place_back_or_waits_is_not_expected() -> None:
    session = a_session(now=NOW, capacity=1)
    for resident in (JAN, PIET):
        session.register(resident, NOW)
    with pytest.raises(NotExpected):
        session.check_in([DoorNote("2")], DURING)
    session.withdraw(JAN, NOW)
    with pytest.raises(NotExpected):
        session.check_in([DoorNote("1")], DURING)


def test_a_late_queue_counts_whoever_is_expected_and_leaves_the_others_out(session: Session) -> None:
    queue = [DoorNote("9", age=MINUTE), DoorNote("1", age=MINUTE), DoorNote(uuid4(), age=MINUTE)]
    assert inside(session.check_in(queue, DURING, late=True)) == (1, 1)


@pytest.mark.parametrize("moment", [BEGINS - OPENS - MINUTE, ENDS + SHUTS])
def test_the_door_is_shut_long_before_and_long_after(session: Session, moment: datetime) -> None:
    with pytest.raises(DoorShut):
        session.check_in([DoorNote("1")], moment)
    with pytest.raises(DoorShut):
        session.show_code("K7QP-2MXD", moment)


@pytest.mark.parametrize("moment", [BEGINS - OPENS, ENDS + SHUTS - MINUTE])
def test_the_door_is_open_from_before_until_the_day_after(session: Session, moment: datetime) -> None:
    assert inside(session.check_in([DoorNote("1")], moment)) == (1, 0)


def test_nobody_is_in_where_it_was_cancelled(session: Session) -> None:
    session.cancel("De verwarming is kapot.")
    with pytest.raises(DoorShut):
        session.check_in([DoorNote("1")], DURING)


def test_there_is_an_end_to_who_can_walk_in(session: Session) -> None:
    session.walked_in = tuple(WalkIn(uuid4(), Arrival(DURING)) for _ in range(MOST))
    with pytest.raises(TooManyWalkIns):
        session.check_in([DoorNote(uuid4())], DURING)


def test_who_came_is_whoever_was_in_where_nobody_says_otherwise(session: Session) -> None:
    session.check_in([DoorNote("2"), DoorNote("3"), DoorNote(uuid4())], DURING)
    held = session.hold(None, None, ENDS)
    assert (held.attended, held.walk_ins, held.no_shows) == (2, 1, 1)
    assert (session.came(PIET), session.came(JAN), session.hosts) == (True, False, [FATMA])


def test_who_came_is_said_where_nobody_was_noted_at_the_door_or_nobody_knows_any_more(
    session: Session,
) -> None:
    with pytest.raises(NobodyNoted):
        session.hold(None, 3, ENDS)
    session.check_in([DoorNote("1")], DURING)
    session.hold(None, None, ENDS)
    session.shut_the_door()
    with pytest.raises(NobodyNoted):
        session.correct(None, None, ENDS)
    assert session.came(JAN)


def test_who_leads_can_be_among_those_who_came_and_leads_on(session: Session) -> None:
    assert session.hold([JAN, FATMA], 0, ENDS).attended == 1
    assert session.hosts == [FATMA]


def test_what_a_device_noted_before_comes_after_and_corrects_it(session: Session) -> None:
    session.check_in([DoorNote("1"), DoorNote("1", undone=True)], BEGINS)
    session.hold(None, None, ENDS)
    late = [DoorNote("1", age=timedelta(hours=1)), DoorNote(uuid4(), age=timedelta(hours=2))]
    assert session.check_in(late, ENDS + MINUTE, late=True) == [
        AttendanceCorrected(
            session_id=session.id, house_id=session.house_id, attended=1, walk_ins=1, no_shows=2
        )
    ]
    assert session.check_in(late, ENDS + MINUTE, late=True) == []


def test_who_was_noted_for_all_together_is_changed_by_what_is_noted_later_alone(session: Session) -> None:
    walk_in = uuid4()
    session.check_in([DoorNote(walk_in)], DURING)
    session.hold([JAN], 5, ENDS)
    before = [DoorNote("2", age=timedelta(hours=1)), DoorNote("1", undone=True, age=timedelta(hours=1))]
    assert session.check_in(before, ENDS + MINUTE, late=True) == []
    session.check_in([DoorNote(walk_in, undone=True), DoorNote("2")], ENDS + MINUTE)
    assert (session.turnout.attended, session.turnout.walk_ins) == (3, 4)


def test_it_was_held_after_all_and_whoever_was_in_came(session: Session) -> None:
    session.check_in([DoorNote("1")], DURING)
    session.not_hold("Vergissing", ENDS)
    assert session.hold(None, None, ENDS).attended == 1


def test_people_check_themselves_in_where_they_have_a_place(session: Session) -> None:
    session.show_code("K7QP-2MXD", DURING)
    assert inside(session.check_oneself_in(JAN, DURING)) == (1, 0)
    with pytest.raises(NotRegistered):
        session.check_oneself_in(uuid4(), DURING)


def moments(session: Session) -> list[object]:
    return [*session.walked_in, *(seat.arrival for seat in session.seats if seat.arrival)]


def test_when_the_door_is_shut_it_is_known_who_came_and_not_when(session: Session) -> None:
    session.show_code("K7QP-2MXD", DURING)
    session.check_in([DoorNote("1"), DoorNote(uuid4())], DURING)
    session.shut_the_door()
    assert (len(moments(session)), session.door_code) == (2, None)  # nobody noted yet who came
    session.hold(None, None, ENDS)
    session.shut_the_door()
    assert (moments(session), session.turnout.present) == ([], 2)


def test_whoever_is_forgotten_is_still_one_of_those_who_are_in(session: Session) -> None:
    session.check_in([DoorNote("1")], DURING)
    session.detach(JAN)
    assert session.hold(None, None, ENDS).attended == 1


def test_ids_of_walk_ins_are_whoevers_counts_them(session: Session) -> None:
    walk_in = UUID(int=1)
    session.check_in([DoorNote(walk_in), DoorNote(walk_in)], DURING)
    assert session.walk_ins_counted == 1
