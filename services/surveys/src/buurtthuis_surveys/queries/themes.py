"""What can be read of themes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.events.surveys import IntakeChannel, Origin, ThemeSource
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, literal_column, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_surveys.domain.themes import Proposer, ThemeState
from buurtthuis_surveys.storage.themes import supports, themes

#: What people know organisations by.
Names = Mapping[str, str]

WORDS: ColumnElement[Any] = literal_column("themes.words")
SUPPORTERS = (
    select(func.count()).where(supports.c.theme_id == themes.c.id).scalar_subquery().label("supporters")
)


class ThemeView(BaseModel):
    """A theme as a client reads it. `supporters` is how many residents are for it.

    There is no title where it was taken back. `organisation` is the chain partner that brought it in; it has no name where the
    corporation does not know it any more."""

    id: UUID
    house_id: UUID
    title: str | None
    origin: Origin
    organisation: str | None
    organisation_name: str | None
    captured_via: IntakeChannel
    source: ThemeSource
    source_id: UUID | None
    proposed_at: datetime
    state: ThemeState
    hidden: bool
    merged_into: UUID | None
    reason: str | None
    reply: str | None
    session_id: UUID | None
    supporters: int
    supported: bool
    version: int


@dataclass(frozen=True)
class Wanted:
    """Which themes; all of it together. `since` counts, `until` does not; `words` are found in any Dutch form."""

    house: UUID | None = None
    state: ThemeState | None = None
    origin: Origin | None = None
    captured_via: IntakeChannel | None = None
    source: ThemeSource | None = None
    source_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str | None = None
    organisation: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """What must be true of a theme."""
        columns = {
            themes.c.house_id: self.house,
            themes.c.state: self.state,
            themes.c.origin: self.origin,
            themes.c.captured_via: self.captured_via,
            themes.c.source: self.source,
            themes.c.source_id: self.source_id,
            themes.c.organisation: self.organisation,
        }
        found: list[ColumnElement[bool]] = [column == wanted for column, wanted in columns.items() if wanted]
        if self.since:
            found.append(themes.c.proposed_at >= self.since)
        if self.until:
            found.append(themes.c.proposed_at < self.until)
        if self.words:
            found.append(WORDS.op("@@")(func.websearch_to_tsquery("dutch", self.words)))
        return found


def shown(viewer: Proposer) -> ColumnElement[bool]:
    """What a resident or a chain partner sees: what is or was on the list, unless it is hidden, and all of their own and of
    their organisation's."""
    if viewer.sees_all:
        return and_(True)
    theirs = and_(themes.c.proposed_by == viewer.actor.person, themes.c.organisation.is_(None))
    if viewer.organisation:
        theirs = or_(theirs, themes.c.organisation == viewer.organisation)
    return or_(and_(themes.c.listed, not_(themes.c.hidden)), theirs)


async def list_themes(
    session: AsyncSession,
    wanted: Wanted,
    *,
    viewer: Proposer,
    names: Names,
    after: UUID | None = None,
    limit: int = 50,
) -> list[ThemeView]:
    """Themes in order of arrival, above the id `after`, with the names of organisations."""
    query = _themes(viewer).where(*wanted.conditions())
    if after:
        query = query.where(themes.c.id > after)
    rows = await session.execute(query.order_by(themes.c.id).limit(limit))
    return [_view(row, names) for row in rows]


async def show_theme(session: AsyncSession, id: UUID, *, viewer: Proposer, names: Names) -> ThemeView:
    """One theme; raises NotFound, also for what this viewer may not see."""
    row = (await session.execute(_themes(viewer).where(themes.c.id == id))).one_or_none()
    if row is None:
        raise NotFound(what="theme", id=id)
    return _view(row, names)


def _themes(viewer: Proposer) -> Select[Any]:
    mine = exists().where(supports.c.theme_id == themes.c.id, supports.c.resident_id == viewer.actor.person)
    return select(themes, SUPPORTERS, mine.label("supported")).where(shown(viewer))


def _view(row: Row[Any], names: Names) -> ThemeView:
    return ThemeView(**row._mapping, organisation_name=names.get(row.organisation or ""))
