"""What a house tells everybody of its surveys and ideas. Nobody is named in it, and few are not counted."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.core.houses import Houses
from buurtthuis.core.languages import Preferred
from buurtthuis.domain.few import unless_few
from buurtthuis.events.surveys import Origin, Voting
from pydantic import BaseModel
from sqlalchemy import not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_surveys.domain.surveys import SurveyState
from buurtthuis_surveys.domain.themes import DEAD_ENDS, ThemeState
from buurtthuis_surveys.queries.surveys import Words, title_for, words
from buurtthuis_surveys.queries.themes import SUPPORTERS
from buurtthuis_surveys.storage.houses import public_houses
from buurtthuis_surveys.storage.surveys import surveys
from buurtthuis_surveys.storage.themes import themes

#: So many of each are on a page, the newest.
SURVEYS = 20
IDEAS = 100


class OpenSurvey(BaseModel):
    """A survey that takes answers."""

    id: UUID
    title: Words
    languages: list[str]
    voting: Voting
    closes_at: datetime | None


class CameOutOnTop(BaseModel):
    """What people chose, of one question."""

    question: Words
    options: list[Words]


class PublishedSurvey(BaseModel):
    """A survey whose results are published; `ballots` is null where they were few. The rest is at `…/surveys/{id}/results`."""

    id: UUID
    title: Words
    ballots: int | None
    top: list[CameOutOnTop]


class PublicIdea(BaseModel):
    """An idea that is or was on the list, and how far it is; `supporters` is null where they are few."""

    id: UUID
    title: str
    origin: Origin
    state: ThemeState
    session_id: UUID | None
    supporters: int | None


class PublicHousePage(BaseModel):
    """What residents of one house are asked, what came out, and what became of their ideas."""

    house_id: UUID
    open: list[OpenSurvey]
    published: list[PublishedSurvey]
    ideas: list[PublicIdea]


async def show_public_page(
    session: AsyncSession, house: UUID, preferred: Preferred, now: datetime
) -> PublicHousePage:
    """Of one house; raises NotFound."""
    if await session.scalar(select(public_houses.c.id).where(public_houses.c.id == house)) is None:
        raise NotFound(what="house", id=house)
    asked = await _surveys(session, house)
    return PublicHousePage(
        house_id=house,
        open=[_open(row, preferred) for row in asked if _takes_answers(row, now)],
        published=[_published(row, preferred) for row in asked if row.state is SurveyState.PUBLISHED],
        ideas=await _ideas(session, house),
    )


async def public_ids(session: AsyncSession) -> Houses:
    """Of the houses that everybody may know of."""
    return Houses(frozenset(await session.scalars(select(public_houses.c.id))))


async def _surveys(session: AsyncSession, house: UUID) -> list[Any]:
    of_interest = surveys.c.state.in_([SurveyState.OPEN, SurveyState.PUBLISHED])
    query = select(surveys).where(surveys.c.house_id == house, of_interest)
    return list(await session.execute(query.order_by(surveys.c.id.desc()).limit(SURVEYS)))


def _takes_answers(row: Any, now: datetime) -> bool:
    return row.state is SurveyState.OPEN and (row.closes_at is None or now < row.closes_at)


def _open(row: Any, preferred: Preferred) -> OpenSurvey:
    return OpenSurvey(
        id=row.id,
        title=title_for(preferred, row.form),
        languages=list(row.form.languages),
        voting=row.voting,
        closes_at=row.closes_at,
    )


def _published(row: Any, preferred: Preferred) -> PublishedSurvey:
    title = title_for(preferred, row.form)
    return PublishedSurvey(
        id=row.id,
        title=title,
        ballots=unless_few(row.results.ballots),
        top=list(_top(row, title.language)),
    )


def _top(row: Any, language: str) -> Iterable[CameOutOnTop]:
    """Of each question that had options, and an answer."""
    asked = {question.id: question for question in row.form.questions}
    for result in (result for result in row.results.questions if result.top):
        question = asked[result.question_id]
        read_in = question.read_in(language)
        texts = {option.id: option.texts for option in question.options}
        yield CameOutOnTop(
            question=words(question.texts, read_in),
            options=[words(texts[option], read_in) for option in result.top],
        )


async def _ideas(session: AsyncSession, house: UUID) -> list[PublicIdea]:
    """As residents see them who brought none in, but for those that went nowhere."""
    shown = themes.c.listed, not_(themes.c.hidden), themes.c.title.is_not(None)
    query = select(themes, SUPPORTERS).where(
        themes.c.house_id == house, *shown, themes.c.state.not_in(DEAD_ENDS)
    )
    rows = await session.execute(query.order_by(themes.c.id.desc()).limit(IDEAS))
    return [_idea(row) for row in rows]


def _idea(row: Any) -> PublicIdea:
    return PublicIdea(**{**row._mapping, "supporters": unless_few(row.supporters)})
