"""Whether anything new can be planned, or noted."""

from typing import Any
from uuid import UUID

from buurtthuis.core.work import Work

from buurtthuis_sessions.domain.houses import House, HouseIsOver, HouseState


async def check_house(kind: type[Any], id: UUID, work: Work) -> None:
    """Whether the house of this session or series takes plans. Raises HouseTakesNoPlans.

    Before either is locked: a house that ends locks itself first, and then what is in it."""
    for (house,) in await work.read(kind, "house_id", id=id):
        (await work.share(House, house)).check_plannable()


async def check_kept(kind: type[Any], id: UUID, work: Work) -> None:
    """Raises HouseIsOver where the house was anonymised: what is left of it are figures."""
    for (house,) in await work.read(kind, "house_id", id=id):
        if await work.count(House, "id", id=house, state=HouseState.ANONYMISED):
            raise HouseIsOver
