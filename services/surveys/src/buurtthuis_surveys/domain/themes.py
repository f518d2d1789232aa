"""Themes: what residents, staff and chain partners want to meet about."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from buurtthuis.errors import Refused
from buurtthuis.events.surveys import (
    Channel,
    Origin,
    ThemeAdmitted,
    ThemeAnswered,
    ThemeParked,
    ThemeProposed,
    ThemeRealised,
    ThemeRejected,
    ThemeScheduled,
    ThemeSelected,
    ThemeWithdrawn,
)
from buurtthuis.work import new_id


class ThemeState(StrEnum):
    """Where a theme is on its way from idea to answer."""

    PROPOSED = "proposed"
    ADMITTED = "admitted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SELECTED = "selected"
    PARKED = "parked"
    SCHEDULED = "scheduled"
    REALISED = "realised"
    ANSWERED = "answered"


MOVES: dict[ThemeState, frozenset[ThemeState]] = {
    ThemeState.PROPOSED: frozenset({ThemeState.ADMITTED, ThemeState.REJECTED, ThemeState.WITHDRAWN}),
    ThemeState.ADMITTED: frozenset({ThemeState.SELECTED, ThemeState.PARKED}),
    ThemeState.SELECTED: frozenset({ThemeState.SCHEDULED}),
    ThemeState.SCHEDULED: frozenset({ThemeState.REALISED}),
    ThemeState.REALISED: frozenset({ThemeState.ANSWERED}),
}

#: Staff who type in what somebody said or wrote bring in that resident's idea, not their own.
ON_BEHALF_OF_A_RESIDENT = frozenset({Channel.PAPER, Channel.DOOR, Channel.PHONE, Channel.SESSION})


class ThemeCannotMove(Refused):
    """A theme that is {state} cannot become {to}."""


class NotYourTheme(Refused):
    """Only whoever proposed a theme can withdraw it."""

    status = 403


@dataclass(eq=False)
class Theme:
    """One idea, from the first words to the corporation's answer."""

    id: UUID
    house_id: UUID
    title: str
    origin: Origin
    captured_via: Channel
    proposed_by: UUID | None
    entered_by: UUID | None
    state: ThemeState = ThemeState.PROPOSED
    reason: str | None = None
    reply: str | None = None
    session_id: UUID | None = None
    version: int = 0

    @classmethod
    def propose(
        cls,
        house: UUID,
        title: str,
        origin: Origin,
        captured_via: Channel = Channel.WEB,
        *,
        proposed_by: UUID | None = None,
        entered_by: UUID | None = None,
    ) -> tuple[Self, ThemeProposed]:
        """Bring in a theme; `entered_by` typed it in for somebody else."""
        theme = cls(new_id(), house, title, origin, captured_via, proposed_by, entered_by)
        return theme, ThemeProposed(
            theme_id=theme.id, house_id=house, title=title, origin=origin, captured_via=captured_via
        )

    @property
    def awaits_a_session(self) -> bool:
        """Whether it was chosen and has no session yet."""
        return self.state is ThemeState.SELECTED

    def admit(self) -> ThemeAdmitted:
        """Put it on the list that residents choose from."""
        self._move(ThemeState.ADMITTED)
        return ThemeAdmitted(theme_id=self.id, house_id=self.house_id, title=self.title, origin=self.origin)

    def reject(self, reason: str) -> ThemeRejected:
        """Keep it off the list, and say why."""
        self._move(ThemeState.REJECTED)
        self.reason = reason
        return ThemeRejected(theme_id=self.id, house_id=self.house_id, reason=reason)

    def withdraw(self, by: UUID) -> ThemeWithdrawn:
        """Its proposer takes it back."""
        if by != self.proposed_by:
            raise NotYourTheme
        self._move(ThemeState.WITHDRAWN)
        return ThemeWithdrawn(theme_id=self.id, house_id=self.house_id)

    def select(self) -> ThemeSelected:
        """Choose it to meet about."""
        self._move(ThemeState.SELECTED)
        return ThemeSelected(theme_id=self.id, house_id=self.house_id, title=self.title)

    def park(self) -> ThemeParked:
        """Not now."""
        self._move(ThemeState.PARKED)
        return ThemeParked(theme_id=self.id, house_id=self.house_id)

    def schedule(self, session: UUID) -> ThemeScheduled:
        """There is a time and a place to meet about it."""
        self._move(ThemeState.SCHEDULED)
        self.session_id = session
        return ThemeScheduled(theme_id=self.id, house_id=self.house_id, session_id=session)

    def realise(self, session: UUID) -> ThemeRealised:
        """People met about it."""
        self._move(ThemeState.REALISED)
        self.session_id = session
        return ThemeRealised(theme_id=self.id, house_id=self.house_id, session_id=session)

    def answer(self, reply: str) -> ThemeAnswered:
        """Tell the proposer what became of it."""
        self._move(ThemeState.ANSWERED)
        self.reply = reply
        return ThemeAnswered(theme_id=self.id, house_id=self.house_id, reply=reply)

    def _move(self, to: ThemeState) -> None:
        if to not in MOVES.get(self.state, frozenset()):
            raise ThemeCannotMove(state=self.state, to=to)
        self.state = to


def staff_origin(captured_via: Channel) -> Origin:
    """Whose idea it is when staff bring it in."""
    return Origin.RESIDENT if captured_via in ON_BEHALF_OF_A_RESIDENT else Origin.CORPORATION
