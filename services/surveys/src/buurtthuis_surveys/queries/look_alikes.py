"""Themes that say nearly the same."""

from uuid import UUID

from buurtthuis.core.errors import NotFound
from pydantic import BaseModel
from rapidfuzz import fuzz, utils
from sqlalchemy import Text, cast, func, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_surveys.domain.themes import DEAD_ENDS, Proposer, ThemeState
from buurtthuis_surveys.queries.themes import WORDS, shown
from buurtthuis_surveys.storage.themes import themes

#: Themes that share a word are compared, the most alike by their words first.
COMPARED = 200
SHOWN = 5
#: Less alike than this, on a scale of 100, is another idea.
ALIKE = 50
MEASURES = (fuzz.ratio, fuzz.token_sort_ratio)


class LookAlike(BaseModel):
    """A theme that says nearly the same; `likeness` is 100 for the same words."""

    id: UUID
    title: str
    state: ThemeState
    likeness: int


async def look_alikes(
    session: AsyncSession, house: UUID, title: str, *, viewer: Proposer, other_than: UUID | None = None
) -> list[LookAlike]:
    """Live themes of a house that share a word with `title`, in any Dutch form of it; the most alike first."""
    any_word = cast(func.replace(cast(func.plainto_tsquery("dutch", title), Text), " & ", " | "), TSQUERY)
    rank = func.ts_rank(WORDS, any_word)
    query = (
        select(themes.c.id, themes.c.title, themes.c.state)
        .where(shown(viewer), themes.c.house_id == house, themes.c.state.not_in(DEAD_ENDS))
        .where(WORDS.op("@@")(any_word), themes.c.id.is_distinct_from(other_than))
        .order_by(rank.desc(), themes.c.id)
        .limit(COMPARED)
    )
    found = [
        LookAlike(**row._mapping, likeness=likeness(title, row.title)) for row in await session.execute(query)
    ]
    alike = sorted((theme for theme in found if theme.likeness >= ALIKE), key=lambda theme: -theme.likeness)
    return alike[:SHOWN]


async def look_alikes_of(session: AsyncSession, id: UUID, *, viewer: Proposer) -> list[LookAlike]:
    """The same for a theme that is there, to merge it into one of them; raises NotFound."""
    query = select(themes.c.house_id, themes.c.title).where(themes.c.id == id)
    theme = (await session.execute(query)).one_or_none()
    if theme is None:
        raise NotFound(what="theme", id=id)
    if theme.title is None:
        return []
    return await look_alikes(session, theme.house_id, theme.title, viewer=viewer, other_than=id)


def likeness(one: str, other: str) -> int:
    """How much two titles are alike, letter by letter, or by their words in any order: 0 to 100."""
    return round(max(alike(one, other, processor=utils.default_process) for alike in MEASURES))
