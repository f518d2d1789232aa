"""What can be read of templates: our own, and what other corporations share."""

from collections.abc import Iterable
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.events.sessions import Kind, SeatRole
from buurtthuis.http.models import WallTime
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.domain.templates import Entry
from buurtthuis_sessions.storage.templates import templates


class EntryView(BaseModel):
    """One session of a programme; without a title where its words were taken back."""

    model_config = ConfigDict(from_attributes=True)

    title: str | None
    kind: Kind
    day: int
    weekday: int
    starts: WallTime
    minutes: int
    capacity: int
    languages: tuple[str, ...]
    roles: dict[SeatRole, int]
    newcomer_seats: int
    rule: str | None

    def entry(self) -> Entry:
        """To start a house from."""
        return Entry(**dict(self))


class TemplateView(BaseModel):
    """A template as staff read it; `corporation` is whose it is."""

    id: UUID
    corporation: str
    title: str
    entries: list[EntryView]
    shared: bool
    version: int


async def list_templates(
    session: AsyncSession,
    *,
    sharing: Iterable[str] | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[TemplateView]:
    """Our own, or what these corporations share, in order of keeping."""
    query = select(templates).order_by(templates.c.id).limit(limit)
    query = query.where(
        templates.c.corporation == func.current_corporation()
        if sharing is None
        else templates.c.shared & templates.c.corporation.in_(sharing)
    )
    query = query.where(templates.c.id > after) if after else query
    return [TemplateView(**row) for row in (await session.execute(query)).mappings()]


async def show_template(session: AsyncSession, id: UUID) -> TemplateView:
    """One of ours, or one that is shared; raises NotFound."""
    row = (await session.execute(select(templates).where(templates.c.id == id))).mappings().one_or_none()
    if row is None:
        raise NotFound(what="template", id=id)
    return TemplateView(**row)
