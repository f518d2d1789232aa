"""One resident's place in one session, or the wish for one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from buurtthuis.core.states import CannotMove, StateMachine
from buurtthuis.domain.deadlines import by_day, later_by_day, morning
from buurtthuis.events.sessions import SeatRole

from buurtthuis_sessions.domain.arrivals import Arrival

OFFER = timedelta(hours=12)
#: An offer takes no more than this part of the time that is left; of neither does the night count.
PART_OF_THE_TIME_LEFT = 4
#: So near the start nobody is asked any more: a place that comes free is given.
STRAIGHT = timedelta(hours=2)
#: Whoever may read it only in the morning has so long from then on.
TO_READ = timedelta(hours=2)
#: How far ahead the time that is left is counted.
A_WEEK = timedelta(days=7)


class SeatState(StrEnum):
    """What became of one resident's place."""

    REGISTERED = "registered"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    OFFER_EXPIRED = "offer_expired"
    WITHDRAWN = "withdrawn"
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    SESSION_CANCELLED = "session_cancelled"


class SeatCannotMove(CannotMove):
    """A place that is {state} cannot become {to}."""


MOVES = StateMachine(
    {
        SeatState.WAITLISTED: {
            SeatState.OFFERED,
            SeatState.REGISTERED,
            SeatState.WITHDRAWN,
            SeatState.SESSION_CANCELLED,
        },
        SeatState.OFFERED: {
            SeatState.REGISTERED,
            SeatState.OFFER_EXPIRED,
            SeatState.WITHDRAWN,
            SeatState.SESSION_CANCELLED,
        },
        SeatState.REGISTERED: {
            SeatState.WITHDRAWN,
            SeatState.ATTENDED,
            SeatState.NO_SHOW,
            SeatState.SESSION_CANCELLED,
        },
        SeatState.ATTENDED: {SeatState.NO_SHOW, SeatState.REGISTERED},
        SeatState.NO_SHOW: {SeatState.ATTENDED, SeatState.REGISTERED},
        SeatState.SESSION_CANCELLED: {SeatState.ATTENDED},
    },
    SeatCannotMove,
)
#: A resident has one of these in a session at most.
LIVE = frozenset({SeatState.REGISTERED, SeatState.WAITLISTED, SeatState.OFFERED})
#: A place that is offered is nobody else's.
HOLDING = frozenset({SeatState.REGISTERED, SeatState.OFFERED})
CAME_OR_NOT = frozenset({SeatState.ATTENDED, SeatState.NO_SHOW})


@dataclass(eq=False)
class Seat:
    """One resident's place in one session. `number` is its turn: nobody with a higher one goes first.

    `confirmed` is false while a resident has not said whether they still come, after a change.
    `needs`, and how the host may call them, are for the host's eyes only, and are forgotten when the session is over."""

    id: UUID
    session_id: UUID
    house_id: UUID
    resident_id: UUID
    number: int
    state: SeatState
    role: SeatRole | None = None
    plus_one: bool = False
    newcomer: bool = False
    standing: bool = False
    confirmed: bool = True
    expires_at: datetime | None = None
    needs: str | None = None
    called: str | None = None
    arrival: Arrival | None = None

    @property
    def places(self) -> int:
        """How much of the capacity it takes once it is given."""
        return 0 if self.role else 1 + self.plus_one

    @property
    def is_in(self) -> bool:
        """Whether it was noted at the door that they are there."""
        return self.arrival is not None and not self.arrival.undone

    @property
    def is_live(self) -> bool:
        """Whether it is, or may still become, a place."""
        return self.state in LIVE

    def move(self, to: SeatState) -> None:
        """Raises SeatCannotMove."""
        MOVES.move(self, to)

    def forget(self) -> None:
        """What they told the host, for the session alone."""
        self.needs = self.called = None

    def note(self, *, came: bool) -> None:
        """Whether they were there; noted again, nothing changes."""
        to = SeatState.ATTENDED if came else SeatState.NO_SHOW
        if self.state is not to:
            MOVES.move(self, to)


def offer_until(now: datetime, begins: datetime, time_zone: str) -> datetime | None:
    """Until when a place is offered, by day; None where the session is so near that it is given at once."""
    left = by_day(now, min(begins, now + A_WEEK), time_zone)
    if left < STRAIGHT:
        return None
    until = later_by_day(now, min(OFFER, left / PART_OF_THE_TIME_LEFT), time_zone)
    if now >= morning(until, time_zone):
        return until
    until = max(until, morning(until, time_zone) + TO_READ)
    return until if until <= begins - STRAIGHT else None
