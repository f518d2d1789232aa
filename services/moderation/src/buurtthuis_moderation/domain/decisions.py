"""What is decided about something that was written, by whom, why, and how that is undone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import Invalid, Refused
from buurtthuis.core.work import new_id
from buurtthuis.domain.deadlines import deadline
from buurtthuis.events import Event
from buurtthuis.events.moderation import Action, CaseDecided, Category, ContentKind, DecidedBy

from buurtthuis_moderation.domain.cases import Case
from buurtthuis_moderation.domain.contents import Content, ContentState
from buurtthuis_moderation.domain.people import decides_as

#: So long whoever wrote it can ask somebody else to look again.
APPEAL_WITHIN = timedelta(days=20)
LONGEST_MUTE_DAYS = 90

APPROVE, REJECT, HIDE, RESTORE, REMOVE, WARN, MUTE = Action
PENDING, PUBLISHED, HIDDEN, REMOVED, WITHDRAWN = ContentState

#: What can be decided about something, by where it is. What was never on the page is rejected, not removed. What its
#: author took back may still be a threat to somebody.
POSSIBLE: dict[ContentState, frozenset[Action]] = {
    PENDING: frozenset({APPROVE, REJECT, HIDE, WARN, MUTE}),
    PUBLISHED: frozenset({APPROVE, HIDE, REMOVE, WARN, MUTE}),
    HIDDEN: frozenset({APPROVE, HIDE, RESTORE, REMOVE, WARN, MUTE}),
    REMOVED: frozenset(),
    WITHDRAWN: frozenset({APPROVE, WARN, MUTE}),
}
#: Nothing is wrong with it: no rule to name, nothing to appeal against.
FAVOURABLE = frozenset({APPROVE, RESTORE})
#: Nobody else reads it after that.
TAKES_AWAY = frozenset({REJECT, HIDE, REMOVE, MUTE})
#: It goes for good, unless an appeal brings it back.
REMOVES = frozenset({REJECT, REMOVE})
#: What a case that is decided already is not opened again for.
AFTERWARDS = frozenset({RESTORE, REMOVE})


class CannotDecideSo(Refused):
    """What is {state} cannot be decided about in this way: {action}."""


class NobodyToMute(Refused):
    """Only a resident can be muted, and nobody knows who wrote this."""


@dataclass(frozen=True)
class Verdict:
    """What somebody decides, by which rule and why, in plain words; to mute, for so many `days`."""

    action: Action
    reason: str
    rule: Category | None = None
    days: int | None = None

    @property
    def against(self) -> bool:
        """Whether something was wrong."""
        return self.action not in FAVOURABLE

    @property
    def takes_away(self) -> bool:
        """Whether nobody else reads it after that."""
        return self.action in TAKES_AWAY

    def check_whole(self) -> None:
        """Raises Invalid where something is missing, or too much."""
        if self.against and self.rule is None:
            raise Invalid("Say by which rule.", field="rule")
        if not self.against and self.rule is not None:
            raise Invalid("Nothing is wrong with it, so no rule is.", field="rule")
        if (self.action is MUTE) != (self.days is not None):
            raise Invalid("To mute takes a number of days, and nothing else does.", field="days")

    def check_possible(self, content: Content) -> None:
        """Raises CannotDecideSo or NobodyToMute."""
        if self.action not in POSSIBLE[content.state]:
            raise CannotDecideSo(state=content.state, action=self.action)
        if self.action is MUTE and content.author_id is None:
            raise NobodyToMute(field="action")


@dataclass(eq=False)
class Decision:
    """One decision. `text` is the content as it was, and is gone when nobody can appeal any more.

    `seconder_id` wanted to remove it first, whatever the other made of that; `mute_id` came with it."""

    id: UUID
    house_id: UUID
    case_id: UUID
    content_id: UUID
    kind: ContentKind
    author_id: UUID | None
    action: Action
    rule: Category | None
    reason: str | None
    decided_by: DecidedBy
    decider_id: UUID | None
    at: datetime
    opened_at: datetime
    seconder_id: UUID | None = None
    text: str | None = None
    was_pinned: bool = False
    appeal_until: datetime | None = None
    mute_id: UUID | None = None
    muted_until: datetime | None = None
    undone: bool = False
    version: int = 0

    @classmethod
    def make(
        cls, verdict: Verdict, content: Content, case: Case, by: Actor, now: datetime, time_zone: str
    ) -> Self:
        """With the content as it is before anything is done to it, for an appeal; nobody appeals who was forgotten."""
        appealed = verdict.against and not content.leaving
        return cls(
            new_id(),
            content.house_id,
            case.id,
            content.id,
            content.kind,
            content.author_id,
            verdict.action,
            verdict.rule,
            verdict.reason,
            decides_as(by),
            by.person,
            now,
            case.opened_at,
            seconder_id=case.removal_by if verdict.against and case.removal_by != by.person else None,
            text=content.text if appealed else None,
            was_pinned=content.pinned,
            appeal_until=deadline(now, APPEAL_WITHIN, time_zone) if appealed else None,
            muted_until=now + timedelta(days=verdict.days) if verdict.days else None,
        )

    def carry_out(self, content: Content, now: datetime) -> list[Event]:
        """What becomes of the content, unless its author took it back."""
        if content.state is WITHDRAWN:
            return []
        if self.removes:
            assert self.rule
            return [content.remove(self.rule, self.reason or "", self.decided_by, self.id)]
        if self.action in (HIDE, MUTE):
            assert self.rule
            return [] if content.state is HIDDEN else [content.hide(self.rule)]
        return [] if content.is_read else [content.approve(self.decided_by, self.id, now)]

    def told(self) -> CaseDecided:
        """What is said of it. What is approved without anybody having asked speaks for itself."""
        return CaseDecided(
            case_id=self.case_id,
            house_id=self.house_id,
            decision_id=self.id,
            content_id=self.content_id,
            kind=self.kind,
            author_id=self.author_id,
            action=self.action,
            rule=self.rule,
            reason=self.reason,
            decided_by=self.decided_by,
            appeal_until=self.appeal_until,
            muted_until=self.muted_until,
        )

    def undo(self, content: Content, now: datetime) -> list[Event]:
        """As if it had never been decided, as far as its author did not change that."""
        self.undone = True
        if content.state not in (HIDDEN, REMOVED) or self.action is WARN:
            return []
        back = [content.approve(self.decided_by, self.id, now)]
        return [*back, content.pin()] if self.was_pinned else back

    def undo_beside(self, content: Content) -> list[Event]:
        """While another decision still keeps it away: what this took for good can be brought back again."""
        self.undone = True
        if content.state is not REMOVED or not self.removes:
            return []
        assert self.rule
        return [content.hide(self.rule)]

    @property
    def removes(self) -> bool:
        """Whether the content goes for good by this."""
        return self.action in REMOVES

    def involves(self, somebody: Actor) -> bool:
        """Whether they had a say in it."""
        return somebody.person in (self.decider_id, self.seconder_id)
