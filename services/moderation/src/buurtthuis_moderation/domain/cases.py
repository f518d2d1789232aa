"""Something that was written, before moderators: why, who reported it, who does not handle it, and what is proposed.

There is one case for everything that was written. What is new about it opens it again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID, uuid5

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.states import CannotMove, StateMachine
from buurtthuis.events.moderation import (
    CaseBecameUrgent,
    CaseClosed,
    CaseEscalated,
    CaseGivenBack,
    CaseOpened,
    CaseTaken,
    Category,
    ContentKind,
    ContentReported,
    EscalationReason,
    ModeratorRecused,
    RecusalReason,
    RemovalProposed,
    TextKept,
)

from buurtthuis_moderation.domain.contents import Content


class Why(StrEnum):
    """What brought something before moderators."""

    SUBMITTED = "submitted"
    REPORTED = "reported"
    CHECKED = "checked"
    PROPOSED = "proposed"


class CaseState(StrEnum):
    """Whether anybody has to look at it."""

    NEW = "new"
    OPEN = "open"
    DECIDED = "decided"
    CLOSED = "closed"


NEW, OPEN, DECIDED, CLOSED = CaseState


class CaseCannotMove(CannotMove):
    """A case that is {state} cannot become {to}."""


#: What is decided may be opened again by what is new, or decided further; what is closed, by what is new.
MOVES = StateMachine(
    {
        NEW: {OPEN},
        OPEN: {DECIDED, CLOSED},
        DECIDED: {OPEN, DECIDED, CLOSED},
        CLOSED: {OPEN},
    },
    CaseCannotMove,
)


#: So often a day what one neighbour says of their safety hides something before anybody has looked,
HIDES_A_DAY, A_DAY = 2, timedelta(days=1)
#: and no more after so many times that it was not so.
WRONG_ALARMS = 2


class ReportState(StrEnum):
    """What became of a report."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"
    IGNORED = "ignored"


#: What was found right may turn out to be wrong, by an appeal.
REPORT_MOVES = StateMachine(
    {
        ReportState.OPEN: {ReportState.UPHELD, ReportState.REJECTED, ReportState.IGNORED},
        ReportState.UPHELD: {ReportState.REJECTED},
    }
)


class CaseNotOpen(Refused):
    """Nobody has to look at this case: it is {state}."""


class CaseTakenByAnother(Refused):
    """Somebody else looks at this case. Take it over first, if they cannot."""


class CaseNotYours(Refused):
    """You did not take this case."""


class ReportedAlready(Refused):
    """You have reported this already; somebody looks at it."""


class OwnContent(Refused):
    """You wrote this yourself. You can take it back."""


class TooManyReports(Refused):
    """Much of what you reported waits for somebody to look at it. Please wait for that first."""

    kind = Refusal.TOO_OFTEN


class ConflictOfInterest(Refused):
    """You do not handle this yourself, since {why}. Somebody else will."""

    kind = Refusal.FORBIDDEN


class SecondPersonNeeded(Refused):
    """You proposed to remove this. That takes two people: somebody else has to want it too."""


class NoSafetyCase(Refused):
    """Only the text of an open case about safety can be kept for somebody who asks to be forgotten."""


WORDS: dict[RecusalReason, str] = {
    RecusalReason.OWN_CONTENT: "you wrote it",
    RecusalReason.OWN_REPORT: "you reported it",
    RecusalReason.OWN_DECISION: "you decided it",
    RecusalReason.OWN_WISH: "you would rather not",
}


@dataclass(eq=False)
class Report:
    """What somebody says is wrong with it; nobody but those who look after the page reads their words."""

    case_id: UUID
    number: int
    house_id: UUID
    reporter_id: UUID | None
    category: Category
    words: str | None
    urgent: bool
    at: datetime
    state: ReportState = ReportState.OPEN
    #: Whether nobody else read it any more by this.
    hid: bool = False


@dataclass(eq=False)
class Recusal:
    """Somebody who does not handle it."""

    case_id: UUID
    number: int
    house_id: UUID
    person_id: UUID | None
    reason: RecusalReason
    at: datetime


