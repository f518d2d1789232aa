"""Who reads."""

from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import NotFound
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_moderation.domain.pages import Page


async def is_looked_after(session: AsyncSession, page: UUID, by: Actor) -> bool:
    """Whether somebody looks after a page."""
    found = await session.get(Page, page)
    return found is not None and found.is_looked_after_by(by)


async def check_looks_after(session: AsyncSession, page: UUID, by: Actor) -> None:
    """Raises NotFound or NotAModerator."""
    found = await session.get(Page, page)
    if found is None:
        raise NotFound(what="page", id=page)
    found.check_looks_after(by)
