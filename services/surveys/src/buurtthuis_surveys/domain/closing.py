"""Is it solved? What those who brought an idea in are asked a while after something came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from buurtthuis.core.work import new_id
from buurtthuis.events.surveys import ClosingQuestionAsked

from buurtthuis_surveys.domain.themes import Theme


@dataclass(eq=False)
class ClosingQuestion:
    """One proposer is asked about one theme. `solved` is what they said, and `objection` what is not solved yet.

    It is nobody's any more where its resident was forgotten, and counts as it did."""

    id: UUID
    theme_id: UUID
    house_id: UUID
    resident_id: UUID | None
    asked_at: datetime
    closes_at: datetime
    solved: bool | None = None
    objection: str | None = None
    answered_at: datetime | None = None
    version: int = 0

    @classmethod
    def ask(
        cls, theme: Theme, resident: UUID, now: datetime, closes_at: datetime
    ) -> tuple[Self, ClosingQuestionAsked]:
        """Whether it is solved, until `closes_at`."""
        question = cls(new_id(), theme.id, theme.house_id, resident, now, closes_at)
        return question, ClosingQuestionAsked(
            question_id=question.id,
            theme_id=theme.id,
            house_id=theme.house_id,
            resident_id=resident,
            closes_at=closes_at,
        )

    def note(self, solved: bool, objection: str | None, now: datetime) -> None:
        """What they said; of whoever was forgotten meanwhile no words are kept."""
        self.solved, self.answered_at = solved, now
        self.objection = objection if self.resident_id else None
