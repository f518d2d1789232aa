"""Names that residents take on a page, and those that nobody may take: they belong to whoever keeps it."""

import re
from functools import lru_cache
from typing import Any

from buurtthuis.core.corporations import Corporation
from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.texts import is_one_line

from buurtthuis_moderation.domain.checks import Checks
from buurtthuis_moderation.domain.insults import whole_words
from buurtthuis_moderation.domain.looks import looks, seen, squeezed
from buurtthuis_moderation.domain.offices import ARTICLES, OFFICES, STEMS

#: A corporation's name of so many letters is looked for within words too.
LONG = 6
#: Where one word of a name ends and another begins, without anything between them.
SEAMS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])\d+\b")


class NameReserved(Refused):
    """This name looks like one of those who run the page. Please take another, so that nobody is mistaken."""

    kind = Refusal.INVALID


class NameUnfit(Refused):
    """A name is on one line, has a letter in it, and no address, link or word that hurts."""

    kind = Refusal.INVALID


class NameTaken(Refused):
    """Somebody on this page has this name, or one that looks like it. Please take another."""


def check_name(name: str, corporation: Corporation, own: Checks) -> None:
    """Raises NameReserved, also for what only looks like a reserved name, or NameUnfit."""
    if _is_of_an_office(name, frozenset({corporation.name, corporation.slug})):
        raise NameReserved(field="name")
    strict = Checks(words=own.words, links=own.links)
    if (
        not is_one_line(name)
        or not any(letter.isalpha() for letter in name)
        or strict.judge(name, floods=False)
    ):
        raise NameUnfit(field="name")


def _is_of_an_office(name: str, corporation: frozenset[str]) -> bool:
    look = squeezed(name)
    return any(stem in look for stem in _stems(corporation)) or _has_word(name, corporation)


@lru_cache
def _stems(corporation: frozenset[str]) -> frozenset[str]:
    theirs = {look for name in corporation if len(look := squeezed(name)) >= LONG}
    return frozenset({squeezed(stem) for stem in STEMS} | theirs)


def _has_word(name: str, corporation: frozenset[str]) -> bool:
    readable, _ = seen(name)
    ways = (readable, SEAMS.sub(" ", readable), "".join(readable.split()))
    return any(_offices(corporation).search(looks(way)) for way in ways)


@lru_cache
def _offices(corporation: frozenset[str]) -> Any:
    return whole_words({f"{article}{word}" for article in ARTICLES for word in OFFICES | corporation})
