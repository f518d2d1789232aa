"""Who may: the people of a house. Staff vouch for whom they name."""

from typing import Any
from uuid import UUID

from buurtthuis.core.work import Work
from buurtthuis.domain.neighbours import stays_neighbour


async def check_belongs(resident: UUID, by: UUID | None, kind: type[Any], id: UUID, work: Work) -> None:
    """Whether a resident is of the house of this session or series, where they or a host ask (`by`), and not staff.
    Raises NotOfThisHouse.

    Before either is locked: whoever moves out is forgotten first, and gives back then what they have."""
    if by is None:
        return
    for (house,) in await work.count(kind, "house_id", id=id):
        await stays_neighbour(house, resident, work)
