"""The addresses of a house, as staff read them."""

from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_surveys.domain.addresses import COLUMNS, Listed
from buurtthuis_surveys.storage.addresses import address_lists, addresses


class AddressView(BaseModel):
    """One address; `line` is street and number as on an envelope."""

    id: UUID
    line: str
    street: str
    number: int
    addition: str
    postcode: str
    town: str
    entrance: str
    walk: int | None = Field(
        description="Its place on the way that the caretaker goes, where the list gives one."
    )
    language: str | None
    bag_id: str | None
    vera_id: str | None


async def version(session: AsyncSession, house: UUID) -> int:
    """Of the list of a house; 0 where none was sent yet."""
    return await session.scalar(select(address_lists.c.version).where(address_lists.c.id == house)) or 0


async def listed(session: AsyncSession, house: UUID) -> dict[UUID, Listed]:
    """All addresses of a house by id, as the caretaker walks."""
    query = select(addresses).where(addresses.c.house_id == house)
    rows = await session.execute(query.order_by(addresses.c.on_the_way, addresses.c.id))
    return {row.id: Listed(**{name: row._mapping[name] for name in COLUMNS}) for row in rows}


async def list_addresses(
    session: AsyncSession, house: UUID, *, after: UUID | None = None, limit: int = 50
) -> list[AddressView]:
    """Addresses of a house as the caretaker walks, beyond the one with the id `after`."""
    place = tuple_(addresses.c.on_the_way, addresses.c.id)
    query = select(addresses).where(addresses.c.house_id == house)
    if after:
        before = select(addresses.c.on_the_way, addresses.c.id).where(addresses.c.id == after)
        query = query.where(place > before.scalar_subquery())
    rows = await session.execute(query.order_by(addresses.c.on_the_way, addresses.c.id).limit(limit))
    return [_view(row.id, Listed(**{name: row._mapping[name] for name in COLUMNS})) for row in rows]


def _view(id: UUID, listed: Listed) -> AddressView:
    return AddressView(id=id, line=listed.line, **vars(listed))
