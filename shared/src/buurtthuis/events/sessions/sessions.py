"""Meetings, from draft to report."""

from datetime import datetime
from uuid import UUID

from buurtthuis.events import Audience, Count, Erasable, Event
from buurtthuis.events.sessions.words import Because, Kind


class SessionDrafted(
    Event, name="sessions.session-drafted.v1", subject="session_id", audience=Audience.STAFF
):
    """A session waits for a host to fill in time and place, `confirm_by` then where it follows from a vote."""

    session_id: UUID
    house_id: UUID
    theme_id: UUID | None = None
    follow_up_of: UUID | None = None
    series_id: UUID | None = None
    confirm_by: datetime | None = None


class SessionScheduled(
    Event, name="sessions.session-scheduled.v1", subject="session_id", audience=Audience.RESIDENTS
):
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
    room_id: UUID | None = None
    series_id: UUID | None = None
    follow_up_of: UUID | None = None


class SessionRescheduled(
    Event, name="sessions.session-rescheduled.v1", subject="session_id", audience=Audience.RESIDENTS
):
    """Another time or place. Everybody keeps the place they have, and is asked whether they still come."""

    session_id: UUID
    house_id: UUID
    title: Erasable[str]
    kind: Kind
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    place: str
    capacity: int
    languages: tuple[str, ...]
    was_starts_at: datetime
    was_ends_at: datetime
    was_place: str
    room_id: UUID | None = None


class SessionRenamed(
    Event, name="sessions.session-renamed.v1", subject="session_id", audience=Audience.RESIDENTS
):
    """A session is called otherwise, and nobody is asked again; without a title its words were taken back, for now or for good."""

    session_id: UUID
    house_id: UUID
    title: Erasable[str]


class SessionCapacityChanged(
    Event, name="sessions.session-capacity-changed.v1", subject="session_id", audience=Audience.RESIDENTS
):
    """There is room for more people, or for fewer. With `no_new_places` what is free stays free: nobody is offered it."""

    session_id: UUID
    house_id: UUID
    capacity: int
    no_new_places: bool = False


class SessionCancelled(
    Event, name="sessions.session-cancelled.v1", subject="session_id", audience=Audience.RESIDENTS
):
    """The session does not take place. `reason` is what somebody wrote, `because` what brought it along."""

    session_id: UUID
    house_id: UUID
    reason: Erasable[str]
    because: Because | None = None


class SessionHeld(Event, name="sessions.session-held.v1", subject="session_id", audience=Audience.RESIDENTS):
    """People met. `attended` had registered and came; `walk_ins` came without; `no_shows` registered and did not come."""

    session_id: UUID
    house_id: UUID
    theme_id: UUID | None
    attended: int
    walk_ins: int
    no_shows: int
    series_id: UUID | None = None
    follow_up_of: UUID | None = None


class AttendanceCorrected(
    Event, name="sessions.attendance-corrected.v1", subject="session_id", audience=Audience.RESIDENTS
):
    """Who came was noted wrongly at first; these are the numbers."""

    session_id: UUID
    house_id: UUID
    attended: int
    walk_ins: int
    no_shows: int


class ArrivalsCounted(
    Event, name="sessions.arrivals-counted.v1", subject="session_id", audience=Audience.RESIDENTS
):
    """So many of those who registered were noted at the door as being in, and so many `walk_ins`; nobody is named. Read again who is in,
    where you are a host."""

    session_id: UUID
    house_id: UUID
    arrived: Count
    walk_ins: Count


class AttendanceMissing(
    Event, name="sessions.attendance-missing.v1", subject="session_id", audience=Audience.STAFF
):
    """A session has been over for a while, and nobody noted who came or that it was not held. It is said once."""

    session_id: UUID
    house_id: UUID


class SessionNotHeld(
    Event, name="sessions.session-not-held.v1", subject="session_id", audience=Audience.RESIDENTS
):
    """The time came, and people did not meet."""

    session_id: UUID
    house_id: UUID
    reason: Erasable[str]


class SessionReported(
    Event, name="sessions.session-reported.v1", subject="session_id", audience=Audience.RESIDENTS
):
    """What was said and agreed, in a few words; with that the session is closed."""

    session_id: UUID
    house_id: UUID
    report: Erasable[str]


class HostConfirmed(Event, name="sessions.host-confirmed.v1", subject="session_id", audience=Audience.STAFF):
    """A resident leads this session, or every one of a series that is named."""

    session_id: UUID
    house_id: UUID
    resident_id: UUID
    series_id: UUID | None = None


class HostWithdrew(Event, name="sessions.host-withdrew.v1", subject="session_id", audience=Audience.STAFF):
    """A resident does not lead this session any more; `left` still do."""

    session_id: UUID
    house_id: UUID
    resident_id: UUID
    left: int
