"""Whether anything new can be planned, or noted."""

from typing import Any
from uuid import UUID

from buurtthuis.core.work import Work

from buurtthuis_sessions.domain.houses import House, HouseIsOver, HouseState


async def check_house(kind: type[Any], id: UUID, work: Work) -> None:
    """Whether the house of this session or series takes plans. Raises NotFound and HouseTakesNoPlans.

    Before either is locked: a house that ends locks itself first, and then what is in it."""
    (house,) = await work.read_one(kind, id, "house_id")
    (await work.share(House, house)).check_plannable()


async def check_kept(kind: type[Any], id: UUID, work: Work) -> None:
    """Raises NotFound, and HouseIsOver where the house was anonymised: what is left of it are figures."""
    (house,) = await work.read_one(kind, id, "house_id")
    if await work.count(House, "id", id=house, state=HouseState.ANONYMISED):
        raise HouseIsOver
