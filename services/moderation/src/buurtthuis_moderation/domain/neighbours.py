"""Who lives in a house, by pseudonym: what they say of their safety counts at once."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID, uuid5


@dataclass(eq=False)
class Neighbour:
    """One resident of one house."""

    id: UUID
    house_id: UUID
    resident_id: UUID
    version: int = 0

    @classmethod
    def of(cls, house: UUID, resident: UUID) -> Self:
        """The same each time."""
        return cls(uuid5(house, str(resident)), house, resident)
