"""What is personal here: everything that goes when a resident asks to be forgotten, in one table.

A test compares it with the tables of the database; a column about people that is missing here fails it.
"""

from dataclasses import dataclass
from typing import Any

from buurtthuis.domain.neighbours import Neighbour

from buurtthuis_surveys.domain.ballots import Voter
from buurtthuis_surveys.domain.cards import Card, Guesses
from buurtthuis_surveys.domain.themes import Support, Theme


@dataclass(frozen=True)
class Personal:
    """Of one kind of thing, found `by` its resident: these `words` are emptied; without any all of it is deleted."""

    name: str
    kind: type[Any]
    by: str
    words: tuple[str, ...] = ()


THEMES = Personal("themes", Theme, by="proposed_by", words=("proposed_by", "title", "reason", "reply"))
SUPPORT = Personal("support", Support, by="resident_id")
CARDS = Personal("cards", Card, by="claimed_by", words=("claimed_by", "told_at", "salt", "code"))
#: Their ids follow from a resident's, and from the salts of a survey.
VOTERS = Personal("voters", Voter, by="id")
GUESSED = Personal("guesses", Guesses, by="id")
NEIGHBOURS = Personal("houses", Neighbour, by="resident_id")
PERSONAL = (THEMES, SUPPORT, CARDS, VOTERS, GUESSED, NEIGHBOURS)
#: What the journal holds is personal too: the library knows which words of each event a person wrote.
JOURNAL = "journal"
