"""Of which houses everybody may know: sessions says it."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(eq=False)
class PublicHouse:
    """A house that opened, and whose data is not gone."""

    id: UUID
    version: int = 0

    @property
    def house_id(self) -> UUID:
        """By which it is known whether somebody's rights reach it."""
        return self.id
