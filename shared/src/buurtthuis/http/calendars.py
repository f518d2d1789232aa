"""Things that happen at a time and a place, as iCalendar (RFC 5545): for feeds, and for what goes with a message."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress, vDuration, vRecur
from icalendar.prop import vText

MEDIA_TYPE = "text/calendar"
#: So many years of a time zone's changes show whether they follow a rule.
YEARS = 12
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
A_WEEK = 7


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


@dataclass(frozen=True)
class Organizer:
    """Who says when it is, and that it is off: an office with a mailbox, never a person."""

    name: str
    address: str

    def as_property(self) -> vCalAddress:
        """RFC 5545, 3.8.4.3."""
        found = vCalAddress(f"mailto:{self.address}")
        found.params["CN"] = vText(self.name)
        return found


def feed(
    happenings: Sequence[Happening], now: datetime, *, uid: UUID, product: str, name: str, refresh: timedelta
) -> bytes:
    """A calendar that programs look at again every `refresh`, whichever of the two ways of saying so they know."""
    found = Calendar.new(uid=uid, prodid=product, name=name)
    found.add("refresh-interval", vDuration(refresh), parameters={"VALUE": "DURATION"})
    found.add("x-published-ttl", vDuration(refresh))
    return _with_happenings(found, happenings, now)


def notice(happening: Happening, now: datetime, *, method: str, organizer: Organizer, product: str) -> bytes:
    """One event for a calendar that is there already: `method` says what is to be done with it (RFC 5546)."""
    found = Calendar()
    for name, value in {"version": "2.0", "prodid": product, "method": method}.items():
        found.add(name, value)
    return _with_happenings(found, [happening], now, organizer)


def _with_happenings(
    found: Calendar, happenings: Sequence[Happening], now: datetime, organizer: Organizer | None = None
) -> bytes:
    """With the time zones that the events need for as long as they last."""
    for happening in happenings:
        event = _event(happening, now)
        if organizer:
            event.add("organizer", organizer.as_property())
        found.add_component(event)
    years = [now.year, *(happening.starts_at.year for happening in happenings)]
    for name in sorted({happening.time_zone for happening in happenings}, reverse=True):
        found.subcomponents.insert(0, _zone(name, min(years) - 1, max(years) + 1))
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


@lru_cache(maxsize=64)
def _zone(name: str, first: int, last: int) -> Timezone:
    """Its changes from the beginning of one year to the end of another, by a rule for each where they follow one.

    Some programs follow no more than the first day of a list (RDATE)."""
    until = date(max(last, first + YEARS) + 1, 1, 1)
    zone = Timezone.from_tzid(name, first_date=date(first, 1, 1), last_date=until)
    zone.pop("COMMENT", None)
    parts: list[Any] = zone.subcomponents
    for part in parts:
        _tell_changes_as_the_clock_showed_before(part)
    ruled = [part for part in parts if _tell_changes_by_a_rule(part)]
    if ruled and all(part in ruled or ("RDATE" not in part and part.DTSTART.year == first) for part in parts):
        zone.subcomponents = ruled
    return zone


def _tell_changes_as_the_clock_showed_before(part: Any) -> None:
    """RFC 5545, 3.6.5. The library gives the first time that the new offset shows: in March an hour too late."""
    skipped = part.TZOFFSETTO - part.TZOFFSETFROM
    if skipped > timedelta():
        changes = _changes(part)
        part.DTSTART -= skipped
        part.pop("RDATE", None)
        if changes[1:]:
            part.add("RDATE", [change - skipped for change in changes[1:]])


def _tell_changes_by_a_rule(part: Any) -> bool:
    """Whether there is one: the same Sunday of the same month, year after year."""
    changes = _changes(part)
    rule = _yearly(changes) if len(changes) >= YEARS else None
    if rule:
        part.pop("RDATE", None)
        part.add("RRULE", rule)
    return rule is not None


def _changes(part: Any) -> list[datetime]:
    return [part.DTSTART, *(each.dt for each in part["RDATE"].dts)] if "RDATE" in part else [part.DTSTART]


def _yearly(changes: Sequence[datetime]) -> vRecur | None:
    years = [change.year for change in changes]
    times = {(change.month, change.weekday(), change.time()) for change in changes}
    week = _week_of_month(changes)
    if not week or len(times) > 1 or years != list(range(years[0], years[0] + len(years))):
        return None
    return vRecur(FREQ="YEARLY", BYMONTH=changes[0].month, BYDAY=f"{week}{WEEKDAYS[changes[0].weekday()]}")


def _week_of_month(days: Sequence[datetime]) -> int | None:
    """The last (-1), or the first to fifth, where it is the same in all of them."""
    if all(day.day + A_WEEK > monthrange(day.year, day.month)[1] for day in days):
        return -1
    weeks = {(day.day - 1) // A_WEEK + 1 for day in days}
    return weeks.pop() if len(weeks) == 1 else None
