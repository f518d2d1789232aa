"""What a person brings, where no machine leads: a letter, a call, a knock on a door."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Self
from uuid import UUID

from buurtthuis.core.errors import Refused
from buurtthuis.core.states import StateMachine
from buurtthuis.core.work import new_id
from buurtthuis.events.notifications import (
    DeliveryChannel,
    FailureReason,
    HandDeliveryDone,
    HandDeliveryFailed,
    HandDeliveryRequested,
)

#: A tick that was a mistake can be taken back for so long.
UNDO = timedelta(days=1)
#: What may wait for so long is shown with the day that it ends on, and not the hour.
DAYS_LEFT = timedelta(days=3)


class HandState(StrEnum):
    """Whether it was brought."""

    REQUESTED = "requested"
    DONE = "done"
    CANCELLED = "cancelled"


class AlreadyBrought(Refused):
    """This is not waiting to be brought any more: it is {state}."""


MOVES = StateMachine(
    {
        HandState.REQUESTED: {HandState.DONE, HandState.CANCELLED},
        HandState.DONE: {HandState.REQUESTED},
    },
    AlreadyBrought,
)


class TooLateToUndo(Refused):
    """This was ticked more than a day ago, or not at all."""


@dataclass(eq=False)
class HandDelivery:
    """One message for one resident, to be brought by this `channel`. `tries` counts when nobody was home."""

    id: UUID
    message_id: UUID
    resident_id: UUID
    house_id: UUID | None
    channel: DeliveryChannel
    rule: str
    requested_at: datetime
    expires_at: datetime
    state: HandState = HandState.REQUESTED
    tries: int = 0
    done_at: datetime | None = None
    version: int = 0

    @classmethod
    def requested(
        cls,
        message: UUID,
        resident: UUID,
        house: UUID | None,
        channel: DeliveryChannel,
        rule: str,
        expires_at: datetime,
        now: datetime,
    ) -> tuple[Self, HandDeliveryRequested]:
        """Somebody is asked to bring it."""
        delivery = cls(new_id(), message, resident, house, channel, rule, now, expires_at)
        return delivery, HandDeliveryRequested(delivery_id=delivery.id, house_id=house, channel=channel)

    def tick(self, now: datetime) -> HandDeliveryDone:
        """It was brought, and the resident knows. Raises AlreadyBrought."""
        MOVES.move(self, HandState.DONE)
        self.done_at = now
        return HandDeliveryDone(delivery_id=self.id, house_id=self.house_id, channel=self.channel)

    def untick(self, now: datetime) -> None:
        """It was not, after all. Raises TooLateToUndo."""
        if self.state is not HandState.DONE or self.done_at is None or now > self.done_at + UNDO:
            raise TooLateToUndo
        MOVES.move(self, HandState.REQUESTED)
        self.done_at = None

    def miss(self) -> None:
        """Nobody was home; it is tried again. Raises AlreadyBrought."""
        self._check_open()
        self.tries += 1

    def fail(self) -> HandDeliveryFailed:
        """Its time is over. For whom it was is not said: it ends at the moment that the list shows beside an address."""
        self.cancel()
        reason = FailureReason.NOBODY_HOME if self.tries else FailureReason.TOO_LATE
        return HandDeliveryFailed(
            delivery_id=self.id, house_id=self.house_id, channel=self.channel, reason=reason
        )

    def shown_from(self, zone: tzinfo) -> datetime:
        """The day on which somebody was asked to bring it."""
        return _day(self.requested_at, zone)

    def shown_until(self, zone: tzinfo) -> datetime:
        """When it is of no use any more, as it may stand beside an address: never later, and no moment that an event has too.

        What ends some days after somebody did something would else say when they did it, and so who they are."""
        by_day = self.expires_at - self.requested_at >= DAYS_LEFT
        return _day(self.expires_at, zone) if by_day else _hour(self.expires_at, zone)

    def cancel(self) -> None:
        """It is of no use any more; nothing happens to what was brought."""
        if self.state is HandState.REQUESTED:
            MOVES.move(self, HandState.CANCELLED)

    def _check_open(self) -> None:
        if self.state is not HandState.REQUESTED:
            raise AlreadyBrought(state=self.state)


def _hour(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(minute=0, second=0, microsecond=0)


def _day(moment: datetime, zone: tzinfo) -> datetime:
    return _hour(moment, zone).replace(hour=0)
