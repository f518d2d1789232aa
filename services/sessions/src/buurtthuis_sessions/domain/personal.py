"""What is personal here: what goes when a house is anonymised, and what when a resident asks to be forgotten.

A test compares both tables with the tables of the database; a column about people that is missing fails it.
"""

from typing import Any

from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.domain.privacy import Personal, Trace
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
from buurtthuis_sessions.domain.date_polls import DateAnswer, DatePoll
from buurtthuis_sessions.domain.follow_ups.vote import FollowUpVote, Voter
from buurtthuis_sessions.domain.houses import House
from buurtthuis_sessions.domain.seats import Seat
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.sessions.session import Session

PERSONAL = (
    Personal("seats", Seat, "house_id"),
    Personal("dates", DateAnswer, "house_id"),
    Personal("date polls", DatePoll, "house_id"),
    Personal("follow-up votes", FollowUpVote, "house_id"),
    Personal("neighbours", Neighbour, "house_id"),
    Personal("sessions", Session, "house_id", ("title", "hidden", "reason", "report")),
    Personal("series", Series, "house_id", ("title", "hidden", "reason", "hosts", "standing")),
    Personal("houses", House, "id", ("reason", "announced_reason")),
)


#: Places and votes become nobody's, since they are counted; the others go.
SEATS = Trace("seats", Seat, ("resident_id", "needs", "called"))
VOTES = Trace("follow-up votes", Voter, ("known_as",))
DATES = Trace("dates", DateAnswer, ("resident_id",))
SERIES = Trace("series", Series, ("hosts", "standing"))
AGENDAS = Trace("agendas", AgendaKey, ("id", "digest"))
WRONG_CODES = Trace("wrong codes", WrongCodes, ("id",))
NEIGHBOURS = Trace("neighbours", Neighbour, ("resident_id",))
TRACES = (SEATS, VOTES, DATES, SERIES, AGENDAS, WRONG_CODES, NEIGHBOURS)

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
