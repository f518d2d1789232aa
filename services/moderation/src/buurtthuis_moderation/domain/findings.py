"""What automatic checks find in a text."""

from dataclasses import dataclass
from enum import StrEnum


class Check(StrEnum):
    """What a text is looked through for, by itself."""

    WORDS = "words"
    CONTACTS = "contacts"
    LINKS = "links"
    FLOODS = "floods"


@dataclass(frozen=True)
class Finding:
    """Where in a text something is that a check looks for. The words themselves stay in the text alone."""

    check: Check
    start: int
    end: int
