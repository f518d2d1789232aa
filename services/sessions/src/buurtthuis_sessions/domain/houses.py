"""Experiments, each at one complex: easy to start and easy to end."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.states import CannotMove, StateMachine
from buurtthuis.core.work import new_id
from buurtthuis.domain.deadlines import deadline
from buurtthuis.events.sessions import (
    Because,
    HouseAnonymised,
    HouseChanged,
    HouseEndAnnounced,
    HouseEnded,
    HouseEndTakenBack,
    HouseEvaluating,
    HouseOpened,
    HousePaused,
    HousePrepared,
    HouseProposed,
    HouseResumed,
    Joining,
    Outcome,
)

from buurtthuis_sessions.domain.reasons import Why
from buurtthuis_sessions.domain.wall_clocks import shown


class HouseState(StrEnum):
    """Where an experiment is, and how it ended."""

    PROPOSED = "proposed"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"
    EVALUATING = "evaluating"
    CONTINUED = "continued"
    HANDED_OVER = "handed_over"
    STOPPED = "stopped"
    ANONYMISED = "anonymised"


#: So long an end can be taken back, from when people can have read that it was announced.
TO_TAKE_BACK = timedelta(days=1)
OUTCOMES = frozenset(HouseState(outcome) for outcome in Outcome)


class HouseCannotMove(CannotMove):
    """A house that is {state} cannot become {to}."""


MOVES = StateMachine(
    {
        HouseState.PROPOSED: OUTCOMES | {HouseState.PREPARING},
        HouseState.PREPARING: OUTCOMES | {HouseState.RUNNING},
        HouseState.RUNNING: OUTCOMES | {HouseState.PAUSED, HouseState.EVALUATING},
        HouseState.PAUSED: OUTCOMES | {HouseState.RUNNING},
        HouseState.EVALUATING: OUTCOMES | {HouseState.RUNNING},
        HouseState.CONTINUED: {HouseState.HANDED_OVER, HouseState.STOPPED, HouseState.ANONYMISED},
        HouseState.HANDED_OVER: {HouseState.ANONYMISED},
        HouseState.STOPPED: {HouseState.ANONYMISED},
    },
    HouseCannotMove,
)
#: Residents see nothing of a house in one of these.
HIDDEN = frozenset({HouseState.PROPOSED, HouseState.PREPARING})
#: Nor does anybody else; and once its data is gone nothing is told of it to whoever does not sign in.
NOT_PUBLIC = HIDDEN | {HouseState.ANONYMISED}
PLANNABLE = frozenset({HouseState.PREPARING, HouseState.RUNNING, HouseState.EVALUATING})
OVER = OUTCOMES | {HouseState.ANONYMISED}
#: What the end of a house brings along.
ENDED = {
    Outcome.CONTINUED: Because.HOUSE_CONTINUED,
    Outcome.HANDED_OVER: Because.HOUSE_HANDED_OVER,
    Outcome.STOPPED: Because.HOUSE_STOPPED,
}


class HouseNotOpen(Refused):
    """There is no house with this id that is open."""

    kind = Refusal.NOT_FOUND


class HouseTakesNoPlans(Refused):
    """Nothing new is planned in a house that is {state}."""


class NoEndToTakeBack(Refused):
    """This house is {state}, and nobody announced an end of it that has still to take effect. What has taken effect stays."""


class HouseIsOver(Refused):
    """This house has ended; it stays as it was."""


@dataclass(frozen=True)
class About:
    """What a house is, and how it is run: after `gap_limit_days` without a session its continuity is broken.

    `bag_id` is its building in the BAG, `vera_id` that in the corporation's own administration."""

    title: str
    town: str
    dwellings: int
    label: str | None = None
    ends_on: date | None = None
    gap_limit_days: int = 21
    bag_id: str | None = None
    vera_id: str | None = None


@dataclass(frozen=True)
class AnnouncedEnd:
    """An end that staff announced, and can take back until it takes effect."""

    outcome: Outcome
    reason: str
    takes_effect_at: datetime


