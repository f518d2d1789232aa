"""What can be read of houses."""

from datetime import date
from uuid import UUID

from buurtthuis.errors import NotFound
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.storage.houses import houses


class HouseView(BaseModel):
    """A house as a client reads it."""

    id: UUID
    title: str
    town: str
    dwellings: int
    label: str | None
    ends_on: date | None
    version: int


async def list_houses(session: AsyncSession, after: UUID | None = None, limit: int = 50) -> list[HouseView]:
    """Houses in order of opening."""
    query = select(houses).order_by(houses.c.id).limit(limit)
    rows = await session.execute(query.where(houses.c.id > after) if after else query)
    return [HouseView(**row) for row in rows.mappings()]


async def show_house(session: AsyncSession, id: UUID) -> HouseView:
    """One house; raises NotFound."""
    row = (await session.execute(select(houses).where(houses.c.id == id))).mappings().one_or_none()
    if row is None:
        raise NotFound(what="house", id=id)
    return HouseView(**row)
