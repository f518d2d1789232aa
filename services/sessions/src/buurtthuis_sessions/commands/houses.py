"""What can be asked of houses."""

from dataclasses import dataclass
from datetime import date

from buurtthuis.events.sessions import HouseOpened
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_sessions.domain.houses import House

on = Handlers()


@dataclass(frozen=True)
class OpenHouse:
    title: str
    town: str
    dwellings: int
    label: str | None = None
    ends_on: date | None = None


@on.command
async def open_house(command: OpenHouse, work: Work) -> HouseOpened:
    return work.add(
        House.open(command.title, command.town, command.dwellings, command.label, command.ends_on)
    )
