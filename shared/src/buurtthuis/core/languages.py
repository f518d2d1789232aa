"""Languages: which one somebody reads best of those that there are, and how it is written."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from babel import Locale, UnknownLocaleError

#: The kind of a language that is used in the Netherlands.
SPOKEN_HERE = {"en": "en-GB"}
#: One of the languages of an Accept-Language, with its weight (RFC 9110, 12.5.4).
WEIGHED = re.compile(
    r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?:\s*;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?", re.I
)


@dataclass(frozen=True)
class Preferred:
    """The languages that somebody reads, as ranges of BCP 47 (`ar-EG`), the best first."""

    ranges: tuple[str, ...] = ()

    @classmethod
    def by_header(cls, accept_language: str) -> Self:
        """By weight; what is malformed, or just anything (`*`), says nothing."""
        found = [WEIGHED.fullmatch(weighed_range.strip()) for weighed_range in accept_language.split(",")]
        weighed = [(match[1], float(match[2] or 1)) for match in found if match]
        best_first = sorted(weighed, key=lambda pair: -pair[1])
        return cls(tuple(tag for tag, weight in best_first if weight))

    def among(self, there: Iterable[str]) -> str | None:
        """The best of those that are there: itself, a wider one (`ar` for `ar-EG`, RFC 4647, 3.4), or one of its kinds
        (`nl-x-b1` for `nl`)."""
        tags = {tag.lower(): tag for tag in there}
        for wider in (wider_range for wanted in self.ranges for wider_range in _wider(wanted.lower())):
            for tag in tags:
                if tag == wider:
                    return tags[tag]
            for tag in tags:
                if tag.startswith(f"{wider}-"):
                    return tags[tag]
        return None


def locale(tag: str) -> Locale:
    """How days, times and numbers are written in it; as in Dutch where that is not known."""
    try:
        return Locale.parse(SPOKEN_HERE.get(tag, tag.partition("-x-")[0]), sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("nl")


def direction(tag: str) -> str:
    """`rtl` or `ltr`, as HTML has it."""
    return locale(tag).text_direction


def moment(day: str, at: str, clock: str) -> str:
    """A day and an hour, with what stands between them: a word, a comma, or nothing."""
    return " ".join(f"{day} {at} {clock}".split()).replace(" ,", ",")


def _wider(tag: str) -> Iterator[str]:
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]
