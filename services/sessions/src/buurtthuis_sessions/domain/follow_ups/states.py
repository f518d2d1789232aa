"""Where a follow-up vote is, and what is refused there."""

from enum import StrEnum

from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.states import CannotMove, StateMachine


class VoteState(StrEnum):
    """Where a vote is."""

    OPEN = "open"
    DECIDED = "decided"
    TIED = "tied"
    STOP = "stop"
    CANCELLED = "cancelled"


class VoteCannotMove(CannotMove):
    """A vote that is {state} cannot become {to}."""


MOVES = StateMachine(
    {VoteState.OPEN: {VoteState.DECIDED, VoteState.TIED, VoteState.STOP, VoteState.CANCELLED}}, VoteCannotMove
)


class VoteNotOpen(Refused):
    """This vote takes no marks and has no code any more: it is {state}."""


class NotHeld(Refused):
    """People vote on what comes next once it is noted who came; this session is {state}."""


class VotedOnAlready(Refused):
    """There is a vote about this session already; one that was opened by mistake can be cancelled."""


class AttendanceSettled(Refused):
    """The people who were there are voting on what comes next; who came can be noted otherwise once that is decided."""


class VotedOn(Refused):
    """People who were there voted on what comes next, so it was held."""


class AlreadyVoted(Refused):
    """You have voted already; everybody votes once."""


class WasNotThere(Refused):
    """This vote is for the people who were there, and you were noted as not having come. Ask the host."""

    kind = Refusal.FORBIDDEN


class VoteIsForGuests(Refused):
    """Whoever leads, interprets or looks after children at a session leaves the vote to the others."""

    kind = Refusal.FORBIDDEN


class NoWalkInLeft(Refused):
    """As many people as came without registering have voted by phone already. Ask the host for a card."""


class EverybodyVoted(Refused):
    """There are as many ballots as people who were there: {present}."""


class TooManyCards(Refused):
    """There cannot be {cards} cards: {present} people were there, and {phones} of them voted by phone."""


class MoreMarksThanAllowed(Refused):
    """Everybody has {at_most} marks at most; stop is one of them."""


class MarksDoNotFit(Refused):
    """On {cards} cards there can be {fit} marks here, not {marks}."""


class OptionNotInVote(Refused):
    """This option is not in the vote."""

    kind = Refusal.INVALID
