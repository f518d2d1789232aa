"""What is personal here: what goes when a house is anonymised, and what when a resident asks to be forgotten.

A test compares both tables with the tables of the database; a column about people that is missing fails it.
"""

from dataclasses import dataclass
from typing import Any

from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.events import Event
from buurtthuis.events.sessions import (
    OptionProposed,
    SeriesRenamed,
    SeriesStarted,
    SeriesStopped,
    SessionCancelled,
    SessionNotHeld,
    SessionRenamed,
    SessionReported,
    SessionRescheduled,
    SessionScheduled,
)

from buurtthuis_sessions.domain.agendas import AgendaKey
from buurtthuis_sessions.domain.codes import WrongCodes
from buurtthuis_sessions.domain.follow_ups.vote import FollowUpVote, Voter
from buurtthuis_sessions.domain.houses import House
from buurtthuis_sessions.domain.seats import Seat
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.sessions.session import Session


@dataclass(frozen=True)
class Personal:
    """Of one kind of thing, found `by` its house: these `words`, or lists of people, are emptied;
    without any all of it is deleted."""

    name: str
    kind: type[Any]
    words: tuple[str, ...] = ()
    by: str = "house_id"


PERSONAL = (
    Personal("seats", Seat),
    Personal("follow-up votes", FollowUpVote),
    Personal("neighbours", Neighbour),
    Personal("sessions", Session, words=("title", "hidden", "reason", "report")),
    Personal("series", Series, words=("title", "hidden", "reason", "hosts", "standing")),
    Personal("houses", House, words=("reason", "announced_reason"), by="id"),
)
#: What the journal holds is personal too: the library knows which words of each event a person wrote.
JOURNAL = "journal"


@dataclass(frozen=True)
class Trace:
    """What leads to one resident, in these columns of a kind of thing."""

    name: str
    kind: type[Any]
    columns: tuple[str, ...]


#: Places and votes become nobody's, since they are counted; the others go.
SEATS = Trace("seats", Seat, ("resident_id", "needs"))
VOTES = Trace("follow-up votes", Voter, ("known_as",))
SERIES = Trace("series", Series, ("hosts", "standing"))
AGENDAS = Trace("agendas", AgendaKey, ("id", "digest"))
WRONG_CODES = Trace("wrong codes", WrongCodes, ("id",))
NEIGHBOURS = Trace("neighbours", Neighbour, ("resident_id",))
TRACES = (SEATS, VOTES, SERIES, AGENDAS, WRONG_CODES, NEIGHBOURS)

#: Where words are kept that somebody wrote: the journal knows who. What staff alone write is not among them.
WRITTEN: dict[type[Event], tuple[type[Any], str]] = {
    SessionCancelled: (Session, "reason"),
    SessionNotHeld: (Session, "reason"),
    SessionReported: (Session, "report"),
    SeriesStopped: (Series, "reason"),
}
#: Titles go on: from a series to its sessions, and into what is said of them.
TITLED: dict[type[Event], type[Any]] = {
    SessionScheduled: Session,
    SessionRescheduled: Session,
    SessionRenamed: Session,
    SeriesStarted: Series,
    SeriesRenamed: Series,
}
#: What the people in the room came up with is among what they vote on.
VOTED_ON = frozenset({OptionProposed})
WORDS = "words"
