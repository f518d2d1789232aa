"""When something comes back: an RFC 5545 rule, on the clock on the wall.

Of the standard's rules those that people in a neighbourhood make: every so many days or weeks, on
these days of the week, on this day of the month or its second Tuesday. Each of them has an
occurrence, at most one a day, so that none can be searched for without end.
"""

import re
from datetime import datetime
from itertools import takewhile

from buurtthuis.errors import Invalid
from dateutil.rrule import rrule, rrulestr

_DAY = r"(MO|TU|WE|TH|FR|SA|SU)"
_NUMBER = r"([1-9]|[1-4]\d|5[0-2])"
_DAY_OF_MONTH = r"-?([1-9]|[12]\d|3[01])"
_DATE = r"\d{8}(T\d{6})?"
_EVERY: dict[str, str] = {
    "INTERVAL": _NUMBER,
    "COUNT": r"[1-9]\d{0,2}",
    "UNTIL": _DATE,
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
#: Either of these tells the day; both together may name one that never comes.
TELLS_THE_DAY = frozenset({"BYDAY", "BYMONTHDAY"})


def normalised(text: str) -> str:
    """The rule in capitals, without a prefix; raises Invalid where it is none of those we know."""
    rule = text.strip().upper().removeprefix("RRULE:")
    parts = dict(_part(one) for one in rule.split(";"))
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


def occurrences(rule: str, first: datetime, after: datetime, until: datetime) -> list[datetime]:
    """What the clock on the wall shows each time, later than `after` and no later than `until`."""
    later = _every(rule, first).xafter(after)
    return list(takewhile(lambda one: one <= until, later))


def begins_with(rule: str, first: datetime) -> bool:
    """Whether `first` is itself one of the times that the rule names."""
    return next(iter(_every(rule, first)), None) == first


def _every(rule: str, first: datetime) -> rrule:
    found = rrulestr(rule, dtstart=first)
    assert isinstance(found, rrule)
    return found


def _part(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _check_part(name: str, value: str, known: dict[str, str]) -> None:
    if name == "FREQ":
        return
    if name not in known or not re.fullmatch(known[name], value):
        raise _wrong(f"{name[:20] or 'an empty part'} cannot be in it, or not so")
    if name == "UNTIL" and not _is_date(value):
        raise _wrong("UNTIL is a day of the calendar: UNTIL=20190630")


def _is_date(value: str) -> bool:
    try:
        datetime.strptime(value, "%Y%m%dT%H%M%S" if "T" in value else "%Y%m%d")  # noqa: DTZ007  on the wall
    except ValueError:
        return False
    return True


def _wrong(why: str) -> Invalid:
    return Invalid(f"This is no rule that we can follow: {why}.", field="/rule")
