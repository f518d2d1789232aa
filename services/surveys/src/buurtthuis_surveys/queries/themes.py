"""What can be read of themes."""

from uuid import UUID

from buurtthuis.errors import NotFound
from buurtthuis.events.surveys import Channel, Origin
from pydantic import BaseModel
from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_surveys.domain.themes import ThemeState
from buurtthuis_surveys.storage.themes import themes

#: What residents see of each other's themes: nothing before it is admitted, nothing of what was refused.
SHOWN_TO_ALL = frozenset(ThemeState) - {ThemeState.PROPOSED, ThemeState.REJECTED, ThemeState.WITHDRAWN}


class ThemeView(BaseModel):
    """A theme as a client reads it."""

    id: UUID
    house_id: UUID
    title: str
    origin: Origin
    captured_via: Channel
    state: ThemeState
    reason: str | None
    reply: str | None
    session_id: UUID | None
    version: int


def shown_to(resident: UUID) -> Select[tuple[object, ...]]:
    """What a resident sees: what is on the list, and all of their own."""
    return select(themes).where(or_(themes.c.state.in_(SHOWN_TO_ALL), themes.c.proposed_by == resident))


async def list_themes(
    session: AsyncSession,
    *,
    viewer: UUID | None,
    house: UUID | None = None,
    state: ThemeState | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[ThemeView]:
    """Themes in order of arrival, above the id `after`; `viewer` is a resident, or None for staff."""
    query = shown_to(viewer) if viewer else select(themes)
    if house:
        query = query.where(themes.c.house_id == house)
    if state:
        query = query.where(themes.c.state == state)
    if after:
        query = query.where(themes.c.id > after)
    rows = await session.execute(query.order_by(themes.c.id).limit(limit))
    return [ThemeView(**row) for row in rows.mappings()]


async def show_theme(session: AsyncSession, id: UUID, *, viewer: UUID | None) -> ThemeView:
    """One theme; raises NotFound, also for what this viewer may not see."""
    query = shown_to(viewer) if viewer else select(themes)
    row = (await session.execute(query.where(themes.c.id == id))).mappings().one_or_none()
    if row is None:
        raise NotFound(what="theme", id=id)
    return ThemeView(**row)
