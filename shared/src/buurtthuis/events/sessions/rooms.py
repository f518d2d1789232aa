"""Where people meet."""

from uuid import UUID

from buurtthuis.events import Audience, Event


class RoomAdded(Event, name="sessions.room-added.v1", subject="room_id", audience=Audience.STAFF):
    """The corporation has a room to meet in."""

    room_id: UUID
    title: str
    capacity: int
    bag_id: str | None = None
    vera_id: str | None = None


class RoomChanged(Event, name="sessions.room-changed.v1", subject="room_id", audience=Audience.STAFF):
    """A room has another name, capacity or opening hours."""

    room_id: UUID
    title: str
    capacity: int
    bag_id: str | None = None
    vera_id: str | None = None


class RoomClosed(Event, name="sessions.room-closed.v1", subject="room_id", audience=Audience.STAFF):
    """A room takes no new bookings; what is booked stands."""

    room_id: UUID
