"""What is personal here: what goes when a house is anonymised, and what when a resident asks to be forgotten.

A test compares both tables with the tables of the database; a column about people that is missing fails it.
"""

from dataclasses import dataclass
from typing import Any

from buurtthuis_moderation.domain.contents import Content, Revision
from buurtthuis_moderation.domain.members import Member
from buurtthuis_moderation.domain.pages import Page


@dataclass(frozen=True)
class Personal:
    """Of one kind of thing, found `by` its house: these `words`, or lists of people, are emptied;
    without any all of it is deleted."""

    name: str
    kind: type[Any]
    words: tuple[str, ...] = ()
    by: str = "house_id"


#: In this order: what belongs to something goes before it.
PERSONAL = (
    Personal("revisions", Revision),
    Personal("contents", Content),
    Personal("members", Member),
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
#: They resign. A guide is no resident.
PAGES = Trace("pages", Page, ("moderators",))
TRACES = (CONTENTS, REVISIONS, MEMBERS, PAGES)
