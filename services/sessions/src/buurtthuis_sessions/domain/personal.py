"""What is personal here: everything that goes when a house is anonymised, in one table.

A test compares it with the tables of the database; a column about people that is missing here fails it.
"""

from dataclasses import dataclass
from typing import Any

from buurtthuis_sessions.domain.follow_ups import FollowUpVote
from buurtthuis_sessions.domain.houses import House
from buurtthuis_sessions.domain.seats import Seat
from buurtthuis_sessions.domain.series import Series
from buurtthuis_sessions.domain.sessions import Session


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
    Personal("sessions", Session, words=("title", "reason", "report")),
    Personal("series", Series, words=("title", "reason", "hosts", "standing")),
    Personal("houses", House, words=("reason",), by="id"),
)
#: What the journal holds is personal too: the library knows which words of each event a person wrote.
JOURNAL = "journal"
