"""What is personal here: what goes when a house is anonymised, and what when a resident asks to be forgotten.

A test compares both tables with the tables of the database; a column about people that is missing fails it.
"""

from dataclasses import dataclass
from typing import Any

from buurtthuis.domain.neighbours import Neighbour

from buurtthuis_moderation.domain.appeals import Appeal
from buurtthuis_moderation.domain.cases import Case, Recusal, Report
from buurtthuis_moderation.domain.contents import Content, Revision
from buurtthuis_moderation.domain.decisions import Decision
from buurtthuis_moderation.domain.departures import Departure
from buurtthuis_moderation.domain.members import Member
from buurtthuis_moderation.domain.mutes import Mute
from buurtthuis_moderation.domain.pages import Page
from buurtthuis_moderation.domain.trail import Entry


@dataclass(frozen=True)
class Personal:
    """Of one kind of thing, found `by` its house: these `words`, or lists of people, are emptied;
    without any all of it is deleted."""

    name: str
    kind: type[Any]
    words: tuple[str, ...] = ()
    by: str = "house_id"


#: Of what was decided, the skeleton stays: what, by which rule, how fast.
_DECISION = ("author_id", "decider_id", "seconder_id", "reason", "text")
_APPEAL = ("author_id", "words", "reason", "decider_id")
_ENTRY = ("actor_id", "actor_salt", "person_id", "person_salt")

#: In this order: what belongs to something goes before it.
PERSONAL = (
    Personal("reports", Report, words=("reporter_id", "words")),
    Personal("recusals", Recusal, words=("person_id",)),
    Personal("cases", Case, words=("assignee_id", "removal_by", "ground")),
    Personal("decisions", Decision, words=_DECISION),
    Personal("appeals", Appeal, words=_APPEAL),
    Personal("mutes", Mute),
    Personal("trail", Entry, words=_ENTRY),
    Personal("revisions", Revision),
    Personal("contents", Content),
    Personal("members", Member),
    Personal("neighbours", Neighbour),
    Personal("departures", Departure),
    Personal("pages", Page, words=("moderators", "guide_id"), by="id"),
)
#: What the journal holds is personal too: the library knows which words of each event a person wrote.
JOURNAL = "journal"


@dataclass(frozen=True)
class Trace:
    """What leads to one resident, or was written by them, in these columns of a kind of thing."""

    name: str
    kind: type[Any]
    columns: tuple[str, ...]


#: That there was a post stays; who wrote it, and its words, go.
CONTENTS = Trace("contents", Content, ("author_id", "text", "findings"))
REVISIONS = Trace("revisions", Revision, ("text",))
MEMBERS = Trace("members", Member, ("resident_id", "name", "look"))
NEIGHBOURS = Trace("neighbours", Neighbour, ("resident_id",))
DEPARTURES = Trace("departures", Departure, ("resident_id",))
#: They resign. A guide is no resident.
PAGES = Trace("pages", Page, ("moderators",))
REPORTS = Trace("reports", Report, ("reporter_id", "words"))
RECUSALS = Trace("recusals", Recusal, ("person_id",))
CASES = Trace("cases", Case, ("assignee_id", "removal_by"))
#: A case's ground goes when the case is decided, with the text that it kept.
KEPT = Trace("kept_until_decided", Case, ("ground",))
#: Of what was decided about them; what they decided about others is not theirs alone.
DECISIONS = Trace("decisions", Decision, _DECISION)
APPEALS = Trace("appeals", Appeal, _APPEAL)
MUTES = Trace("mutes", Mute, ("resident_id",))
TRAIL = Trace("trail", Entry, _ENTRY)
TRACES = (
    CONTENTS,
    REVISIONS,
    MEMBERS,
    NEIGHBOURS,
    DEPARTURES,
    PAGES,
    REPORTS,
    RECUSALS,
    CASES,
    KEPT,
    DECISIONS,
    APPEALS,
    MUTES,
    TRAIL,
)
