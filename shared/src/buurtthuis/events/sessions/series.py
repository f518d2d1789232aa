"""Sessions that come back."""

from datetime import date, datetime
from uuid import UUID

from buurtthuis.events import Audience, Erasable, Event
from buurtthuis.events.sessions.words import Because, Kind, Risk


class SeriesProposed(Event, name="sessions.series-proposed.v1", subject="series_id", audience=Audience.STAFF):
    """A series on trial waits for a host to fill in when and where, `confirm_by` then."""

    series_id: UUID
    house_id: UUID
    theme_id: UUID | None = None
    follow_up_of: UUID | None = None
    confirm_by: datetime | None = None


class SeriesStarted(
    Event, name="sessions.series-started.v1", subject="series_id", audience=Audience.RESIDENTS
):
    """Sessions come by themselves from now on. `rule` is an RRULE (RFC 5545) on the clock on the wall in `time_zone`."""

    series_id: UUID
    house_id: UUID
    theme_id: UUID | None
    title: Erasable[str]
    kind: Kind
    starts_at: datetime
    time_zone: str
    rule: str
    follow_up_of: UUID | None = None


class SeriesRenamed(
    Event, name="sessions.series-renamed.v1", subject="series_id", audience=Audience.RESIDENTS
):
    """A series is called otherwise; without a title its words were taken back, for now or for good."""

    series_id: UUID
    house_id: UUID
    title: Erasable[str]


class SeriesChanged(
    Event, name="sessions.series-changed.v1", subject="series_id", audience=Audience.RESIDENTS
):
    """From `since` on, its sessions are at another time or place."""

    series_id: UUID
    house_id: UUID
    since: date
    rule: str


class SeriesHostsChanged(
    Event, name="sessions.series-hosts-changed.v1", subject="series_id", audience=Audience.STAFF
):
    """Who leads a series."""

    series_id: UUID
    house_id: UUID
    hosts: tuple[UUID, ...]


class SeriesAtRisk(
    Event, name="sessions.series-at-risk.v1", subject="series_id", audience=Audience.RESIDENTS
):
    """A series needs somebody: who takes over?"""

    series_id: UUID
    house_id: UUID
    reason: Risk


class SeriesRecovered(
    Event, name="sessions.series-recovered.v1", subject="series_id", audience=Audience.RESIDENTS
):
    """A series is safe again."""

    series_id: UUID
    house_id: UUID


class SeriesPaused(Event, name="sessions.series-paused.v1", subject="series_id", audience=Audience.RESIDENTS):
    """No sessions for now; it can be resumed."""

    series_id: UUID
    house_id: UUID


class SeriesResumed(
    Event, name="sessions.series-resumed.v1", subject="series_id", audience=Audience.RESIDENTS
):
    """Sessions come by themselves again."""

    series_id: UUID
    house_id: UUID


class SeriesStopped(
    Event, name="sessions.series-stopped.v1", subject="series_id", audience=Audience.RESIDENTS
):
    """It has ended; what was held stays on record. `reason` is what somebody wrote, `because` what brought it along."""

    series_id: UUID
    house_id: UUID
    reason: Erasable[str]
    because: Because | None = None
