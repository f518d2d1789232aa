"""Who writes on a page, by pseudonym, and what they want to be called there."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID, uuid5

from buurtthuis_moderation.domain.looks import squeezed


@dataclass(eq=False)
class Member:
    """One resident on the page of one house. `look` is what their name looks like: nobody else there may look so."""

    id: UUID
    house_id: UUID
    resident_id: UUID
    name: str | None = None
    look: str | None = None
    version: int = 0

    @classmethod
    def of(cls, house: UUID, resident: UUID) -> Self:
        """The same each time; without a name until they take one."""
        return cls(uuid5(house, str(resident)), house, resident)

    def take_name(self, name: str) -> None:
        """They are called so from now on, also under what they wrote before."""
        self.name, self.look = name, squeezed(name)
