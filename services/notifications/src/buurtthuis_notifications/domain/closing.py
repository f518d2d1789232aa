"""Is it solved? What those who brought an idea in are asked, as surveys says, and how they answer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.events.notifications import ClosingQuestionAnswered


class AnsweredAlready(Refused):
    """You answered this question before, and said something else. Tell the corporation if that is not so any more."""


class AskedNoMore(Refused):
    """This question cannot be answered any more."""


class ObjectionMissing(Refused):
    """Say what is not solved yet."""

    kind = Refusal.INVALID


@dataclass(eq=False)
class ClosingQuestion:
    """One resident is asked whether one idea of theirs is solved. It can be answered once, until `closes_at`."""

    id: UUID
    theme_id: UUID
    house_id: UUID
    resident_id: UUID
    closes_at: datetime
    solved: bool | None = None
    version: int = 0

    def answer(self, solved: bool, objection: str | None, now: datetime) -> list[ClosingQuestionAnswered]:
        """What was said; nothing where it was said before. Raises ObjectionMissing, AnsweredAlready and AskedNoMore."""
        if not solved and not objection:
            raise ObjectionMissing(field="objection")
        if self.solved is solved:
            return []
        if self.solved is not None:
            raise AnsweredAlready
        if now >= self.closes_at:
            raise AskedNoMore
        self.solved = solved
        return [
            ClosingQuestionAnswered(
                question_id=self.id,
                theme_id=self.theme_id,
                house_id=self.house_id,
                solved=solved,
                objection=None if solved else objection,
            )
        ]
