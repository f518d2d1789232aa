"""Themes: what residents, staff and chain partners want to meet about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.states import CannotMove, StateMachine
from buurtthuis.core.work import new_id
from buurtthuis.events.surveys import (
    IntakeChannel,
    Origin,
    ThemeAdmitted,
    ThemeAnswered,
    ThemeConfirmed,
    ThemeCorrected,
    ThemeErased,
    ThemeHidden,
    ThemeMerged,
    ThemeParked,
    ThemeProposed,
    ThemeRealised,
    ThemeRejected,
    ThemeReopened,
    ThemeScheduled,
    ThemeSelected,
    ThemeShown,
    ThemeSource,
    ThemeSupported,
    ThemeSupportTakenBack,
    ThemeUnscheduled,
    ThemeWithdrawn,
)

from buurtthuis_surveys.domain.wall_clocks import day


class ThemeState(StrEnum):
    """Where a theme is on its way from idea to answer."""

    PROPOSED = "proposed"
    ADMITTED = "admitted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    SELECTED = "selected"
    PARKED = "parked"
    SCHEDULED = "scheduled"
    REALISED = "realised"
    ANSWERED = "answered"
    REOPENED = "reopened"


class ThemeCannotMove(CannotMove):
    """A theme that is {state} cannot become {to}."""


MOVES = StateMachine(
    {
        ThemeState.PROPOSED: {
            ThemeState.ADMITTED,
            ThemeState.REJECTED,
            ThemeState.WITHDRAWN,
            ThemeState.MERGED,
        },
        ThemeState.ADMITTED: {ThemeState.MERGED, ThemeState.SELECTED, ThemeState.PARKED},
        ThemeState.REJECTED: {ThemeState.ADMITTED},
        ThemeState.PARKED: {ThemeState.ADMITTED, ThemeState.ANSWERED},
        ThemeState.SELECTED: {ThemeState.SCHEDULED},
        ThemeState.SCHEDULED: {ThemeState.REALISED, ThemeState.SELECTED},
        ThemeState.REALISED: {ThemeState.ANSWERED, ThemeState.SELECTED, ThemeState.REOPENED},
        ThemeState.ANSWERED: {ThemeState.REOPENED},
        ThemeState.REOPENED: {ThemeState.ANSWERED, ThemeState.SELECTED, ThemeState.PARKED},
    },
    ThemeCannotMove,
)

#: Where there is something left to wish for.
SUPPORTABLE = frozenset({ThemeState.ADMITTED, ThemeState.PARKED, ThemeState.SELECTED, ThemeState.SCHEDULED})
#: Nothing is called by it yet.
CORRECTABLE = frozenset({ThemeState.PROPOSED, ThemeState.ADMITTED, ThemeState.PARKED})
#: Something came of it, so that it may be solved.
CLOSED = frozenset({ThemeState.REALISED, ThemeState.ANSWERED})
#: A theme that went nowhere itself takes no other along.
DEAD_ENDS = frozenset({ThemeState.MERGED, ThemeState.REJECTED, ThemeState.WITHDRAWN})
#: Staff who type in what somebody said or wrote bring in that resident's idea, not their own.
ON_BEHALF_OF_A_RESIDENT = frozenset(
    {IntakeChannel.PAPER, IntakeChannel.DOOR, IntakeChannel.PHONE, IntakeChannel.SESSION}
)


class NotYourTheme(Refused):
    """Only whoever brought a theme in, or a colleague at the same organisation, can do that."""

    kind = Refusal.FORBIDDEN


class TooLateToCorrect(Refused):
    """What staff typed in can be put right on the day that it was typed in, as long as nothing came of it yet; this idea cannot."""


class CannotMergeInto(Refused):
    """Nothing can be merged into a theme that is {state}; take the one that it became part of, or another."""


class MergeIntoItself(Refused):
    """A theme cannot be merged into itself."""

    kind = Refusal.INVALID


class OtherHouse(Refused):
    """Only themes of the same house can be merged."""

    kind = Refusal.INVALID


class NotOnTheList(Refused):
    """Only a theme that is on the list, or about to happen, can be supported; this one is {state}."""


class SupportedAlready(Refused):
    """You support this theme already."""


class NotSupported(Refused):
    """You do not support this theme."""


@dataclass(eq=False)
class Support:
    """One resident is for one theme."""

    theme_id: UUID
    resident_id: UUID


@dataclass(frozen=True)
class Proposer:
    """Somebody who brings ideas in, for themselves or for the organisation that they work for; or who reads them."""

    actor: Actor
    organisation: str | None = None

    @property
    def sees_all(self) -> bool:
        """Whether they look after the ideas of others."""
        return self.actor.kind in (ActorKind.STAFF, ActorKind.GUIDE)


@dataclass(eq=False)
class Theme:
    """One idea, from the first words to the corporation's answer."""

    id: UUID
    house_id: UUID
    title: str | None
    origin: Origin
    captured_via: IntakeChannel
    proposed_by: UUID | None
    entered_by: UUID | None
    proposed_at: datetime
    source: ThemeSource = ThemeSource.NONE
    source_id: UUID | None = None
    state: ThemeState = ThemeState.PROPOSED
    #: Whether it ever was on the list that all can see.
    listed: bool = False
    #: Whether moderators took it out of sight.
    hidden: bool = False
    merged_into: UUID | None = None
    reason: str | None = None
    reply: str | None = None
    session_id: UUID | None = None
    organisation: str | None = None
    #: When whoever brought it in is to be asked whether it is solved.
    ask_at: datetime | None = None
    reopened_at: datetime | None = None
    version: int = 0
    supports: list[Support] = field(default_factory=list)

    @classmethod
    def propose(
        cls,
        house: UUID,
        title: str,
        origin: Origin,
        captured_via: IntakeChannel = IntakeChannel.WEB,
        *,
        now: datetime,
        proposed_by: UUID | None = None,
        entered_by: UUID | None = None,
        source: ThemeSource = ThemeSource.NONE,
        source_id: UUID | None = None,
        organisation: str | None = None,
    ) -> tuple[Self, ThemeProposed]:
        """Bring in a theme; `entered_by` typed it in for somebody else, `source_id` is what it came out of."""
        theme = cls(
            new_id(), house, title, origin, captured_via, proposed_by, entered_by, now, source, source_id
        )
        theme.organisation = organisation
        return theme, ThemeProposed(
            theme_id=theme.id,
            house_id=house,
            title=title,
            origin=origin,
            captured_via=captured_via,
            source=source,
            source_id=source_id,
            organisation=organisation,
            author_id=proposed_by if origin is Origin.RESIDENT else None,
        )

    @property
    def awaits_a_session(self) -> bool:
        """Whether it was chosen and has no session yet."""
        return self.state is ThemeState.SELECTED

    def admit(self) -> ThemeAdmitted:
        """Put it on the list that residents choose from, or back on it from where it was parked."""
        if self.state is ThemeState.REJECTED:
            raise ThemeCannotMove(state=self.state, to=ThemeState.ADMITTED)
        return self._admit()

    def _admit(self) -> ThemeAdmitted:
        MOVES.move(self, ThemeState.ADMITTED)
        self.listed = True
        return ThemeAdmitted(theme_id=self.id, house_id=self.house_id, title=self.title, origin=self.origin)

    def correct(
        self, title: str, captured_via: IntakeChannel, now: datetime, zone: ZoneInfo
    ) -> ThemeCorrected:
        """It was typed in wrongly: it reads as it was written, or said. Raises TooLateToCorrect."""
        same_day = day(now, zone) == day(self.proposed_at, zone)
        typed_in = self.entered_by is not None and self.title is not None and not self.hidden
        if not (typed_in and same_day and self.state in CORRECTABLE):
            raise TooLateToCorrect
        self.captured_via, self.origin = captured_via, staff_origin(captured_via, self.source)
        return self._put_right(title)

    def reword(self, title: str, by: Proposer) -> ThemeCorrected:
        """Whoever brought it in, or a colleague, writes it anew before anybody else reads it."""
        self._check_theirs(by)
        if self.hidden or self.state is not ThemeState.PROPOSED:
            raise ThemeCannotMove(state="hidden" if self.hidden else self.state, to="reworded")
        return self._put_right(title)

    def _put_right(self, title: str) -> ThemeCorrected:
        self.title = title
        return ThemeCorrected(
            theme_id=self.id,
            house_id=self.house_id,
            title=title,
            origin=self.origin,
            captured_via=self.captured_via,
        )

    def _check_theirs(self, by: Proposer) -> None:
        """Raises NotYourTheme, also for whoever brought it in for an organisation that they do not work for any more."""
        theirs = (
            by.organisation == self.organisation if self.organisation else by.actor.person == self.proposed_by
        )
        if not theirs:
            raise NotYourTheme

    def reject(self, reason: str, decision: UUID | None = None) -> ThemeRejected:
        """Keep it off the list, and say why; by a decision of moderators, or by staff's own."""
        MOVES.move(self, ThemeState.REJECTED)
        self.reason = reason
        return ThemeRejected(theme_id=self.id, house_id=self.house_id, reason=reason, decision_id=decision)

    def admit_after_all(self) -> ThemeAdmitted:
        """Whoever rejected it was wrong: an appeal against that was upheld."""
        if self.state is not ThemeState.REJECTED:
            raise ThemeCannotMove(state=self.state, to=ThemeState.ADMITTED)
        self.reason = None
        return self._admit()

    def hide(self) -> ThemeHidden:
        """Moderators take it out of sight."""
        self.hidden = True
        return ThemeHidden(theme_id=self.id, house_id=self.house_id)

    def show(self) -> ThemeShown:
        """Moderators bring it back."""
        self.hidden = False
        return ThemeShown(theme_id=self.id, house_id=self.house_id, title=self.title)

    def withdraw(self, by: Proposer) -> ThemeWithdrawn:
        """Its proposer takes it back, or a colleague of theirs."""
        self._check_theirs(by)
        MOVES.move(self, ThemeState.WITHDRAWN)
        return ThemeWithdrawn(theme_id=self.id, house_id=self.house_id)

    def merge(self, into: "Theme") -> ThemeMerged:
        """It says the same as another theme: keep the trace to that one, and bring it the support."""
        if into is self:
            raise MergeIntoItself(field="into")
        if into.house_id != self.house_id:
            raise OtherHouse(field="into")
        if into.state in DEAD_ENDS or (self.listed and not into.listed):
            raise CannotMergeInto(state=into.state, field="into")
        MOVES.move(self, ThemeState.MERGED)
        self.merged_into = into.id
        into._take_over(self.supports)
        self.supports.clear()
        return ThemeMerged(theme_id=self.id, house_id=self.house_id, into=into.id)

    def support(self, resident: UUID) -> ThemeSupported:
        """One resident is for it; raises SupportedAlready the second time."""
        if self.state not in SUPPORTABLE:
            raise NotOnTheList(state=self.state)
        if self._support_of(resident):
            raise SupportedAlready
        self.supports.append(Support(self.id, resident))
        return ThemeSupported(theme_id=self.id, house_id=self.house_id, supporters=len(self.supports))

    def take_back_support(self, resident: UUID) -> ThemeSupportTakenBack:
        """One resident thinks better of it; raises NotSupported where there is nothing to take back."""
        support = self._support_of(resident)
        if support is None:
            raise NotSupported
        self.supports.remove(support)
        return ThemeSupportTakenBack(theme_id=self.id, house_id=self.house_id, supporters=len(self.supports))

    def claim(self, resident: UUID) -> None:
        """Whoever wrote it on paper is its proposer, from now on."""
        self.proposed_by = resident

    def belong_to_nobody(self) -> None:
        """It was said by mistake who wrote it."""
        self.proposed_by = None

    @property
    def is_erased(self) -> bool:
        """Whether its words were taken back with whoever wrote it."""
        return self.title is None

    def erase(self) -> ThemeErased:
        """Whoever proposed it asked to be forgotten: it has no words any more, and counts as it did."""
        self.proposed_by = self.title = self.reason = self.reply = None
        return ThemeErased(theme_id=self.id, house_id=self.house_id)

    def select(self) -> ThemeSelected:
        """Choose it to meet about."""
        if self.state is ThemeState.SCHEDULED:
            raise ThemeCannotMove(state=self.state, to=ThemeState.SELECTED)
        MOVES.move(self, ThemeState.SELECTED)
        return ThemeSelected(theme_id=self.id, house_id=self.house_id, title=self.title)

    def park(self) -> ThemeParked:
        """Not now."""
        MOVES.move(self, ThemeState.PARKED)
        return ThemeParked(theme_id=self.id, house_id=self.house_id)

    def schedule(self, session: UUID) -> ThemeScheduled:
        """There is a time and a place to meet about it."""
        MOVES.move(self, ThemeState.SCHEDULED)
        self.session_id = session
        return ThemeScheduled(theme_id=self.id, house_id=self.house_id, session_id=session)

    def unschedule(self) -> ThemeUnscheduled:
        """Its session is off, or was not held after all; it waits for another."""
        session = self.session_id
        MOVES.move(self, ThemeState.SELECTED)
        assert session
        self.session_id = None
        return ThemeUnscheduled(theme_id=self.id, house_id=self.house_id, session_id=session)

    def realise(self, session: UUID) -> ThemeRealised:
        """People met about it."""
        MOVES.move(self, ThemeState.REALISED)
        self.session_id = session
        return ThemeRealised(theme_id=self.id, house_id=self.house_id, session_id=session)

    def answer(self, reply: str) -> ThemeAnswered:
        """Tell the proposer what became of it, or why it waits."""
        MOVES.move(self, ThemeState.ANSWERED)
        self.reply = reply
        return ThemeAnswered(theme_id=self.id, house_id=self.house_id, reply=reply)

    def ask_whether_solved(self, at: datetime) -> None:
        """Then, if it is still closed by then: people have to see first what came of it."""
        self.ask_at = at

    @property
    def may_be_solved(self) -> bool:
        """Whether something came of it that its proposers can judge, and that they may be reminded of."""
        return self.state in CLOSED and not self.hidden and not self.is_erased

    def confirm(self) -> ThemeConfirmed:
        """Somebody who brought it in says that it is solved."""
        return ThemeConfirmed(theme_id=self.id, house_id=self.house_id)

    def object(self, now: datetime) -> ThemeReopened | None:
        """Somebody who brought it in says that it is not: it is with staff again, once. What comes later is only noted."""
        if self.reopened_at or not self.may_be_solved:
            return None
        MOVES.move(self, ThemeState.REOPENED)
        self.reopened_at, self.ask_at = now, None
        return ThemeReopened(theme_id=self.id, house_id=self.house_id)

    def _support_of(self, resident: UUID) -> Support | None:
        return next((support for support in self.supports if support.resident_id == resident), None)

    def _take_over(self, supports: Sequence[Support]) -> None:
        """Whoever is for both counts once."""
        already = {support.resident_id for support in self.supports}
        self.supports += [
            Support(self.id, support.resident_id)
            for support in supports
            if support.resident_id not in already
        ]


def staff_origin(captured_via: IntakeChannel, source: ThemeSource = ThemeSource.NONE) -> Origin:
    """Whose idea it is when staff bring it in: what came out of a survey, a campaign or a session, residents said."""
    by_a_resident = captured_via in ON_BEHALF_OF_A_RESIDENT or source is not ThemeSource.NONE
    return Origin.RESIDENT if by_a_resident else Origin.CORPORATION
