"""Who belongs to a house, by pseudonym, and since when: ideas, support and answers are theirs to give."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID, uuid5

from buurtthuis.errors import Refused


class NotOfThisHouse(Refused):
    """This is for the people of this house, and you are not known as one of them. Join the house first; if you have just done so, try again in a moment."""

    status = 403


class CameAfterOpening(Refused):
    """This survey is for everybody who belonged to the house when it opened, and you came later. The next one is yours too."""

    status = 403


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
