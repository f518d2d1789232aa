"""Who may: the people of a house."""

from uuid import UUID

from buurtthuis.work import Work

from buurtthuis_surveys.domain.neighbours import Neighbour, NotOfThisHouse


async def neighbour(house: UUID, resident: UUID, work: Work) -> Neighbour:
    """A resident as one of the people of a house. Raises NotOfThisHouse."""
    id = Neighbour.id_of(house, resident)
    # Trap: a lock is written into the row, with the transaction: beside it would stand who answered what then.
    for (since,) in await work.count(Neighbour, "since", id=id):
        return Neighbour(id, house, resident, since)
    raise NotOfThisHouse
