"""What is known of whether ideas are solved."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.domain.few import FEWEST
from buurtthuis.persistence.looking import Now
from pydantic import BaseModel, computed_field
from sqlalchemy import Select, func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_surveys.storage.closing import closing_questions
from buurtthuis_surveys.storage.themes import themes


class ClosingQuestionView(BaseModel):
    """One of those who brought an idea in was asked whether it is solved; who that is staff do not read here.

    `solved` is empty while they did not answer; `objection` is what is not solved yet, unless it was taken back."""

    id: UUID
    asked_at: datetime
    closes_at: datetime
    answered_at: datetime | None
    solved: bool | None
    objection: str | None


class Loops(BaseModel):
    """How often it was asked whether an idea is solved, and what was said: yes, no, nothing in time, or nothing yet.

    `reopened` is how many ideas went back to staff. Where fewer than 5 were asked the rest is null: it would tell of somebody what they said."""

    house_id: UUID | None
    asked: int
    yes: int | None = None
    no: int | None = None
    unanswered: int | None = None
    waiting: int | None = None
    reopened: int | None = None

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way
    @property
    def share(self) -> float | None:
        """Loops that are closed, in percent of those that were asked about, with one decimal."""
        return None if self.yes is None else round(100 * self.yes / self.asked, 1)


async def loops(session: AsyncSession, house: UUID | None, now: datetime) -> Loops:
    """Of one house, or of all that the reader reads."""
    solved, late = closing_questions.c.solved, closing_questions.c.closes_at <= now
    counted = select(
        func.count().label("asked"),
        func.count().filter(solved).label("yes"),
        func.count().filter(not_(solved)).label("no"),
        func.count().filter(solved.is_(None), late).label("unanswered"),
        func.count().filter(solved.is_(None), not_(late)).label("waiting"),
    )
    reopened = select(func.count()).where(themes.c.reopened_at.is_not(None))
    if house:
        counted = counted.where(closing_questions.c.house_id == house)
        reopened = reopened.where(themes.c.house_id == house)
    found = dict((await session.execute(counted)).mappings().one())
    if found["asked"] < FEWEST:
        return Loops(house_id=house, asked=found["asked"])
    return Loops(house_id=house, reopened=await session.scalar(reopened), **found)


async def questions_of(session: AsyncSession, theme: UUID) -> Sequence[ClosingQuestionView]:
    """In the order in which they were asked. Raises NotFound."""
    if await session.scalar(select(themes.c.id).where(themes.c.id == theme)) is None:
        raise NotFound(what="theme", id=theme)
    found = await session.execute(
        select(closing_questions)
        .where(closing_questions.c.theme_id == theme)
        .order_by(closing_questions.c.id)
    )
    return [ClosingQuestionView.model_validate(dict(row)) for row in found.mappings()]


def to_be_asked(now: Now) -> Select[UUID]:
    """Ideas of which it is time to ask; of one that moderators hide it is not, until it is shown again."""
    return select(themes.c.id).where(themes.c.ask_at <= now, not_(themes.c.hidden))
