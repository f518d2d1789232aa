"""Where a session is, how it goes on from there, and what that refuses."""

from enum import StrEnum

from buurtthuis.core.errors import Refused
from buurtthuis.core.states import CannotMove, StateMachine


class SessionState(StrEnum):
    """Where a session is. A scheduled one is also `full` or `running`: that follows from its seats and the clock."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    HELD = "held"
    NOT_HELD = "not_held"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """The same, as people see it. Until somebody notes who came to it, a session that is over is `to_be_noted`."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    FULL = "full"
    RUNNING = "running"
    TO_BE_NOTED = "to_be_noted"
    HELD = "held"
    NOT_HELD = "not_held"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class SessionCannotMove(CannotMove):
    """A session that is {state} cannot become {to}."""


MOVES = StateMachine(
    {
        SessionState.DRAFT: {SessionState.SCHEDULED, SessionState.CANCELLED},
        SessionState.SCHEDULED: {SessionState.HELD, SessionState.NOT_HELD, SessionState.CANCELLED},
        SessionState.HELD: {SessionState.CLOSED, SessionState.NOT_HELD},
        SessionState.NOT_HELD: {SessionState.HELD},
    },
    SessionCannotMove,
)
#: In these it is known who came.
NOTED = frozenset({SessionState.HELD, SessionState.CLOSED})


class NotOpenForRegistration(Refused):
    """Places are given out, and taken back, while a session is scheduled and has not begun; this one is {state}."""


class NotBegun(Refused):
    """Attendance is noted once the session has begun, at {starts_at}."""


#: What becomes of a session that nobody noted anything of in time.
AT_REST = {
    SessionState.DRAFT: SessionState.CANCELLED,
    SessionState.SCHEDULED: SessionState.NOT_HELD,
    SessionState.HELD: SessionState.CLOSED,
}
