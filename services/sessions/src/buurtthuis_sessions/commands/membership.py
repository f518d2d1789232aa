"""Who may: the people of a house. Staff vouch for whom they name."""

from typing import Any
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.work import Work
from buurtthuis.domain.neighbours import stays_neighbour

from buurtthuis_sessions.domain.leading import may_act_for_others


async def check_belongs(resident: UUID, by: Actor, kind: type[Any], id: UUID, work: Work) -> None:
    """Whether a resident is of the house of this session or series, where nobody asks who vouches for them.
    Raises NotFound and NotOfThisHouse.

    Before either is locked: whoever moves out is forgotten first, and gives back then what they have."""
    if may_act_for_others(by):
        return
    (house,) = await work.read_one(kind, id, "house_id")
    await stays_neighbour(house, resident, work)
