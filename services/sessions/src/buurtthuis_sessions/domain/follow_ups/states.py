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


class Consequence(StrEnum):
    """What hangs on who came to a session: its figures, who may lead what came of it, what was decided, and the drafts of that."""

    FIGURES = "figures"
    WHO_MAY_LEAD = "who_may_lead"
    DECISION = "decision"
    DRAFTS = "drafts"


#: What there is once people voted, beside the figures.
CAME_OF_IT = {
    VoteState.OPEN: (Consequence.DECISION,),
    VoteState.DECIDED: (Consequence.WHO_MAY_LEAD, Consequence.DECISION, Consequence.DRAFTS),
    VoteState.TIED: (Consequence.DECISION,),
    VoteState.STOP: (Consequence.DECISION,),
}
FOLLOW_WHO_CAME = frozenset({Consequence.FIGURES, Consequence.WHO_MAY_LEAD})


def consequences(vote: VoteState | None) -> tuple[list[Consequence], list[Consequence]]:
    """What changes where it is noted otherwise who came, and what stays; while people vote on it all of it stays."""
    known = (Consequence.FIGURES, *CAME_OF_IT[vote]) if vote else (Consequence.FIGURES,)
    changes = [each for each in known if each in FOLLOW_WHO_CAME and vote is not VoteState.OPEN]
    return changes, [each for each in known if each not in changes]


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
    """As many people as came without registering, or along with somebody, have voted by phone already. Ask the host for a card."""


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
