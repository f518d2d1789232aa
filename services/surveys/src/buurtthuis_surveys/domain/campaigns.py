"""Campaigns: "a bag of six oliebollen for an idea", and what is handed out and collected at the stand."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from buurtthuis.core.errors import Invalid, Refused
from buurtthuis.core.states import CannotMove, StateMachine
from buurtthuis.core.work import new_id
from buurtthuis.events.surveys import CampaignCounted, CampaignEnded, CampaignPlanned, CampaignStarted


class CampaignState(StrEnum):
    """Where a campaign is."""

    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"


class CampaignCannotMove(CannotMove):
    """A campaign that is {state} cannot become {to}."""


MOVES = StateMachine(
    {
        CampaignState.PLANNED: {CampaignState.RUNNING},
        CampaignState.RUNNING: {CampaignState.ENDED},
    },
    CampaignCannotMove,
)


class StandClosed(Refused):
    """Things are handed out and collected while a campaign runs; this one is {state}."""


class NotEnoughLeft(Refused):
    """There are {left} left of {stock}."""


class NotSoMany(Refused):
    """There were only {counted}; no more than that can be undone."""


class NotStarted(Refused):
    """Cards can be entered once the campaign has started."""


class CardsCameBetween(Refused):
    """Somebody else entered cards of this campaign at the same moment. Please try again."""


@dataclass(frozen=True)
class Stand:
    """Where and when ideas are collected, and which staff are there. Times are what the clock on the wall shows."""

    place: str
    starts_at: datetime
    ends_at: datetime
    staff: tuple[UUID, ...] = ()

    def __post_init__(self) -> None:
        """Raises Invalid for an end before the start."""
        if self.ends_at <= self.starts_at:
            raise Invalid("A stand closes after it opens.", field="stands")


@dataclass(eq=False)
class Campaign:
    """An incentive for ideas. What is handed out and what is collected are counted apart."""

    id: UUID
    house_id: UUID
    title: str
    incentive: str
    stock: int
    stands: tuple[Stand, ...]
    state: CampaignState = CampaignState.PLANNED
    handed_out: int = 0
    collected: int = 0
    #: Cards that were typed in, during the campaign or after it.
    entered: int = 0
    version: int = 0

    @classmethod
    def plan(
        cls, house: UUID, title: str, incentive: str, stock: int, stands: tuple[Stand, ...] = ()
    ) -> tuple[Self, CampaignPlanned]:
        """Decide what is given for an idea, how many of it, where and when."""
        campaign = cls(new_id(), house, title, incentive, stock, stands)
        return campaign, CampaignPlanned(campaign_id=campaign.id, house_id=house)

    @property
    def left(self) -> int:
        """What can still be handed out."""
        return self.stock - self.handed_out

    def start(self) -> CampaignStarted:
        """Open the stand."""
        MOVES.move(self, CampaignState.RUNNING)
        return CampaignStarted(
            campaign_id=self.id, house_id=self.house_id, incentive=self.incentive, stock=self.stock
        )

    def hand_out(self, count: int) -> CampaignCounted:
        """Give something away; raises NotEnoughLeft."""
        self._check_open()
        if count > self.left:
            raise NotEnoughLeft(left=self.left, stock=self.stock)
        self.handed_out += count
        return self._counted()

    def undo_hand_out(self, count: int) -> CampaignCounted:
        """It was a slip of the finger, or somebody gave it back; raises NotSoMany."""
        self._check_open()
        _check_at_most(count, self.handed_out)
        self.handed_out -= count
        return self._counted()

    def collect(self, count: int) -> CampaignCounted:
        """Somebody brought cards."""
        self._check_open()
        self.collected += count
        return self._counted()

    def undo_collect(self, count: int) -> CampaignCounted:
        """It was a slip of the finger; raises NotSoMany."""
        self._check_open()
        _check_at_most(count, self.collected)
        self.collected -= count
        return self._counted()

    def enter(self, cards: int, *, after: int | None = None) -> None:
        """Count cards that are typed in; `after` is how many there were for whoever looked which are new.

        Raises CardsCameBetween where that is no longer so."""
        if self.state is CampaignState.PLANNED:
            raise NotStarted
        if after not in (None, self.entered):
            raise CardsCameBetween
        self.entered += cards

    def end(self) -> CampaignEnded:
        """Close the stand, and say what came of it. Cards that nobody counted are counted once they are typed in."""
        MOVES.move(self, CampaignState.ENDED)
        return CampaignEnded(
            campaign_id=self.id,
            house_id=self.house_id,
            ideas=max(self.collected, self.entered),
            handed_out=self.handed_out,
            left=self.left,
        )

    def _counted(self) -> CampaignCounted:
        return CampaignCounted(
            campaign_id=self.id,
            house_id=self.house_id,
            handed_out=self.handed_out,
            left=self.left,
            collected=self.collected,
        )

    def _check_open(self) -> None:
        if self.state is not CampaignState.RUNNING:
            raise StandClosed(state=self.state)


def _check_at_most(count: int, counted: int) -> None:
    if count > counted:
        raise NotSoMany(counted=counted)
