"""A route that will end says so to whoever still calls it (RFC 9745, RFC 8594), and in its document."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Any, Final

SINCE: Final = "x-deprecated-since"
UNTIL: Final = "x-sunset"


def ending(since: date, until: date) -> dict[str, Any]:
    """For a route, as `@router.get("/old", **ending(since, until))`: nobody should begin with it from `since` on, and it is gone
    on `until`. docs/versions.md says what comes instead."""
    return {"deprecated": True, "openapi_extra": {SINCE: since.isoformat(), UNTIL: until.isoformat()}}


def told_of_its_end(route: Any) -> Mapping[str, str]:
    """What an answer of a route has in its head; nothing, where no end is known."""
    said = getattr(route, "openapi_extra", None) or {}
    if SINCE not in said:
        return {}
    since, until = _moment(said[SINCE]), _moment(said[UNTIL])
    return {"Deprecation": f"@{since.timestamp():.0f}", "Sunset": format_datetime(until, usegmt=True)}


def _moment(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)
