"""What automatic checks find in a text."""

from dataclasses import dataclass

from buurtthuis.events.moderation import Check

#: Whoever judges a text needs no more than this of one kind,
ENOUGH = 20
#: and no text that is a text has more places than this to look at.
MOST = 1000


@dataclass(frozen=True)
class Finding:
    """Where in a text something is that a check looks for. The words themselves stay in the text alone."""

    check: Check
    start: int
    end: int
