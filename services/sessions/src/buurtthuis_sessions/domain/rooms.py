"""Rooms of the corporation to meet in, and who has one when."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from buurtthuis.core.errors import Invalid, Refused
from buurtthuis.core.states import StateMachine
from buurtthuis.core.work import new_id
from buurtthuis.events.sessions import RoomAdded, RoomChanged, RoomClosed

from buurtthuis_sessions.domain.wall_clocks import moment, shown

NEVER = datetime.max.replace(tzinfo=UTC)


class RoomState(StrEnum):
    """Whether a room can be booked."""

    OPEN = "open"
    CLOSED = "closed"


MOVES = StateMachine({RoomState.OPEN: {RoomState.CLOSED}})


class RoomTaken(Refused):
    """This room is taken from {since} until {until}."""


class RoomShut(Refused):
    """This room is not open for all of that time."""


class RoomTooSmall(Refused):
    """This room is for {capacity} people; with everybody who has a role, this session is for {people}."""


class RoomNotInUse(Refused):
    """This room is closed for good: it takes no bookings and does not change any more."""


@dataclass(frozen=True)
class Hours:
    """When a room is open on one day of the week (1 is Monday), as the clock on the wall shows it: `09:00`.

    `24:00` is the end of the day. Raises Invalid."""

    weekday: int
    opens: str
    shuts: str

    def __post_init__(self) -> None:
        if not self.opens < self.shuts:
            raise Invalid("A room shuts after it opens; the end of the day is 24:00.", field="hours")

    def on(self, day: date, time_zone: str) -> tuple[datetime, datetime]:
        """The moments it opens and shuts that day."""
        return _moment(day, self.opens, time_zone), _moment(day, self.shuts, time_zone)


@dataclass(frozen=True)
class Description:
    """What people should know of a room. Without hours it is always open.

    `bag_id` is its building or dwelling in the BAG, `vera_id` that in the corporation's own administration."""

    name: str
    address: str
    capacity: int
    hours: tuple[Hours, ...] = ()
    wheelchair_accessible: bool = False
    bag_id: str | None = None
    vera_id: str | None = None


@dataclass(frozen=True)
class Booking:
    """A session has the room, between these moments."""

    session_id: UUID
    begins: datetime
    ends: datetime

    def overlaps(self, other: Self) -> bool:
        """Back to back is no overlap."""
        return self.begins < other.ends and other.begins < self.ends


@dataclass(eq=False)
class Room:
    """A room and its bookings: who has it is decided here.

    Bookings that are over are dropped: the sessions themselves remember where they were, so that
    this stays as small as what is ahead, however many years a room is used."""

    id: UUID
    name: str
    address: str
    capacity: int
    hours: tuple[Hours, ...]
    wheelchair_accessible: bool
    state: RoomState = RoomState.OPEN
    bookings: tuple[Booking, ...] = ()
    bag_id: str | None = None
    vera_id: str | None = None
    version: int = 0

    @classmethod
    def add(cls, description: Description) -> tuple[Self, RoomAdded]:
        """There is a room to meet in."""
        room = cls(new_id(), **vars(description))
        return room, RoomAdded(room_id=room.id, **room._said())

    def change(self, description: Description) -> RoomChanged:
        """It is described otherwise; what is booked stands. Raises RoomNotInUse."""
        self._check_in_use()
        for name, value in vars(description).items():
            setattr(self, name, value)
        return RoomChanged(room_id=self.id, **self._said())

    def close(self) -> RoomClosed:
        """Take no new bookings; what is booked stands. Raises RoomNotInUse."""
        self._check_in_use()
        MOVES.move(self, RoomState.CLOSED)
        return RoomClosed(room_id=self.id)

    def book(self, wanted: Booking, people: int, time_zone: str, now: datetime) -> None:
        """Give it to a session, once: a session that had it at another time has it at this one.

        Raises RoomTooSmall, and unless it had it at this time already RoomNotInUse, RoomShut or RoomTaken."""
        if people > self.capacity:
            raise RoomTooSmall(capacity=self.capacity, people=people, field="room_id")
        if wanted not in self.bookings:
            self._check_in_use()
            self._check_open(wanted, time_zone)
            self._check_free(wanted, time_zone)
        others = tuple(booking for booking in self._of_others(wanted.session_id) if booking.ends > now)
        self.bookings = (*others, wanted)

    def release(self, session: UUID) -> None:
        """Whatever the session had, somebody else can have."""
        self.bookings = self._of_others(session)

    def is_open(self, begins: datetime, ends: datetime, time_zone: str) -> bool:
        """Whether it is open from one moment to the other, without shutting in between."""
        open_until = begins
        for opens, shuts in self._open_between(begins, ends, time_zone):
            if opens <= open_until:
                open_until = max(open_until, shuts)
        return not self.hours or open_until >= ends

    def _open_between(
        self, begins: datetime, ends: datetime, time_zone: str
    ) -> list[tuple[datetime, datetime]]:
        """In order, over all days from one moment to the other."""
        first, last = shown(begins, time_zone).date(), shown(ends, time_zone).date()
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return sorted(
            hours.on(day, time_zone)
            for day in days
            for hours in self.hours
            if hours.weekday == day.isoweekday()
        )

    def _said(self) -> dict[str, Any]:
        """What others are told of it."""
        return {
            "title": self.name,
            "capacity": self.capacity,
            "bag_id": self.bag_id,
            "vera_id": self.vera_id,
        }

    def _check_in_use(self) -> None:
        if self.state is not RoomState.OPEN:
            raise RoomNotInUse(field="room_id")

    def _check_open(self, wanted: Booking, time_zone: str) -> None:
        if not self.is_open(wanted.begins, wanted.ends, time_zone):
            raise RoomShut(field="room_id")

    def _check_free(self, wanted: Booking, time_zone: str) -> None:
        for other in self._of_others(wanted.session_id):
            if other.overlaps(wanted):
                since, until = (f"{shown(at, time_zone):%Y-%m-%d %H:%M}" for at in (other.begins, other.ends))
                raise RoomTaken(since=since, until=until, field="room_id")

    def _of_others(self, session: UUID) -> tuple[Booking, ...]:
        return tuple(booking for booking in self.bookings if booking.session_id != session)


def _moment(day: date, clock: str, time_zone: str) -> datetime:
    """When the clock on the wall shows this; 24:00 is midnight at the end of the day."""
    hours, _, minutes = clock.partition(":")
    since_midnight = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        return moment(datetime.combine(day, time()) + since_midnight, time_zone)
    except OverflowError:  # the last night of the calendar
        return NEVER
