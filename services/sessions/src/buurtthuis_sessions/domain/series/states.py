"""Where a series is, how it goes on from there, and what that refuses."""

from enum import StrEnum

from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.states import CannotMove, StateMachine


class SeriesState(StrEnum):
    """Where a series is."""

    TRIAL = "trial"
    ACTIVE = "active"
    AT_RISK = "at_risk"
    PAUSED = "paused"
    STOPPED = "stopped"


class SeriesCannotMove(CannotMove):
    """A series that is {state} cannot become {to}."""


MOVES = StateMachine(
    {
        SeriesState.TRIAL: {SeriesState.ACTIVE, SeriesState.STOPPED},
        SeriesState.ACTIVE: {SeriesState.AT_RISK, SeriesState.PAUSED, SeriesState.STOPPED},
        SeriesState.AT_RISK: {SeriesState.ACTIVE, SeriesState.PAUSED, SeriesState.STOPPED},
        SeriesState.PAUSED: {SeriesState.ACTIVE, SeriesState.STOPPED},
        SeriesState.STOPPED: {SeriesState.ACTIVE},
    },
    SeriesCannotMove,
)
#: In these it makes sessions.
GOING_ON = frozenset({SeriesState.ACTIVE, SeriesState.AT_RISK})
#: In these somebody is looked for where nobody leads it.
LED = GOING_ON | {SeriesState.TRIAL}
#: From these it can be resumed.
STANDING_STILL = frozenset({SeriesState.PAUSED, SeriesState.STOPPED})


class SeriesHasNoPlan(Refused):
    """This series does not say yet when and where its sessions are."""


class LeadsAlready(Refused):
    """This resident leads the series already."""


class LeadsNot(Refused):
    """This resident does not lead the series."""


class StandsAlready(Refused):
    """This resident has a standing seat in the series already."""


class StandsNot(Refused):
    """This resident has no standing seat in the series."""


class NotASessionDay(Refused):
    """The series has no session on {day}, or it is left out already."""

    kind = Refusal.NOT_FOUND
