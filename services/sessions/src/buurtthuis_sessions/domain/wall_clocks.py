"""What the clock on the wall shows, and which moment that is."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def moment(wall_clock: datetime, time_zone: str) -> datetime:
    """In UTC. An hour that the clock shows twice is the first of the two, in summer time.

    Raises OverflowError in the first and last hours of the calendar."""
    return wall_clock.replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def shown(moment: datetime, time_zone: str) -> datetime:
    """What the clock on the wall shows at a moment."""
    return moment.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None)


def exists(wall_clock: datetime, time_zone: str) -> bool:
    """Whether the clock on the wall ever shows this: one hour a year it does not."""
    try:
        return shown(moment(wall_clock, time_zone), time_zone) == wall_clock
    except OverflowError:
        return False


def really(wall_clock: datetime, time_zone: str) -> datetime:
    """What the clock shows when somebody keeps to a time that it skips: half past two is half past three (RFC 5545, 3.3.5)."""
    return shown(moment(wall_clock, time_zone), time_zone)
