"""What was done on a page, and whether that is what was written down."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.core.actor import Actor
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_moderation.domain.trail import Entry, Fault, Trail, first_fault
from buurtthuis_moderation.queries.people import check_looks_after
from buurtthuis_moderation.storage.trail import entries, trails

#: Entries of one trail in memory at a time.
SOME = 1000


class EntryView(BaseModel):
    """One deed. `facts` say the rest: ids, words of the contract and times, and never what somebody wrote."""

    number: int
    at: datetime
    what: str
    about: UUID
    facts: dict[str, Any]
    digest: str


async def list_entries(
    session: AsyncSession, page: UUID, by: Actor, *, after: int = 0, limit: int = 100
) -> list[EntryView]:
    """In order, after this number. Raises NotFound or NotAModerator."""
    await check_looks_after(session, page, by)
    query = select(entries).where(entries.c.house_id == page, entries.c.number > after)
    found = await session.execute(query.order_by(entries.c.number).limit(limit))
    return [EntryView(**row._mapping) for row in found]


async def all_trails(session: AsyncSession) -> list[Trail]:
    """Of every page of the corporation; one without its head is found by its entries."""
    heads = {
        trail.house_id: trail for trail in await session.scalars(select(Trail).order_by(trails.c.house_id))
    }
    pages = await session.scalars(select(entries.c.house_id).distinct().order_by(entries.c.house_id))
    return [*heads.values(), *(Trail.of(page) for page in pages if page not in heads)]


async def fault_in(session: AsyncSession, trail: Trail) -> Fault | None:
    """Where a trail is not as it was written, if anywhere."""
    return await first_fault(trail, _entries(session, trail.house_id))


async def _entries(session: AsyncSession, page: UUID) -> AsyncIterator[Entry]:
    query = select(Entry).where(entries.c.house_id == page).order_by(entries.c.number)
    async for entry in await session.stream_scalars(query.execution_options(yield_per=SOME)):
        yield entry
