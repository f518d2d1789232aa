"""Things that happen at a time and a place, as iCalendar (RFC 5545): for feeds, and for what goes with a message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone

MEDIA_TYPE = "text/calendar"
A_YEAR = timedelta(days=366)


@dataclass(frozen=True)
class Happening:
    """One event. Its `id` stays its UID, and `sequence` grows with every change. Times are on the clock on the wall."""

    id: UUID
    sequence: int
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    summary: str
    place: str
    status: str


def calendar(happenings: Sequence[Happening], now: datetime, **properties: Any) -> bytes:
    """A whole calendar, with the time zones that its events need for as long as they last.

    `properties` are the calendar's own, as `icalendar.Calendar.new` has them; `method` among them."""
    method = properties.pop("method", None)
    found = Calendar.new(**properties)
    if method:
        found.add("method", method)
    for one in happenings:
        found.add_component(_event(one, now))
    days = [now.date(), *(one.starts_at.date() for one in happenings)]
    found.add_missing_timezones(first_date=min(days) - A_YEAR, last_date=max(days) + A_YEAR)
    for zone in found.timezones:
        _tell_changes_as_the_clock_showed_before(zone)
    content: bytes = found.to_ical()
    return content


def _event(one: Happening, now: datetime) -> Event:
    zone = ZoneInfo(one.time_zone)
    event = Event()
    event.add("uid", str(one.id))
    event.add("sequence", one.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", one.starts_at.replace(tzinfo=zone))
    event.add("dtend", one.ends_at.replace(tzinfo=zone))
    event.add("summary", one.summary)
    event.add("location", one.place)
    event.add("status", one.status)
    return event


def _tell_changes_as_the_clock_showed_before(zone: Timezone) -> None:
    """RFC 5545, 3.6.5. The library gives the first time that the new offset shows: in March an hour too late."""
    parts: list[Any] = zone.subcomponents
    for part in parts:
        skipped = part.TZOFFSETTO - part.TZOFFSETFROM
        if skipped > timedelta():
            moments = [one.dt - skipped for one in part["RDATE"].dts] if "RDATE" in part else []
            part.DTSTART -= skipped
            part.pop("RDATE", None)
            if moments:
                part.add("RDATE", moments)
