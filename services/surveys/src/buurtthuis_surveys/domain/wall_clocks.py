"""Days, as the clock on the wall of a corporation has them."""

from datetime import date, datetime, time, tzinfo


def day(moment: datetime, zone: tzinfo) -> date:
    """Which day it is there at a moment."""
    return moment.astimezone(zone).date()


def midnight(day: date, zone: tzinfo) -> datetime:
    """When a day begins there."""
    return datetime.combine(day, time(), zone)
