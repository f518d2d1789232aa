"""Somebody asks that somebody else looks again at what was decided about them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID, uuid5

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.states import StateMachine
from buurtthuis.events.moderation import AppealDecided, AppealFiled, DecidedBy, RecusalReason

from buurtthuis_moderation.domain.cases import Case
from buurtthuis_moderation.domain.contents import Content
from buurtthuis_moderation.domain.decisions import Decision
from buurtthuis_moderation.domain.people import decides_as


class AppealState(StrEnum):
    """What became of it."""

    PENDING = "pending"
    UPHELD = "upheld"
    REJECTED = "rejected"


class NotAboutYou(Refused):
    """Only whoever this was decided about can ask for another look at it."""

    kind = Refusal.FORBIDDEN


class NothingToAppeal(Refused):
    """Nothing was decided against you here, or that is undone already."""


class TooLateToAppeal(Refused):
    """This could be appealed against until {until}."""


class AppealedAlready(Refused):
    """There is an appeal against this decision already; once is all there is."""


class AppealIsDecided(Refused):
    """This appeal was decided: it is {state}."""


MOVES = StateMachine({AppealState.PENDING: {AppealState.UPHELD, AppealState.REJECTED}}, AppealIsDecided)


@dataclass(eq=False)
class Appeal:
    """The one appeal against a decision; its id follows from the decision's."""

    id: UUID
    house_id: UUID
    case_id: UUID
    decision_id: UUID
    author_id: UUID | None
    words: str | None
    filed_at: datetime
    state: AppealState = AppealState.PENDING
    reason: str | None = None
    decided_by: DecidedBy | None = None
    decider_id: UUID | None = None
    decided_at: datetime | None = None
    version: int = 0

    @classmethod
    def file(cls, decision: Decision, by: Actor, words: str, now: datetime) -> tuple[Self, AppealFiled]:
        """Raises NotAboutYou, NothingToAppeal or TooLateToAppeal."""
        if decision.author_id != by.person:
            raise NotAboutYou
        if decision.appeal_until is None or decision.undone:
            raise NothingToAppeal
        if now >= decision.appeal_until:
            raise TooLateToAppeal(until=f"{decision.appeal_until:%Y-%m-%d %H:%M} UTC")
        appeal = cls(
            appeal_id(decision.id), decision.house_id, decision.case_id, decision.id, by.person, words, now
        )
        return appeal, AppealFiled(
            appeal_id=appeal.id,
            house_id=appeal.house_id,
            case_id=appeal.case_id,
            decision_id=decision.id,
        )

    def decide(self, by: Actor, reason: str, now: datetime, *, upheld: bool) -> AppealDecided:
        """By somebody else than whoever decided before."""
        MOVES.move(self, AppealState.UPHELD if upheld else AppealState.REJECTED)
        self.reason, self.decided_at = reason, now
        self.decided_by, self.decider_id = decides_as(by), by.person
        return AppealDecided(
            appeal_id=self.id,
            house_id=self.house_id,
            case_id=self.case_id,
            decision_id=self.decision_id,
            author_id=self.author_id,
            upheld=upheld,
            reason=reason,
            decided_by=self.decided_by,
        )


def appeal_id(decision: UUID) -> UUID:
    """The appeal against a decision."""
    return uuid5(decision, "appeal")


def conflict(decision: Decision, case: Case, content: Content, by: Actor) -> RecusalReason | None:
    """Why somebody does not decide the appeal, if so: also who reported what was decided about, or stays off the case."""
    if decision.author_id == by.person or content.is_by(by):
        return RecusalReason.OWN_CONTENT
    if decision.involves(by):
        return RecusalReason.OWN_DECISION
    if case.is_reported_by(by):
        return RecusalReason.OWN_REPORT
    return RecusalReason.OWN_WISH if case.would_rather_not(by) else None