@dataclass(eq=False)
class Case:
    """The one case about something that was written; its id follows from the content's.

    `removal_by` wants to remove it and waits for a second person. `cleared` says that moderators found nothing wrong
    with it as it reads now. `ground` is why its text stays, even where its author asks to be forgotten."""

    id: UUID
    house_id: UUID
    content_id: UUID
    kind: ContentKind
    opened_at: datetime
    why: tuple[Why, ...] = ()
    urgent: bool = False
    state: CaseState = NEW
    assignee_id: UUID | None = None
    escalated: EscalationReason | None = None
    removal_by: UUID | None = None
    cleared: bool = False
    ground: str | None = None
    version: int = 0
    reports: list[Report] = field(default_factory=list)
    recusals: list[Recusal] = field(default_factory=list)

    @classmethod
    def about(cls, content: Content, now: datetime) -> Self:
        """The same each time."""
        return cls(case_id(content.id), content.house_id, content.id, content.kind, now)

    # How it comes about

    def raise_for(self, why: Why, now: datetime) -> list[CaseOpened]:
        """Something is new: whoever has it before them sees why, and what was decided is looked at again."""
        self.why = tuple(dict.fromkeys((*self.why, why)))
        if why is not Why.REPORTED:
            self.cleared = False
        return [] if self.state is OPEN else self._open(now)

    def _open(self, now: datetime) -> list[CaseOpened]:
        MOVES.move(self, OPEN)
        self.opened_at, self.assignee_id, self.escalated = now, None, None
        return [
            CaseOpened(
                case_id=self.id,
                house_id=self.house_id,
                content_id=self.content_id,
                kind=self.kind,
                urgent=self.urgent,
            )
        ]

    def report(
        self,
        by: Actor,
        category: Category,
        words: str | None,
        now: datetime,
        *,
        urgent: bool,
        hid: bool = False,
    ) -> ContentReported:
        """Each says it once. However many say so, people decide, and nobody does who has not read it."""
        if _are_by(by, self.open_reports):
            raise ReportedAlready
        number = len(self.reports) + 1
        self.version += 1
        report = Report(self.id, number, self.house_id, by.person, category, words, urgent, now, hid=hid)
        self.reports.append(report)
        return ContentReported(
            content_id=self.content_id, house_id=self.house_id, kind=self.kind, category=category
        )

    def become_urgent(self) -> list[CaseBecameUrgent]:
        """People may not be safe; said once for as long as it is open."""
        if self.urgent:
            return []
        self.urgent = True
        return [
            CaseBecameUrgent(
                case_id=self.id, house_id=self.house_id, content_id=self.content_id, kind=self.kind
            )
        ]

    def reads_otherwise(self) -> None:
        """Its author changed it: whoever read it before does not decide what they have not seen."""
        self.cleared = False
        self.version += 1

    @property
    def open_reports(self) -> list[Report]:
        """Those about which nothing is decided."""
        return [report for report in self.reports if report.state is ReportState.OPEN]

    @property
    def _reports_at_stake(self) -> list[Report]:
        """Those that a decision now is about; once it is decided, those that it was decided for."""
        return self.open_reports if self.state is OPEN else self.reports

    # Who handles it

    def conflict(self, content: Content, by: Actor) -> RecusalReason | None:
        """Why somebody does not handle it, if so. Staff speak with one voice, and write with one."""
        if content.is_by(by):
            return RecusalReason.OWN_CONTENT
        if _are_by(by, self._reports_at_stake):
            return RecusalReason.OWN_REPORT
        return RecusalReason.OWN_WISH if self.would_rather_not(by) else None

    def would_rather_not(self, by: Actor) -> bool:
        """Whether somebody asked to be kept off it."""
        return self._is_recused(by, RecusalReason.OWN_WISH)

    def is_reported_by(self, by: Actor) -> bool:
        """Whether somebody ever said that something is wrong with it."""
        return _are_by(by, self.reports)

    def recuse(self, by: Actor, reason: RecusalReason, now: datetime) -> list[ModeratorRecused]:
        """They do not handle it, and that is kept; once is enough."""
        if self.assignee_id == by.person:
            self.assignee_id = None
        if self._is_recused(by, reason):
            return []
        number = len(self.recusals) + 1
        self.recusals.append(Recusal(self.id, number, self.house_id, by.person, reason, now))
        return [ModeratorRecused(case_id=self.id, house_id=self.house_id, reason=reason)]

    def is_free(self, content: Content, moderator: UUID) -> bool:
        """Whether a moderator could still decide it as it is now."""
        return self.removal_by != moderator and self.conflict(content, Actor.of_resident(moderator)) is None

    def escalate(self, reason: EscalationReason) -> list[CaseEscalated]:
        """The guide looks at it too; said once for as long as it is open."""
        if self.state is not OPEN or self.escalated:
            return []
        self.escalated = reason
        return [CaseEscalated(case_id=self.id, house_id=self.house_id, reason=reason)]

    def take(self, by: Actor) -> CaseTaken:
        """They look at it; from whoever did before, too."""
        self.check_open()
        self.assignee_id = by.person
        return CaseTaken(case_id=self.id, house_id=self.house_id)

    def give_back(self, by: Actor) -> CaseGivenBack:
        """Somebody else may look."""
        if self.assignee_id != by.person:
            raise CaseNotYours
        self.assignee_id = None
        return CaseGivenBack(case_id=self.id, house_id=self.house_id)

    def lose(self, holder: UUID) -> list[CaseGivenBack]:
        """They look after the page no longer, or cannot for a while: what they had taken is anybody's again."""
        if self.assignee_id != holder:
            return []
        self.assignee_id = None
        return [taken_from_them(self.id, self.house_id)]

    def check_decidable(self, by: Actor, *, again: bool) -> None:
        """Raises CaseTakenByAnother, or CaseNotOpen; what is decided can be decided `again`."""
        if self.assignee_id not in (None, by.person):
            raise CaseTakenByAnother
        if not (again and self.state is DECIDED):
            self.check_open()

    def check_open(self) -> None:
        """Raises CaseNotOpen."""
        if self.state is not OPEN:
            raise CaseNotOpen(state=self.state)

    # How it ends

    def propose_removal(self, by: Actor, rule: Category, now: datetime) -> list[RemovalProposed | CaseOpened]:
        """Somebody else has to want it too, and look at it for that."""
        if self.removal_by == by.person:
            raise SecondPersonNeeded
        opened = [] if self.state is OPEN else self._open(now)
        self.removal_by, self.assignee_id = by.person, None
        return [RemovalProposed(case_id=self.id, house_id=self.house_id, rule=rule), *opened]

    def decide(self, *, against: bool) -> None:
        """What was reported is right, or not."""
        MOVES.move(self, DECIDED)
        self._settle(ReportState.UPHELD if against else ReportState.REJECTED)
        self.cleared = not against
        self._rest()

    def clear(self) -> None:
        """The decision about it was wrong."""
        self.cleared = True
        for report in self.reports:
            if report.state is ReportState.UPHELD:
                REPORT_MOVES.move(report, ReportState.REJECTED)

    def close(self) -> list[CaseClosed]:
        """Whoever wrote it, or keeps it, took it back: there is nothing to decide."""
        if self.state is not OPEN:
            return []
        MOVES.move(self, CLOSED)
        self._settle(ReportState.IGNORED)
        self._rest()
        return [CaseClosed(case_id=self.id, house_id=self.house_id)]

    def keep_text(self, ground: str) -> TextKept:
        """Somebody may not be safe, and the text shows why: it stays until the case is decided."""
        if self.state is not OPEN or not self.about_safety:
            raise NoSafetyCase
        self.ground = ground
        return TextKept(case_id=self.id, house_id=self.house_id)

    @property
    def about_safety(self) -> bool:
        """Whether somebody says that people are not safe, and nothing is decided about that."""
        return any(report.category is Category.UNSAFE for report in self.open_reports)

    @property
    def keeps_text(self) -> bool:
        """Whether its text stays for now, whoever asks to be forgotten."""
        return self.state is OPEN and self.ground is not None

    def _is_recused(self, by: Actor, reason: RecusalReason) -> bool:
        return any((recusal.person_id, recusal.reason) == (by.person, reason) for recusal in self.recusals)

    def _rest(self) -> None:
        self.urgent, self.removal_by, self.assignee_id, self.ground = False, None, None, None

    def _settle(self, state: ReportState) -> None:
        for report in self.open_reports:
            REPORT_MOVES.move(report, state)


def hides_at_once(urgent: Iterable[tuple[datetime, ReportState, bool]], now: datetime) -> bool:
    """Whether one more urgent report of a neighbour hides something, after theirs before: when, what became of it, and
    whether it hid anything."""
    before = list(urgent)
    wrong = sum(state is ReportState.REJECTED for _, state, _ in before)
    return wrong < WRONG_ALARMS and sum(hid and now - at < A_DAY for at, _, hid in before) < HIDES_A_DAY


def _are_by(by: Actor, reports: Iterable[Report]) -> bool:
    return any(report.reporter_id == by.person for report in reports)


def taken_from_them(case: UUID, house: UUID) -> CaseGivenBack:
    """What is said where whoever had a case cannot handle it any more."""
    return CaseGivenBack(case_id=case, house_id=house, by_choice=False)


def case_id(content: UUID) -> UUID:
    """The case about a content."""
    return uuid5(content, "case")
