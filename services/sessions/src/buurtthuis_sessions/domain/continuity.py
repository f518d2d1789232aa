"""Whether people keep meeting: the days between sessions that were held, against a house's limit."""

from datetime import date, timedelta
from enum import StrEnum

#: With less than this part of them left, and nothing planned, somebody has to do something.
PART_LEFT = 3


class Standing(StrEnum):
    """How it is with a house's rhythm."""

    GREEN = "green"
    AT_RISK = "at_risk"
    BROKEN = "broken"


def last_day(since: date, limit_days: int) -> date:
    """When people should have met again, who met last on `since`."""
    return since + timedelta(days=limit_days)


def standing(since: date, today: date, next_on: date | None, limit_days: int) -> Standing:
    """Of a house where people met last on `since`, and meet again on `next_on` or have no plans.

    Broken once more than `limit_days` have passed; at risk where the next session comes too late, or
    where there is none and less than a third of the days is left."""
    left = last_day(since, limit_days) - today
    if left < timedelta():
        return Standing.BROKEN
    if next_on is not None:
        in_time = next_on <= last_day(since, limit_days)
    else:
        in_time = left * PART_LEFT >= timedelta(days=limit_days)
    return Standing.GREEN if in_time else Standing.AT_RISK
