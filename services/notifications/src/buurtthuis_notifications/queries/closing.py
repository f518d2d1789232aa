"""Reading which of their ideas residents are asked about."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from buurtthuis.core.errors import NotFound
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.storage.known import closing_questions, known_themes


class OpenQuestion(BaseModel):
    """Is this idea solved? `theme` is its title, unless that was taken back."""

    id: UUID
    theme_id: UUID
    house_id: UUID
    theme: str | None
    closes_at: datetime


async def open_questions(session: AsyncSession, resident: UUID, now: datetime) -> Sequence[OpenQuestion]:
    """What somebody is asked and did not answer, oldest first."""
    rows = await session.execute(
        _QUESTIONS.where(
            closing_questions.c.resident_id == resident,
            closing_questions.c.solved.is_(None),
            closing_questions.c.closes_at > now,
        ).order_by(closing_questions.c.id)
    )
    return [OpenQuestion.model_validate(dict(row)) for row in rows.mappings()]


async def show_question(session: AsyncSession, id: UUID) -> OpenQuestion:
    """As it was asked, whether or not it was answered; raises NotFound."""
    row = (await session.execute(_QUESTIONS.where(closing_questions.c.id == id))).mappings().one_or_none()
    if row is None:
        raise NotFound(what="question", id=id)
    return OpenQuestion.model_validate(dict(row))


_QUESTIONS = select(
    closing_questions.c.id,
    closing_questions.c.theme_id,
    closing_questions.c.house_id,
    closing_questions.c.closes_at,
    known_themes.c.title.label("theme"),
).outerjoin(known_themes, known_themes.c.id == closing_questions.c.theme_id)
