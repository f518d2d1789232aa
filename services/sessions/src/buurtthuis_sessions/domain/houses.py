"""Experiments, each at one complex."""

from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import UUID

from buurtthuis.errors import Refused
from buurtthuis.events.sessions import HouseOpened
from buurtthuis.work import new_id


class HouseNotOpen(Refused):
    """There is no house with this id that is open."""

    status = 404


@dataclass(eq=False)
class House:
    """One experiment at one complex: easy to start and easy to end."""

    id: UUID
    title: str
    town: str
    dwellings: int
    label: str | None
    ends_on: date | None
    version: int = 0

    @classmethod
    def open(
        cls, title: str, town: str, dwellings: int, label: str | None = None, ends_on: date | None = None
    ) -> tuple[Self, HouseOpened]:
        """Start an experiment."""
        house = cls(new_id(), title, town, dwellings, label, ends_on)
        return house, HouseOpened(
            house_id=house.id, title=title, town=town, dwellings=dwellings, label=label, ends_on=ends_on
        )
