"""Days on which people in the Netherlands are elsewhere. A warning, never a refusal."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

# It knows the calendars of all countries, and takes long to import: whoever asks first waits for that, and no start does.
if TYPE_CHECKING:
    from holidays import HolidayBase


class Region(StrEnum):
    """Where the schools have their holidays at the same time (Ministry of Education)."""

    NORTH = "noord"
    MIDDLE = "midden"
    SOUTH = "zuid"


class Off(StrEnum):
    """Who is free."""

    PUBLIC = "public_holiday"
    SCHOOL = "school_holiday"


@dataclass(frozen=True)
class DayOff:
    """Why few people may come; `name` in Dutch, `regions` where the schools are closed."""

    kind: Off
    name: str
    regions: tuple[Region, ...] = ()


def days_off(day: date, region: Region | None = None) -> list[DayOff]:
    """What there is on a day: in one region, or in any."""
    return [*_public(day), *_school(day, [region] if region else list(Region))]


def _public(day: date) -> Iterator[DayOff]:
    name = _holidays(day.year, "public", None).get(day)
    if name:
        yield DayOff(Off.PUBLIC, name)


def _school(day: date, regions: list[Region]) -> Iterator[DayOff]:
    closed: dict[str, list[Region]] = {}
    for region in regions:
        name = _holidays(day.year, "school", region).get(day)
        if name:
            closed.setdefault(name, []).append(region)
    for name, where in closed.items():
        yield DayOff(Off.SCHOOL, name, tuple(where))


@cache
def _holidays(year: int, category: str, region: Region | None) -> "HolidayBase":
    from holidays import country_holidays

    subdivision = region.capitalize() if region else None
    return country_holidays("NL", subdivision, years=year, categories=category, language="nl", expand=False)
