"""What is personal here: what goes when the page of a house is anonymised.

A test compares it with the tables of the database; a column about people that is missing fails it.
"""

from dataclasses import dataclass
from typing import Any

from buurtthuis_moderation.domain.contents import Content, Revision
from buurtthuis_moderation.domain.members import Member


@dataclass(frozen=True)
class Personal:
    """All of one kind of thing in a house."""

    name: str
    kind: type[Any]


#: In this order: what belongs to something goes before it.
PERSONAL = (Personal("revisions", Revision), Personal("contents", Content), Personal("members", Member))
#: What the journal holds is personal too: the library knows which words of each event a person wrote.
JOURNAL = "journal"
