"""Who moved out of a house. Its page is for those who live there, and for neighbours from across the street; not for them."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID, uuid5

from buurtthuis.core.errors import Refusal, Refused


class HasMovedOut(Refused):
    """You moved out of this house, so you write on its page no more. You can still read it, and take back what you wrote."""

    kind = Refusal.FORBIDDEN


@dataclass(eq=False)
class Departure:
    """One resident who left one house, and has not come back."""

    id: UUID
    house_id: UUID
    resident_id: UUID
    version: int = 0

    @classmethod
    def of(cls, house: UUID, resident: UUID) -> Self:
        """The same each time, and another id than they have as a neighbour: both may be in one piece of work."""
        return cls(uuid5(house, f"left by {resident}"), house, resident)
