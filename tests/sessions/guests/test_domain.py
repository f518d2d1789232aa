"""People without an account: a place where there is one, a ballot for each whom nobody knows, and one person once they sign in."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from buurtthuis.domain.ballots import BallotBox
from buurtthuis.events.sessions import (
    AttendanceCorrected,
    PlacesChanged,
    SeatRegistered,
    SeatRole,
    SeatWithdrawn,
)
from buurtthuis_sessions.domain.arrivals import DoorNote
from buurtthuis_sessions.domain.follow_ups.counting import Counts
from buurtthuis_sessions.domain.follow_ups.states import AlreadyVoted, NoWalkInLeft
from buurtthuis_sessions.domain.follow_ups.vote import AT_MOST_EVERY, FollowUpVote
from buurtthuis_sessions.domain.guests import NoPlaceForGuests, guest_of
from buurtthuis_sessions.domain.seating import Wish
from buurtthuis_sessions.domain.seats import SeatState
from buurtthuis_sessions.domain.sessions.session import Session

from tests.sessions.builders import a_session
from tests.sessions.follow_ups.people import AFTER, COFFEE, a_held_session, a_vote

NOW = datetime(2019, 1, 3, 9, 0, tzinfo=UTC)
BEGINS = datetime(2019, 1, 10, 18, 30, tzinfo=UTC)
ENDS = BEGINS + timedelta(hours=2)
NAME = UUID("2b1b9a34-6f0e-4f0c-9d6c-6f8f1d0a7c55")
GUEST, JAN = guest_of(NAME), uuid4()


def states(session: Session) -> dict[UUID, SeatState]:
    return {seat.resident_id: seat.state for seat in session.seats}


def test_a_guest_is_the_same_each_time_and_nobody_reads_the_name_from_it() -> None:
    assert guest_of(NAME) == GUEST
    assert GUEST != NAME
    assert guest_of(uuid4()) != GUEST


def test_a_guest_gets_a_place_where_there_is_one_and_waits_for_none() -> None:
    session = a_session(now=NOW, capacity=1)
    session.register_guest(GUEST, NOW, Wish())
    assert states(session) == {GUEST: SeatState.REGISTERED}
    with pytest.raises(NoPlaceForGuests):
        session.register_guest(guest_of(uuid4()), NOW, Wish())


def test_a_guests_place_is_the_residents_who_they_are() -> None:
    session = a_session(now=NOW)
    session.register_guest(GUEST, NOW, Wish())
    [gone, taken] = session.join_guest(GUEST, JAN, NOW)
    assert isinstance(gone, SeatWithdrawn)
    assert isinstance(taken, SeatRegistered)
    assert (gone.resident_id, taken.resident_id, taken.seat_id, taken.taken) == (GUEST, JAN, gone.seat_id, 1)
    assert states(session) == {JAN: SeatState.REGISTERED}
    assert session.join_guest(GUEST, JAN, NOW) == []


def test_whoever_registered_twice_has_one_place_and_the_other_is_free() -> None:
    session = a_session(now=NOW, capacity=2)
    session.register(JAN, NOW)
    session.register_guest(GUEST, NOW, Wish())
    waiting = uuid4()
    session.register(waiting, NOW)
    *_, said = session.join_guest(GUEST, JAN, NOW)
    assert states(session) == {
        JAN: SeatState.REGISTERED,
        GUEST: SeatState.WITHDRAWN,
        waiting: SeatState.OFFERED,
    }
    assert isinstance(said, PlacesChanged)
    assert (said.taken, said.offered, said.waiting) == (1, 1, 0)


def test_whoever_waits_and_has_a_place_as_a_guest_waits_no_more() -> None:
    session = a_session(now=NOW, capacity=1)
    session.register_guest(GUEST, NOW, Wish())
    session.register(JAN, NOW)
    session.join_guest(GUEST, JAN, NOW)
    assert [(seat.resident_id, seat.state) for seat in session.seats] == [
        (JAN, SeatState.REGISTERED),
        (JAN, SeatState.WITHDRAWN),
    ]


@pytest.mark.parametrize(
    ("ticked", "turnout"), [(("1",), (1, 0)), (("2",), (1, 0)), (("1", "2"), (1, 0)), ((), (0, 1))]
)
def test_whoever_came_as_a_guest_came_once(ticked: tuple[str, ...], turnout: tuple[int, int]) -> None:
    session = a_session(now=NOW)
    session.register(JAN, NOW)
    session.register_guest(GUEST, NOW, Wish())
    session.check_in([DoorNote(number) for number in ticked], BEGINS)
    session.hold([seat.resident_id for seat in session.seats if seat.is_in], 0, ENDS)
    [corrected] = session.join_guest(GUEST, JAN, ENDS)
    assert isinstance(corrected, AttendanceCorrected)
    assert (corrected.attended, corrected.no_shows) == turnout
    assert session.came(JAN) is bool(ticked)


def test_whoever_came_only_as_a_guest_came_and_nothing_else_is_otherwise() -> None:
    session = a_session(now=NOW)
    session.register_guest(GUEST, NOW, Wish())
    session.hold([GUEST], 0, ENDS)
    assert session.join_guest(GUEST, JAN, ENDS) == []
    assert session.came(JAN)


def test_a_host_who_was_a_guest_leads_on_and_is_not_counted() -> None:
    session = a_session(now=NOW)
    session.take_role(JAN, SeatRole.HOST, NOW)
    session.register_guest(GUEST, NOW, Wish())
    session.hold([GUEST], 0, ENDS)
    session.join_guest(GUEST, JAN, ENDS)
    assert (session.hosts, session.turnout.attended) == ([JAN], 0)


# In the room


def voted(vote: FollowUpVote, session: Session, box: BallotBox, *whom: UUID) -> None:
    for each in whom:
        vote.mark(each, session, [COFFEE.id], stop=False, now=AFTER, box=box)


def test_guests_vote_as_often_as_people_came_of_whom_nobody_knows_who_they_are() -> None:
    """One walked in, and one came along with somebody."""
    came = uuid4()
    session = a_held_session((came,), walk_ins=1)
    session.seats[0].plus_one = True
    session.note_all([came], 1, AFTER)
    vote, box = a_vote(session), BallotBox.new(uuid4())
    voted(vote, session, box, guest_of(uuid4()), guest_of(uuid4()))
    with pytest.raises(NoWalkInLeft):
        voted(vote, session, box, guest_of(uuid4()))
    voted(vote, session, box, came)
    assert vote.phones.ballots == vote.present == 3


def test_a_guests_ballot_is_the_residents_who_they_are_and_leaves_room_for_another_guest() -> None:
    session = a_held_session((JAN,), walk_ins=1)
    vote, box = a_vote(session), BallotBox.new(uuid4())
    voted(vote, session, box, GUEST)
    assert vote.know_as(GUEST, JAN, session, box)
    with pytest.raises(AlreadyVoted):
        voted(vote, session, box, JAN)
    voted(vote, session, box, guest_of(uuid4()))
    assert not vote.know_as(GUEST, JAN, session, box)


def test_whoever_voted_as_both_stays_two_who_voted() -> None:
    session = a_held_session((JAN,), walk_ins=1)
    vote, box = a_vote(session), BallotBox.new(uuid4())
    voted(vote, session, box, GUEST, JAN)
    with pytest.raises(AlreadyVoted):
        vote.know_as(GUEST, JAN, session, box)


def test_ballots_are_counted_for_the_screen_at_most_once_a_second_and_when_they_are_others() -> None:
    session = a_held_session((JAN,), walk_ins=2)
    vote, box = a_vote(session), BallotBox.new(uuid4())
    assert vote.tell(AFTER) is None
    voted(vote, session, box, JAN)
    told = vote.tell(AFTER)
    assert told is not None
    assert (told.ballots, told.present) == (1, 3)
    vote.count_cards(Counts(1), AFTER)
    assert vote.tell(AFTER + AT_MOST_EVERY / 2) is None
    told = vote.tell(AFTER + AT_MOST_EVERY)
    assert told is not None
    assert told.ballots == 2
    vote.decide(box)
    assert vote.tell(AFTER + 2 * AT_MOST_EVERY) is None
