"""What surveys says around people's own words, in every language: results, charts, letters, and what became of an idea.

One file for each language; one that has none reads plain Dutch.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal, format_percent
from buurtthuis.core import languages
from buurtthuis.core.languages import Preferred, direction, locale

from buurtthuis_surveys.domain.questions import PLAIN

LANGUAGES = files(__package__) / "languages"
#: All that we have words in.
LANGUAGE_TAGS = sorted(path.name.removesuffix(".toml") for path in LANGUAGES.iterdir())


@dataclass(frozen=True)
class Language:
    """The words of one language. `tag` is BCP 47."""

    tag: str
    places: Sequence[str]
    words: Mapping[str, str]

    def say(self, name: str, **facts: object) -> str:
        """A sentence, with these facts in it. Raises KeyError."""
        return self.words[name].format_map(facts)

    def place(self, number: int, *, shared: bool) -> str:
        """Where something came out: `derde plaats`, or `gedeelde derde plaats` beside its equals."""
        known = number <= len(self.places)
        place = self.places[number - 1] if known else self.say("place", number=number)
        return self.say("shared", place=place) if shared else place

    def number(self, value: float) -> str:
        """As it is written here: `3,67`."""
        return format_decimal(value, "#,##0.##", locale=self._locale)

    def percent(self, value: float) -> str:
        """Of a hundred, without decimals: `71 %`."""
        return format_percent(value / 100, "#,##0 %", locale=self._locale)

    def moment(self, moment: datetime) -> str:
        """A day and an hour as the clock on the wall there has them: `vrijdag 30 november om 23:00`."""
        day = format_date(moment, "full", locale=self._locale)
        return languages.moment(day, self.words["at"], format_time(moment, "HH:mm", locale=self._locale))

    @property
    def direction(self) -> str:
        """As HTML has it: `ltr` or `rtl`."""
        return direction(self.tag)

    @property
    def _locale(self) -> Locale:
        return locale(self.tag)


@cache
def language(tag: str) -> Language:
    """The words of this language, or else plain Dutch."""
    path = LANGUAGES / f"{tag}.toml"
    return _read(tag if path.is_file() else PLAIN)


def spoken(preferred: Preferred) -> Language:
    """The words of the one that somebody reads best, of those that we have."""
    return language(preferred.among(LANGUAGE_TAGS) or PLAIN)


def _read(tag: str) -> Language:
    found = tomllib.loads((LANGUAGES / f"{tag}.toml").read_text(encoding="utf-8"))
    return Language(tag, tuple(found["places"]), found["words"])
