"""Who belongs to a house, by pseudonym, as notifications says it. A service that takes `on` among its rooms knows.

What is for the people of a house is decided by this, and not by a token: that of whoever moved out is good for a while.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID, uuid5

from buurtthuis.core.errors import NotFound, Refusal, Refused
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Work
from buurtthuis.events.notifications import ResidentJoined, ResidentMovedOut

on = Handlers()


class NotOfThisHouse(Refused):
    """This is for the people of this house, and you are not known as one of them. Join the house first; if you have just done so, try again in a moment."""

    kind = Refusal.FORBIDDEN


@dataclass(eq=False)
class Neighbour:
    """One resident of one house; `since` is not known of whoever came before it was noted."""

    id: UUID
    house_id: UUID
    resident_id: UUID
    since: datetime | None = None
    version: int = 0

    @staticmethod
    def id_of(house: UUID, resident: UUID) -> UUID:
        """The same each time."""
        return uuid5(house, str(resident))

    @classmethod
    def of(cls, house: UUID, resident: UUID, since: datetime | None = None) -> Self:
        """Somebody who belongs to a house."""
        return cls(cls.id_of(house, resident), house, resident, since)

    def was_there(self, moment: datetime | None) -> bool:
        """Whether they belonged to the house then; where either is not known they did."""
        return not (moment and self.since) or self.since <= moment


async def neighbour(house: UUID, resident: UUID, work: Work) -> Neighbour:
    """A resident as one of the people of a house. Raises NotOfThisHouse."""
    id = Neighbour.id_of(house, resident)
    # Trap: a lock is written into the row, with the transaction: beside it would stand who answered what then.
    for (since,) in await work.count(Neighbour, "since", id=id):
        return Neighbour(id, house, resident, since)
    raise NotOfThisHouse


async def stays_neighbour(house: UUID, resident: UUID, work: Work) -> None:
    """The same, where they leave something behind that is theirs: until this work is done nobody moves out."""
    try:
        await work.share(Neighbour, Neighbour.id_of(house, resident))
    except NotFound:
        raise NotOfThisHouse from None


@on.event
async def know_the_neighbour(event: ResidentJoined, work: Work) -> None:
    """By pseudonym, and from when they were one: what happens to the house is theirs to decide."""
    since = work.cause.said_at or work.now
    await work.get_or_keep(Neighbour.of(event.house_id, event.resident_id, since))


@on.event
async def forget_the_neighbour(event: ResidentMovedOut, work: Work) -> None:
    """What they wrote, reported and answered stays."""
    await work.forget(Neighbour, house_id=event.house_id, resident_id=event.resident_id)