@dataclass(eq=False)
class House:
    """One experiment at one complex. `retention_days` after its end its personal data goes.

    `removed` says how much of what that was, once it is gone."""

    id: UUID
    title: str
    town: str
    dwellings: int
    label: str | None
    ends_on: date | None
    gap_limit_days: int = 21
    retention_days: int = 90
    state: HouseState = HouseState.RUNNING
    reason: str | None = None
    outcome: Outcome | None = None
    ended_on: date | None = None
    anonymise_on: date | None = None
    removed: Mapping[str, int] | None = None
    announced_end: AnnouncedEnd | None = None
    joining: Joining = Joining.OPEN
    #: Of the code with which guests register here.
    guest_digest: bytes | None = None
    bag_id: str | None = None
    vera_id: str | None = None
    version: int = 0

    @property
    def house_id(self) -> UUID:
        """By which it is known whether somebody's rights reach it."""
        return self.id

    # How it comes to be

    @classmethod
    def open(
        cls, about: About, retention_days: int = 90, joining: Joining = Joining.OPEN
    ) -> tuple[Self, HouseOpened]:
        """Start an experiment."""
        house = cls._of(about, retention_days, HouseState.RUNNING)
        house.joining = joining
        return house, house._opened()

    @classmethod
    def propose(cls, about: About, retention_days: int = 90) -> tuple[Self, HouseProposed]:
        """Somebody would like one; staff decide."""
        house = cls._of(about, retention_days, HouseState.PROPOSED)
        return house, HouseProposed(
            house_id=house.id, title=about.title, town=about.town, dwellings=about.dwellings
        )

    def prepare(self) -> HousePrepared:
        """Staff take the proposal on."""
        MOVES.move(self, HouseState.PREPARING)
        return HousePrepared(house_id=self.id)

    def begin(self) -> HouseOpened:
        """Residents can come from now on."""
        if self.state is not HouseState.PREPARING:
            raise HouseCannotMove(state=self.state, to="opened")
        MOVES.move(self, HouseState.RUNNING)
        return self._opened()

    def change(self, about: About) -> HouseChanged:
        """Another name, size or way of running. Raises HouseIsOver."""
        if self.state in OVER:
            raise HouseIsOver
        for name, value in asdict(about).items():
            setattr(self, name, value)
        return self._changed()

    def let_people_join(self, joining: Joining) -> HouseChanged:
        """From now on in this way; who is in it stays. Raises HouseIsOver."""
        if self.state in OVER:
            raise HouseIsOver
        self.joining = joining
        return self._changed()

    # How it runs

    def pause(self, reason: str) -> HousePaused:
        """Plan nothing new for a while."""
        MOVES.move(self, HouseState.PAUSED)
        self.reason = reason
        return HousePaused(house_id=self.id, reason=reason)

    def resume(self) -> HouseResumed:
        """Go on, after a pause or an evaluation that came too early."""
        if self.state not in (HouseState.PAUSED, HouseState.EVALUATING):
            raise HouseCannotMove(state=self.state, to="resumed")
        MOVES.move(self, HouseState.RUNNING)
        self.reason = None
        return HouseResumed(house_id=self.id)

    def evaluate(self) -> HouseEvaluating:
        """Look back on it."""
        MOVES.move(self, HouseState.EVALUATING)
        return HouseEvaluating(house_id=self.id)

    @property
    def is_plannable(self) -> bool:
        """Whether anything new can be planned in it."""
        return self.state in PLANNABLE

    def check_plannable(self) -> None:
        """Raises HouseTakesNoPlans."""
        if not self.is_plannable:
            raise HouseTakesNoPlans(state=self.state)

    @property
    def is_over(self) -> bool:
        """Whether it has ended, however."""
        return self.state in OVER

    # How it ends

    def announce_end(self, outcome: Outcome, reason: str, now: datetime, time_zone: str) -> HouseEndAnnounced:
        """It ends a day after people can have read so, and goes on until then. Said anew, the day begins anew."""
        MOVES.check(self, HouseState(outcome))
        takes_effect_at = deadline(now, TO_TAKE_BACK, time_zone)
        self.announced_end = AnnouncedEnd(outcome, reason, takes_effect_at)
        return HouseEndAnnounced(house_id=self.id, outcome=outcome, takes_effect_at=takes_effect_at)

    def take_back_end(self) -> HouseEndTakenBack:
        """It goes on as it was. Raises NoEndToTakeBack."""
        if self.announced_end is None:
            raise NoEndToTakeBack(state=self.state)
        self.announced_end = None
        return HouseEndTakenBack(house_id=self.id)

    def due_end(self, now: datetime) -> AnnouncedEnd | None:
        """The end that was announced, once it takes effect."""
        due = self.announced_end is not None and self.announced_end.takes_effect_at <= now
        return self.announced_end if due else None

    def end(self, outcome: Outcome, reason: str, now: datetime, time_zone: str) -> HouseEnded:
        """In one move from wherever it is. Where the outcome changes later, the promised day stays."""
        MOVES.move(self, HouseState(outcome))
        self.announced_end = None
        self.outcome, self.reason = outcome, reason
        if self.ended_on is None:
            self.ended_on = shown(now, time_zone).date()
        self.anonymise_on = self.ended_on + timedelta(days=self.retention_days)
        return HouseEnded(house_id=self.id, outcome=outcome, reason=reason, anonymise_on=self.anonymise_on)

    @property
    def farewell(self) -> Why:
        """Why what was ahead in it will not be."""
        assert self.outcome
        return Why(self.reason, ENDED[self.outcome])

    def is_to_be_anonymised(self, now: datetime, time_zone: str) -> bool:
        """Whether the promised day has come, where the house is."""
        if self.anonymise_on is None or self.state is HouseState.ANONYMISED:
            return False
        return shown(now, time_zone).date() >= self.anonymise_on

    def anonymise(self, removed: Mapping[str, int], left: Mapping[str, int]) -> HouseAnonymised:
        """Its personal data is gone: so many of each kind were `removed`, so many are `left`."""
        MOVES.move(self, HouseState.ANONYMISED)
        self.announced_end = None
        self.removed = dict(removed)
        return HouseAnonymised(house_id=self.id, removed=dict(removed), left=dict(left))

    @classmethod
    def _of(cls, about: About, retention_days: int, state: HouseState) -> Self:
        return cls(
            id=new_id(),
            title=about.title,
            town=about.town,
            dwellings=about.dwellings,
            label=about.label,
            ends_on=about.ends_on,
            gap_limit_days=about.gap_limit_days,
            retention_days=retention_days,
            state=state,
            bag_id=about.bag_id,
            vera_id=about.vera_id,
        )

    def _opened(self) -> HouseOpened:
        return HouseOpened(
            house_id=self.id,
            title=self.title,
            town=self.town,
            dwellings=self.dwellings,
            label=self.label,
            ends_on=self.ends_on,
            joining=self.joining,
            bag_id=self.bag_id,
            vera_id=self.vera_id,
        )

    def _changed(self) -> HouseChanged:
        return HouseChanged(
            house_id=self.id,
            title=self.title,
            town=self.town,
            dwellings=self.dwellings,
            label=self.label,
            ends_on=self.ends_on,
            joining=self.joining,
            bag_id=self.bag_id,
            vera_id=self.vera_id,
        )
