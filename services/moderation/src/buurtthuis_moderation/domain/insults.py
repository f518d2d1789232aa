"""Words that hurt: a list per language, and what a house adds. Letters that look alike are the same letter."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import Any

import re2
from buurtthuis.events.moderation import Check

from buurtthuis_moderation.domain.findings import ENOUGH, Finding
from buurtthuis_moderation.domain.looks import looks, seen

LISTS = files("buurtthuis_moderation.domain") / "words"
#: Bytes for the states of a pattern. With less it forgets them while it reads, and is slow.
ROOM = 64 << 20


def find_insults(readable: str, own: frozenset[str]) -> Iterator[Finding]:
    """Of any list."""
    for found in islice(_pattern(own).finditer(looks(readable)), ENOUGH):
        yield Finding(Check.WORDS, *found.span(1))


def listed() -> Iterator[str]:
    """The words of all lists: people write in more than one language."""
    for path in LISTS.iterdir():
        yield from (line for line in path.read_text("utf-8").splitlines() if line and line[0] != "#")


def whole_words(words: Iterable[str]) -> Any:
    """A pattern that finds these in looks of a text, also where they are s p a c e d, or a leeeetter is repeated."""
    options = re2.Options()
    options.max_mem, options.longest_match = ROOM, True
    looking = sorted({looks(seen(word)[0]).strip() for word in words} - {""})
    every = "|".join(way for word in looking for way in (_whole(word), _spaced(word)))
    return re2.compile(f"(?:^| )({every})(?: |$)", options)


@lru_cache
def _pattern(own: frozenset[str]) -> Any:
    return whole_words((*listed(), *own))


def _whole(word: str) -> str:
    return " +".join("".join(map(_repeated, part)) for part in word.split())


def _spaced(word: str) -> str:
    return " +".join(map(_repeated, word.replace(" ", "")))


def _repeated(letter: str) -> str:
    return f"{letter}+"
