"""How long people have to answer: from when they can have read it on, and never until the middle of the night.

The night is the usual one, in which nobody gets a message unless they said otherwise. Who has other quiet hours is known
to notifications alone.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EVENING, MORNING = time(21), time(8)


def awake(moment: datetime, time_zone: str) -> datetime:
    """This moment, or the end of the night that it falls in: when people can have read what is said now."""
    return after_quiet(moment, EVENING, MORNING, ZoneInfo(time_zone))


def deadline(given: datetime, days: timedelta, time_zone: str) -> datetime:
    """So many whole days after it can have been read, at the same time of the day."""
    read = awake(given, time_zone).astimezone(ZoneInfo(time_zone))
    return on_the_clock(read.date() + days, read.time(), ZoneInfo(time_zone))


def later_by_day(moment: datetime, lasts: timedelta, time_zone: str) -> datetime:
    """So much later, where the hours of the night do not count."""
    begins = awake(moment, time_zone)
    while lasts > (left := _evening(begins, time_zone) - begins):
        lasts -= left
        begins = awake(begins + left, time_zone)
    return begins + lasts


def by_day(moment: datetime, until: datetime, time_zone: str) -> timedelta:
    """How much of the time between two moments is not night."""
    found, begins = timedelta(), awake(moment, time_zone)
    while begins < until:
        evening = _evening(begins, time_zone)
        found += min(evening, until) - begins
        begins = awake(evening, time_zone)
    return found


def morning(moment: datetime, time_zone: str) -> datetime:
    """When the night before this moment ended, or the one that it falls in ends, on the same day."""
    zone = ZoneInfo(time_zone)
    return on_the_clock(moment.astimezone(zone).date(), MORNING, zone)


def after_quiet(moment: datetime, begins: time, ends: time, zone: ZoneInfo) -> datetime:
    """This moment, or the end of the quiet hours that it falls in; where both are the same there are none."""
    here = moment.astimezone(zone)
    clock = here.time()
    if begins == ends or not _between(begins, clock, ends):
        return moment
    day = here.date() + timedelta(days=0 if clock < ends else 1)
    # In the hour that comes twice: of the second one.
    return on_the_clock(day, ends.replace(fold=here.fold), zone)


def on_the_clock(day: date, at: time, zone: ZoneInfo) -> datetime:
    """In UTC. An hour that is skipped comes when the clock has passed it; of one that comes twice, the first."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def _evening(moment: datetime, time_zone: str) -> datetime:
    zone = ZoneInfo(time_zone)
    return on_the_clock(moment.astimezone(zone).date(), EVENING, zone)


def _between(begins: time, clock: time, ends: time) -> bool:
    """Over midnight too."""
    return begins <= clock < ends if begins < ends else clock >= begins or clock < ends
