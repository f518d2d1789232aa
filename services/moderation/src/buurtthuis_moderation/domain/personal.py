"""What is personal here: everything that goes when a house is anonymised, or when a resident asks to be forgotten.

A test compares it with the tables of the database; a column about people that is missing here fails it.
"""

from dataclasses import dataclass
from typing import Any

from buurtthuis_moderation.domain.contents import Content, Revision
from buurtthuis_moderation.domain.members import Member


@dataclass(frozen=True)
class Personal:
    """Of one kind of thing: with its house all of it is deleted; of one resident these `words` are emptied, and
    without any all of it goes."""

    name: str
    kind: type[Any]
    words: tuple[str, ...] = ()


REVISIONS = Personal("revisions", Revision)
CONTENTS = Personal("contents", Content, words=("author_id", "text", "findings"))
MEMBERS = Personal("members", Member)
#: In this order: what belongs to something goes before it.
PERSONAL = (REVISIONS, CONTENTS, MEMBERS)
#: What the journal holds is personal too: the library knows which words of each event a person wrote.
JOURNAL = "journal"
