"""The rules of rooms: who has one when, and when it is open."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.errors import Invalid
from buurtthuis_sessions.domain.rooms import (
    Booking,
    Description,
    Hours,
    Room,
    RoomNotInUse,
    RoomShut,
    RoomState,
    RoomTaken,
    RoomTooSmall,
)
from buurtthuis_sessions.domain.wall_clocks import moment

ZONE = "Europe/Amsterdam"
NOW = datetime(2018, 11, 12, 9, 0, tzinfo=UTC)
OFFICE = tuple(Hours(day, "09:00", "22:00") for day in range(1, 6))


def at(clock: str) -> datetime:
    return moment(datetime.fromisoformat(clock), ZONE)


def a_room(*hours: Hours, capacity: int = 20) -> Room:
    return Room.add(Description("Wingerd", "Wingerd 1", capacity, hours))[0]


def book(room: Room, begins: str, ends: str, session: UUID | None = None, people: int = 12) -> UUID:
    session = session or uuid4()
    room.book(Booking(session, at(begins), at(ends)), people, ZONE, NOW)
    return session


def test_a_room_is_given_once() -> None:
    room = a_room()
    book(room, "2019-01-10T19:30", "2019-01-10T21:30")
    with pytest.raises(RoomTaken):
        book(room, "2019-01-10T21:00", "2019-01-10T23:00")


def test_whoever_is_refused_is_told_when_it_is_taken_on_the_clock_on_the_wall_and_not_by_what() -> None:
    room = a_room()
    session = book(room, "2019-07-10T19:30", "2019-07-10T21:30")
    with pytest.raises(RoomTaken, match=r"from 2019-07-10 19:30 until 2019-07-10 21:30\.$") as refused:
        book(room, "2019-07-10T19:00", "2019-07-10T22:00")
    assert str(session) not in str(refused.value)


@pytest.mark.parametrize(
    ("begins", "ends"), [("2019-01-10T17:30", "2019-01-10T19:30"), ("2019-01-10T21:30", "2019-01-10T23:00")]
)
def test_back_to_back_is_no_conflict(begins: str, ends: str) -> None:
    room = a_room()
    book(room, "2019-01-10T19:30", "2019-01-10T21:30")
    book(room, begins, ends)
    assert len(room.bookings) == 2


def test_booking_again_for_the_same_session_moves_its_booking() -> None:
    room = a_room()
    session = book(room, "2019-01-10T19:30", "2019-01-10T21:30")
    book(room, "2019-01-10T20:30", "2019-01-10T22:30", session)
    assert [one.begins for one in room.bookings] == [at("2019-01-10T20:30")]


def test_what_is_released_somebody_else_can_have() -> None:
    room = a_room()
    room.release(book(room, "2019-01-10T19:30", "2019-01-10T21:30"))
    other = book(room, "2019-01-10T19:30", "2019-01-10T21:30")
    assert [one.session_id for one in room.bookings] == [other]


def test_bookings_that_are_over_are_dropped_when_one_is_made() -> None:
    room = a_room()
    book(room, "2018-11-12T11:00", "2018-11-12T12:00")
    later = uuid4()
    room.book(
        Booking(later, at("2019-01-10T19:30"), at("2019-01-10T21:30")), 12, ZONE, NOW + timedelta(days=1)
    )
    assert [one.session_id for one in room.bookings] == [later]


def test_a_room_takes_no_more_people_than_it_holds() -> None:
    room = a_room(capacity=12)
    book(room, "2019-01-10T19:30", "2019-01-10T21:30", people=12)
    with pytest.raises(RoomTooSmall):
        book(room, "2019-01-11T19:30", "2019-01-11T21:30", people=13)


def test_a_closed_room_takes_no_new_booking() -> None:
    room = a_room()
    room.close()
    with pytest.raises(RoomNotInUse):
        book(room, "2019-01-10T19:30", "2019-01-10T21:30")


def test_what_is_booked_stands_when_a_room_is_closed() -> None:
    room = a_room()
    session = book(room, "2019-01-10T19:30", "2019-01-10T21:30")
    room.close()
    book(room, "2019-01-10T19:30", "2019-01-10T21:30", session, people=14)
    assert len(room.bookings) == 1


def test_a_booking_in_a_closed_room_cannot_be_moved() -> None:
    room = a_room()
    session = book(room, "2019-01-10T19:30", "2019-01-10T21:30")
    room.close()
    with pytest.raises(RoomNotInUse):
        book(room, "2019-01-11T19:30", "2019-01-11T21:30", session)


def test_a_room_is_closed_once() -> None:
    room = a_room()
    room.close()
    with pytest.raises(RoomNotInUse):
        room.close()
    assert room.state is RoomState.CLOSED


def test_a_closed_room_does_not_change() -> None:
    room = a_room()
    room.close()
    with pytest.raises(RoomNotInUse):
        room.change(Description("Elders", "Elders 1", 9))


@pytest.mark.parametrize(
    ("begins", "ends", "is_open"),
    [
        ("2019-01-10T09:00", "2019-01-10T22:00", True),
        ("2019-01-10T08:59", "2019-01-10T10:00", False),
        ("2019-01-10T21:00", "2019-01-10T22:01", False),
        ("2019-01-12T10:00", "2019-01-12T11:00", False),  # a Saturday
        ("2019-01-10T20:00", "2019-01-11T10:00", False),  # it shuts at night
        ("2019-07-10T09:00", "2019-07-10T22:00", True),  # in summer time
        ("2019-04-01T09:00", "2019-04-01T22:00", True),  # the day after the clock went forward
        ("2019-10-28T09:00", "2019-10-28T22:00", True),  # and back
    ],
)
def test_a_room_is_open_by_the_clock_on_the_wall(begins: str, ends: str, is_open: bool) -> None:
    assert a_room(*OFFICE).is_open(at(begins), at(ends), ZONE) is is_open


def test_a_room_is_open_over_the_hour_that_the_clock_skips() -> None:
    night = a_room(Hours(7, "00:00", "04:00"))
    assert night.is_open(at("2019-03-31T01:00"), at("2019-03-31T04:00"), ZONE)
    assert not night.is_open(at("2019-03-31T01:00"), at("2019-03-31T04:01"), ZONE)


def test_a_room_is_open_through_both_hours_that_the_clock_shows_twice() -> None:
    night = a_room(Hours(7, "00:00", "04:00"))
    begins, ends = at("2019-10-27T01:00"), at("2019-10-27T04:00")
    assert ends - begins == timedelta(hours=4)
    assert night.is_open(begins, ends, ZONE)


def test_a_room_that_is_open_until_midnight_and_from_midnight_is_open_past_midnight() -> None:
    late = a_room(Hours(5, "18:00", "24:00"), Hours(6, "00:00", "02:00"))
    assert late.is_open(at("2019-01-11T22:00"), at("2019-01-12T01:00"), ZONE)
    assert not late.is_open(at("2019-01-11T22:00"), at("2019-01-12T03:00"), ZONE)


def test_a_room_that_is_shut_at_noon_is_not_open_over_noon() -> None:
    room = a_room(Hours(4, "09:00", "12:00"), Hours(4, "13:00", "17:00"))
    assert not room.is_open(at("2019-01-10T11:00"), at("2019-01-10T14:00"), ZONE)


def test_hours_within_other_hours_make_no_difference() -> None:
    room = a_room(Hours(4, "09:00", "17:00"), Hours(4, "10:00", "11:00"))
    assert room.is_open(at("2019-01-10T09:00"), at("2019-01-10T17:00"), ZONE)


def test_a_room_without_hours_is_always_open() -> None:
    assert a_room().is_open(at("2019-01-12T03:00"), at("2019-01-13T03:00"), ZONE)


def test_a_shut_room_cannot_be_booked() -> None:
    with pytest.raises(RoomShut):
        book(a_room(*OFFICE), "2019-01-12T10:00", "2019-01-12T11:00")


def test_the_last_night_of_the_calendar_is_a_night_like_any_other() -> None:
    begins = datetime(9999, 12, 31, 22, 0, tzinfo=UTC)
    assert a_room(Hours(5, "18:00", "24:00")).is_open(begins, begins + timedelta(minutes=30), ZONE)


def test_a_room_shuts_after_it_opens() -> None:
    with pytest.raises(Invalid):
        Hours(1, "22:00", "09:00")
