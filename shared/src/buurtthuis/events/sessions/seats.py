"""Who has a place, and who waits for one."""

from datetime import datetime
from uuid import UUID

from buurtthuis.events import Audience, Count, Event
from buurtthuis.events.sessions.words import SeatRole


class SeatRegistered(
    Event, name="sessions.seat-registered.v1", subject="session_id", audience=Audience.STAFF
):
    """A resident has a place; `taken` is how many of the capacity are, this one included.

    With a `role` it is apart from the capacity. `waited` says that it came from the waiting list, `given` that nobody asked
    whether it still suits: there was no time to."""

    session_id: UUID
    house_id: UUID
    seat_id: UUID
    resident_id: UUID
    taken: int
    role: SeatRole | None = None
    plus_one: bool = False
    waited: bool = False
    standing: bool = False
    given: bool = False


class SeatWaitlisted(
    Event, name="sessions.seat-waitlisted.v1", subject="session_id", audience=Audience.STAFF
):
    """A resident waits for a place."""

    session_id: UUID
    house_id: UUID
    seat_id: UUID
    resident_id: UUID


class SeatOffered(Event, name="sessions.seat-offered.v1", subject="session_id", audience=Audience.STAFF):
    """A place came free for whoever waited longest, who can take it until `expires_at`."""

    session_id: UUID
    house_id: UUID
    seat_id: UUID
    resident_id: UUID
    expires_at: datetime
    plus_one: bool = False


class SeatOfferExpired(
    Event, name="sessions.seat-offer-expired.v1", subject="session_id", audience=Audience.STAFF
):
    """Nobody took the place in time; it goes to the next."""

    session_id: UUID
    house_id: UUID
    seat_id: UUID
    resident_id: UUID


class PlacesChanged(
    Event, name="sessions.places-changed.v1", subject="session_id", audience=Audience.RESIDENTS
):
    """So many of the `capacity` are `taken` now, and `offered` to somebody who has not answered; so many people wait. Nobody is named: read again
    what you have yourself."""

    session_id: UUID
    house_id: UUID
    capacity: Count
    taken: Count
    offered: Count
    waiting: Count


class SeatConfirmed(Event, name="sessions.seat-confirmed.v1", subject="session_id", audience=Audience.STAFF):
    """A resident still comes, now that the session is at another time or place."""

    session_id: UUID
    house_id: UUID
    seat_id: UUID
    resident_id: UUID


class SeatWithdrawn(Event, name="sessions.seat-withdrawn.v1", subject="session_id", audience=Audience.STAFF):
    """A resident gave the place back, or waits no more, before the session."""

    session_id: UUID
    house_id: UUID
    seat_id: UUID
    resident_id: UUID
