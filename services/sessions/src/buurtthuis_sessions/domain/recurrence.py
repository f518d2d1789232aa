"""When something comes back: an RFC 5545 rule, on the clock on the wall.

Of the standard's rules those that people in a neighbourhood make: every so many days or weeks, on
these days of the week, on this day of the month or its second Tuesday. Each of them has an
occurrence, at most one a day, so that none can be searched for without end.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile

from buurtthuis.core.errors import Invalid
from dateutil.rrule import rrulestr

from buurtthuis_sessions.domain.wall_clocks import moment, shown

_DAY = r"(MO|TU|WE|TH|FR|SA|SU)"
_NUMBER = r"([1-9]|[1-4]\d|5[0-2])"
_DAY_OF_MONTH = r"-?([1-9]|[12]\d|3[01])"
_END = r"\d{8}(T\d{6}Z?)?"
_EVERY: dict[str, str] = {
    "INTERVAL": _NUMBER,
    "COUNT": r"[1-9]\d{0,2}",
    "UNTIL": _END,
    "WKST": _DAY,
}
#: FREQ -> what may stand beside it.
PARTS: dict[str, dict[str, str]] = {
    "DAILY": _EVERY,
    "WEEKLY": {**_EVERY, "BYDAY": rf"{_DAY}(,{_DAY})*"},
    "MONTHLY": {
        **_EVERY,
        "BYDAY": rf"(-?[1-5])?{_DAY}(,(-?[1-5])?{_DAY})*",
        "BYMONTHDAY": rf"{_DAY_OF_MONTH}(,{_DAY_OF_MONTH})*",
        "BYSETPOS": r"-?[1-4]",
    },
}
#: No clock is put further than this at once.
A_DAY = timedelta(days=1)
#: Either of these tells the day; both together may name one that never comes.
TELLS_THE_DAY = frozenset({"BYDAY", "BYMONTHDAY"})


def normalised(text: str) -> str:
    """The rule in capitals, without a prefix; raises Invalid where it is none of those we know."""
    rule = text.strip().upper().removeprefix("RRULE:")
    parts = dict(_part(part) for part in rule.split(";"))
    frequency = parts.get("FREQ", "")
    if frequency not in PARTS or len(parts) != rule.count(";") + 1:
        raise _wrong("a rule says FREQ=DAILY, WEEKLY or MONTHLY, and everything once")
    for name, value in parts.items():
        _check_part(name, value, PARTS[frequency])
    if parts.keys() >= TELLS_THE_DAY:
        raise _wrong("it tells the day by BYDAY or by BYMONTHDAY, not by both")
    if "BYSETPOS" in parts and not re.fullmatch(rf"{_DAY}(,{_DAY})*", parts.get("BYDAY", "")):
        raise _wrong("BYSETPOS counts among days of the week: BYDAY=TU;BYSETPOS=2")
    return rule


def without_end(rule: str) -> str:
    """The rule without the day on which it ends, for another year: so many times stay so many."""
    return ";".join(part for part in rule.split(";") if not part.startswith("UNTIL="))


def occurrences(
    rule: str, first: datetime, time_zone: str, after: datetime, until: datetime
) -> list[datetime]:
    """What the clock on the wall shows each time, later than `after` and no later than `until`."""
    return list(takewhile(lambda time: time <= until, _every(rule, first, time_zone, after)))


def between(rule: str, first: datetime, time_zone: str, after: datetime, until: datetime) -> list[datetime]:
    """The times later than one moment and no later than another (UTC), on the clock on the wall.

    Where the clock is put forward or back, what it shows is in another order than what happens."""
    near = shown(after, time_zone) - A_DAY, shown(until, time_zone) + A_DAY
    times = occurrences(rule, first, time_zone, *near)
    return [time for time in times if after < moment(time, time_zone) <= until]


def begins_with(rule: str, first: datetime, time_zone: str) -> bool:
    """Whether `first` is itself one of the times that the rule names."""
    return next(_every(rule, first, time_zone, first - A_DAY), None) == first


def _every(rule: str, first: datetime, time_zone: str, after: datetime) -> Iterator[datetime]:
    """The library ends at the midnight that begins the last day, and compares no moment in UTC with a wall's clock."""
    times = rrulestr(without_end(rule), dtstart=first)
    return takewhile(_goes_on(rule, time_zone), times.xafter(after))


def _goes_on(rule: str, time_zone: str) -> Callable[[datetime], bool]:
    """Whether a time is before the end that the rule gives, or is itself the last one (RFC 5545, 3.3.10)."""
    end = dict(_part(part) for part in rule.split(";")).get("UNTIL")
    if not end:
        return lambda _: True
    last = _last(end)
    if not isinstance(last, datetime):
        return lambda time: time.date() <= last
    if last.tzinfo:
        return lambda time: moment(time, time_zone) <= last
    return lambda time: time <= last


def _part(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _check_part(name: str, value: str, known: dict[str, str]) -> None:
    if name == "FREQ":
        return
    if name not in known or not re.fullmatch(known[name], value):
        raise _wrong(f"{name[:20] or 'an empty part'} cannot be in it, or not so")
    if name == "UNTIL":
        _check_end(value)


def _check_end(value: str) -> None:
    try:
        _last(value)
    except ValueError:
        raise _wrong(
            "UNTIL is the last day, or the last moment in UTC: UNTIL=20190630 or UNTIL=20190630T173000Z"
        ) from None


def _last(end: str) -> date | datetime:
    """A day, what the clock on the wall shows, or a moment in UTC. Raises ValueError."""
    if "T" not in end:
        return datetime.strptime(end, "%Y%m%d").date()  # noqa: DTZ007  a day
    last = datetime.strptime(end.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007  on the wall
    return last.replace(tzinfo=UTC) if end.endswith("Z") else last


def _wrong(why: str) -> Invalid:
    return Invalid(f"This is no rule that we can follow: {why}.", field="rule")
