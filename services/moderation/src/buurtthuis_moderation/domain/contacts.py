"""How to reach or find somebody: what does not belong on a page, unless they put it there themselves."""

from collections.abc import Iterator
from itertools import islice

import re2
from buurtthuis.events.moderation import Check

from buurtthuis_moderation.domain.findings import ENOUGH, MOST, Finding

AT, DOT = r" ?(?:@|[\[(] ?at ?[\])]) ?", r" ?(?:\.|[\[(] ?(?:dot|punt) ?[\])]) ?"
BETWEEN = r"[ .\-/()]*"
STREETS = (
    "straat|laan|plein|hof|gracht|kade|singel|dijk|steeg|dreef|plantsoen|markt|burg|donk|horst|oord|poort|brink"
    "|boulevard|akker|gaarde|staete"
)
#: E-mail; telephone, of the Netherlands or with its country; postal code (SA, SD and SS are none); street; account.
PATTERNS = tuple(
    re2.compile(pattern)
    for pattern in (
        rf"(?i)([a-z0-9._%+\-]+{AT}[a-z0-9\-]+(?:{DOT}[a-z0-9\-]+)*{DOT}[a-z]+)",
        rf"(?:^|[^a-zA-Z0-9])((?:(?:\+|00){BETWEEN}|0)(?:{BETWEEN}\d){{9,12}})\b",
        r"\b([1-9]\d\d\d ?(?:[A-RT-Z][A-Z]|S[BCE-RT-Z]))\b",
        rf"\b((?i:[a-z][a-z]+(?:{STREETS}) \d+[a-z]?)|[A-Z][a-z][a-z]+weg \d+[a-z]?)\b",
        r"\b([A-Z][A-Z]\d\d ?[A-Z]{4}(?: ?\d){10})\b",
    )
)
DATE = re2.compile(r"\d\d?[ .\-/]\d\d?[ .\-/](?:19|20)\d\d\b")


def find_contacts(readable: str) -> Iterator[Finding]:
    """E-mail addresses, telephone numbers, addresses and bank accounts."""
    for pattern in PATTERNS:
        found = (match for match in islice(pattern.finditer(readable), MOST) if not DATE.match(match[1]))
        for match in islice(found, ENOUGH):
            yield Finding(Check.CONTACTS, *match.span(1))
