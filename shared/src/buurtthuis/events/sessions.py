"""What sessions says."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from buurtthuis.events import Audience, Erasable, Event


class Kind(StrEnum):
    """What people do at a session."""

    ROUND_TABLE = "round_table"
    MEET_AND_GREET = "meet_and_greet"
    COFFEE_TABLE = "coffee_table"
    WORKSHOP = "workshop"
    WALK = "walk"
    OTHER = "other"


class HouseOpened(Event, name="sessions.house-opened.v1", audience=Audience.PUBLIC):
    """An experiment at one complex began."""

    house_id: UUID
    title: str
    town: str
    dwellings: int
    label: str | None
    ends_on: date | None


class SessionDrafted(Event, name="sessions.session-drafted.v1", audience=Audience.STAFF):
    """A session waits for a host to fill in time and place."""

    session_id: UUID
    house_id: UUID
    theme_id: UUID | None = None


class SessionScheduled(Event, name="sessions.session-scheduled.v1", audience=Audience.RESIDENTS):
    """A session has a time, a place and room for `capacity` people. Times are UTC; `time_zone` is where the clock on the wall hangs."""

    session_id: UUID
    house_id: UUID
    theme_id: UUID | None
    title: Erasable[str]
    kind: Kind
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    place: str
    capacity: int
    languages: tuple[str, ...]


class SessionCancelled(Event, name="sessions.session-cancelled.v1", audience=Audience.RESIDENTS):
    """The session does not take place."""

    session_id: UUID
    house_id: UUID
    reason: Erasable[str]


class SeatRegistered(Event, name="sessions.seat-registered.v1", audience=Audience.STAFF):
    """A resident has a place; `taken` is how many of the capacity are, this one included."""

    session_id: UUID
    house_id: UUID
    seat_id: UUID
    resident_id: UUID
    taken: int


class SeatWithdrawn(Event, name="sessions.seat-withdrawn.v1", audience=Audience.STAFF):
    """A resident gave the place back, before the session."""

    session_id: UUID
    house_id: UUID
    seat_id: UUID
    resident_id: UUID


class SessionHeld(Event, name="sessions.session-held.v1", audience=Audience.RESIDENTS):
    """People met. `attended` had registered and came; `walk_ins` came without; `no_shows` registered and did not come."""

    session_id: UUID
    house_id: UUID
    theme_id: UUID | None
    attended: int
    walk_ins: int
    no_shows: int
