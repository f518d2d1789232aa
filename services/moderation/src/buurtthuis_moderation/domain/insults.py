"""Words that hurt: a list per language, and what a house adds. Letters that look alike are the same letter."""

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from itertools import groupby, islice
from typing import Any

import re2
from buurtthuis.events.moderation import Check

from buurtthuis_moderation.domain.findings import ENOUGH, Finding
from buurtthuis_moderation.domain.looks import WEIGHTLESS, looks, plain

LISTS = files("buurtthuis_moderation.domain") / "words"
#: Bytes for the states of a pattern. With less it forgets them while it reads, and is slow.
ROOM = 64 << 20


def find_insults(plain: str, own: frozenset[str]) -> Iterator[Finding]:
    """Whole words of any list, also where they are s p a c e d, or a leeeetter is repeated."""
    for found in islice(_pattern(own).finditer(looks(plain)), ENOUGH):
        yield Finding(Check.WORDS, *found.span(1))


def listed() -> Iterator[str]:
    """The words of all lists: people write in more than one language."""
    for one in LISTS.iterdir():
        yield from (line for line in one.read_text("utf-8").splitlines() if line and line[0] != "#")


@lru_cache
def _pattern(own: frozenset[str]) -> Any:
    options = re2.Options()
    options.max_mem = ROOM
    words = sorted({looks(plain(word)) for word in (*listed(), *own)})
    every = "|".join(way for word in words if word.strip() for way in (_whole(word), _spaced(word)))
    return re2.compile(f"(?:^| ){WEIGHTLESS}*({every})(?: |$)", options)


def _whole(word: str) -> str:
    return " +".join("".join(f"{one}[{one}{WEIGHTLESS}]*" for one in part) for part in _parts(word))


def _spaced(word: str) -> str:
    return " ".join(f"{one}[{one}{WEIGHTLESS} ]*" for part in _parts(word) for one in part)


def _parts(word: str) -> list[list[str]]:
    """Its letters, each once where it is repeated; in what somebody writes it may be repeated again."""
    return [[one for one, _ in groupby(part) if one != WEIGHTLESS] for part in word.split()]
