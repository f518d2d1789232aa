"""Sessions as iCalendar (RFC 5545): every session an event of its own, whose UID it keeps and whose SEQUENCE grows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone

from buurtthuis_sessions.domain.seats import SeatState
from buurtthuis_sessions.domain.sessions import SessionState
from buurtthuis_sessions.queries.agendas import Entry

PRODUCT = "-//BuurtThuis//sessions//NL"
MEDIA_TYPE = "text/calendar"
#: How often a calendar program should look again.
REFRESH = timedelta(hours=1)
A_YEAR = timedelta(days=366)
OFF = frozenset({SessionState.CANCELLED, SessionState.NOT_HELD})
UNSURE = frozenset({SeatState.WAITLISTED, SeatState.OFFERED})
WAITING = "Wachtlijst: "
NAMELESS = "Bijeenkomst"


def calendar(uid: UUID, name: str, entries: Sequence[Entry], now: datetime) -> bytes:
    """A whole calendar, with the time zones that its events need for as long as they last."""
    found = Calendar.new(uid=uid, prodid=PRODUCT, name=name, refresh_interval=REFRESH)
    for entry in entries:
        found.add_component(_event(entry, now))
    days = [now.date(), *(entry.starts_at.date() for entry in entries)]
    found.add_missing_timezones(first_date=min(days) - A_YEAR, last_date=max(days) + A_YEAR)
    for zone in found.timezones:
        _tell_changes_as_the_clock_showed_before(zone)
    content: bytes = found.to_ical()
    return content


def _event(entry: Entry, now: datetime) -> Event:
    zone = ZoneInfo(entry.time_zone)
    event = Event()
    event.add("uid", str(entry.id))
    event.add("sequence", entry.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", entry.starts_at.replace(tzinfo=zone))
    event.add("dtend", entry.ends_at.replace(tzinfo=zone))
    event.add("summary", _summary(entry))
    event.add("location", entry.place)
    event.add("status", _status(entry))
    return event


def _summary(entry: Entry) -> str:
    title = entry.title or NAMELESS
    return WAITING + title if entry.seat in UNSURE else title


def _status(entry: Entry) -> str:
    if entry.state in OFF:
        return "CANCELLED"
    return "TENTATIVE" if entry.seat in UNSURE else "CONFIRMED"


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
