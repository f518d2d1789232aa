"""What is personal here: what goes when a house is anonymised, and what when a resident asks to be forgotten.

A test compares both tables with the tables of the database; a column about people that is missing fails it.
"""

from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.domain.privacy import Personal, Trace

from buurtthuis_moderation.domain.appeals import Appeal
from buurtthuis_moderation.domain.cases import Case, Recusal, Report
from buurtthuis_moderation.domain.contents import Content, Revision
from buurtthuis_moderation.domain.decisions import Decision
from buurtthuis_moderation.domain.departures import Departure
from buurtthuis_moderation.domain.members import Member
from buurtthuis_moderation.domain.mutes import Mute
from buurtthuis_moderation.domain.pages import Page
from buurtthuis_moderation.domain.trail import Entry

#: Of what was decided, the skeleton stays: what, by which rule, how fast.
_DECISION = ("author_id", "decider_id", "seconder_id", "reason", "text")
_APPEAL = ("author_id", "words", "reason", "decider_id")
_ENTRY = ("actor_id", "actor_salt", "person_id", "person_salt")

#: In this order: what belongs to something goes before it.
PERSONAL = (
    Personal("reports", Report, "house_id", ("reporter_id", "words")),
    Personal("recusals", Recusal, "house_id", ("person_id",)),
    Personal("cases", Case, "house_id", ("assignee_id", "removal_by", "ground")),
    Personal("decisions", Decision, "house_id", _DECISION),
    Personal("appeals", Appeal, "house_id", _APPEAL),
    Personal("mutes", Mute, "house_id"),
    Personal("trail", Entry, "house_id", _ENTRY),
    Personal("revisions", Revision, "house_id"),
    Personal("contents", Content, "house_id"),
    Personal("members", Member, "house_id"),
    Personal("neighbours", Neighbour, "house_id"),
    Personal("departures", Departure, "house_id"),
    Personal("pages", Page, "id", ("moderators", "guide_id")),
)


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
