"""What messages say, in every language: one file for each, and plain Dutch below all others.

A text has a subject, a short form (an SMS is 160 characters) and a body. A language that lacks one, or has
only a part of it, gives plain Dutch instead, whole: never a mixture.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from buurtthuis.corporations import Corporation
from buurtthuis.settings import SettingsError
from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from buurtthuis_notifications.domain.residents import PLAIN_DUTCH
from buurtthuis_notifications.domain.rules import RULES
from buurtthuis_notifications.texts.environment import environment
from buurtthuis_notifications.texts.facts import EXAMPLES
from buurtthuis_notifications.texts.own import Own

OURS = Path(str(files(__package__))) / "languages"
PARTS = ("subject", "short", "body")
SHORT = 160
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
#: Dutch needs no plain Dutch below it.
DUTCH = frozenset({"nl", PLAIN_DUTCH})
#: What makes a line end, or letters run the other way, for whoever reads it.
UNRULY = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")

Facts = Mapping[str, Any]
Source = Mapping[str, str]


class TextsError(SettingsError):
    """A text cannot be used; the message names the file, the rule and the part."""


@dataclass(frozen=True)
class Text:
    """One message in one language, as it is read; `below` is the same in plain Dutch."""

    language: str
    direction: str
    pictogram: str
    subject: str
    short: str
    body: str
    below: "Text | None" = None


@dataclass(frozen=True)
class Missing:
    """A text that a corporation should have, and that comes in plain Dutch instead."""

    corporation: str
    language: str
    rule: str


class Language:
    """All texts of one language. Each is compiled when it is first told: all at once takes seconds."""

    def __init__(self, tag: str, texts: Mapping[str, Source], words: Source, path: Path) -> None:
        self.tag = tag
        self.words = dict(words)
        self._path = path
        self._sources = texts
        self._environment: ImmutableSandboxedEnvironment = environment(tag, self.words)
        self._compiled: dict[str, dict[str, Any]] = {}

    def __contains__(self, rule: str) -> bool:
        return rule in self._sources

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        return "rtl" if self.tag in RIGHT_TO_LEFT else "ltr"

    def render(self, rule: str, facts: Facts, pictogram: str, below: Text | None = None) -> Text:
        """One text with these facts. Raises TextsError."""
        subject, short, body = (self._part(rule, part, facts) for part in PARTS)
        return Text(
            self.tag,
            self.direction,
            pictogram,
            one_line(subject),
            shortened(one_line(short)),
            paragraphs(body),
            below,
        )

    def try_out(self, rule: str) -> None:
        """As usual, and with all that people wrote taken back. Raises TextsError."""
        usual = EXAMPLES[rule]
        for facts in (usual, usual | dict.fromkeys(ERASED & usual.keys())):
            self.render(rule, facts, PICTOGRAMS[rule])

    def with_own(self, own: Path) -> "Language":
        """With some texts as a corporation writes them; those are tried out. Raises TextsError."""
        theirs = read(own)
        unknown = set(theirs) - set(PICTOGRAMS)
        if unknown:
            raise TextsError(f"{own}: there is no rule called {min(unknown)!r}.")
        merged = {rule: {**self._sources.get(rule, {}), **parts} for rule, parts in theirs.items()}
        language = Language(self.tag, {**self._sources, **merged}, self.words, own)
        for rule in merged:
            language.try_out(rule)
        return language

    def _part(self, rule: str, part: str, facts: Facts) -> str:
        try:
            return str(self._templates(rule)[part].render(facts))
        except (TemplateError, TypeError, ValueError, KeyError) as error:
            raise TextsError(f"{self._path}: [{rule}] {part}: {error}.") from None

    def _templates(self, rule: str) -> Mapping[str, Any]:
        if rule not in self._compiled:
            source = self._sources[rule]
            self._compiled[rule] = {
                part: self._environment.from_string(source[part].strip()) for part in PARTS
            }
        return self._compiled[rule]


class Texts:
    """Every corporation's texts: ours, with its own instead where it has any."""

    def __init__(self, corporations: Mapping[str, Corporation], folder: Path | None = None) -> None:
        """Read all of them, and try out what corporations wrote themselves. Raises SettingsError."""
        self.own = {slug: Own.load(folder, slug) for slug in corporations}
        self._languages = {
            slug: {language.tag: language for language in _languages(one, folder)}
            for slug, one in corporations.items()
        }
        self._corporations = corporations

    def render(self, corporation: str, rule: str, language: str, facts: Facts) -> Text:
        """What a resident reads, in their language or else in plain Dutch."""
        languages = self._languages[corporation]
        plain = languages[PLAIN_DUTCH].render(rule, facts, PICTOGRAMS[rule])
        chosen = languages.get(language)
        if chosen is None or chosen.tag == PLAIN_DUTCH or rule not in chosen:
            return plain
        return chosen.render(rule, facts, PICTOGRAMS[rule], None if chosen.tag in DUTCH else plain)

    def words(self, corporation: str, language: str) -> Source:
        """What layouts say around a text."""
        languages = self._languages[corporation]
        return languages.get(language, languages[PLAIN_DUTCH]).words or languages[PLAIN_DUTCH].words

    @cached_property
    def missing(self) -> tuple[Missing, ...]:
        """What comes in plain Dutch though the corporation has the language."""
        return tuple(self._lacking())

    def _lacking(self) -> Iterator[Missing]:
        for slug, corporation in self._corporations.items():
            for tag in corporation.languages:
                language = self._languages[slug].get(tag, ())
                yield from (Missing(slug, tag, rule.name) for rule in RULES if rule.name not in language)


def one_line(words: str) -> str:
    """Without anything that would begin another line, or turn letters around."""
    return " ".join(UNRULY.sub(" ", words).split())


def paragraphs(words: str) -> str:
    """With one empty line between two of them, and no stray controls."""
    lines = [one_line(line) for line in words.replace("\r", "\n").split("\n")]
    return re.sub(r"\n{2,}", "\n\n", "\n".join(lines)).strip("\n")


def shortened(words: str) -> str:
    """What fits into one SMS: cut at a word, never inside the link that it ends with."""
    if len(words) <= SHORT:
        return words
    head, _, last = words.rpartition(" ")
    link = f" {last}" if "://" in last else ""
    room = SHORT - len(link) - 1
    cut = (head if link else words)[:room]
    return f"{cut.rpartition(' ')[0] or cut}…{link}"


def _languages(corporation: Corporation, folder: Path | None) -> Iterator[Language]:
    for tag in dict.fromkeys((PLAIN_DUTCH, *corporation.languages)):
        language = ours(tag)
        own = folder and folder / corporation.slug / f"{tag}.toml"
        if own and own.exists():
            language = (language or Language(tag, {}, {}, own)).with_own(own)
        if language:
            yield language


@cache
def ours(tag: str) -> Language | None:
    """A language as we write it, where we do."""
    path = OURS / f"{tag}.toml"
    if not path.exists():
        return None
    texts = read(path)
    words = texts.pop("words")
    return Language(tag, texts, words, path)


def read(path: Path) -> dict[str, dict[str, str]]:
    """A file of texts. Raises TextsError."""
    try:
        found: dict[str, Any] = tomllib.loads(unicodedata.normalize("NFC", path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise TextsError(f"{path}: {error}.") from None
    for rule, parts in found.items():
        if not isinstance(parts, dict) or not all(isinstance(value, str) for value in parts.values()):
            raise TextsError(f"{path}: [{rule}] has to be a table of texts.")
    return found


#: What may have been taken back, or is not always there.
ERASED = frozenset({"title", "reason", "report", "reply", "theme", "into", "incentive", "link", "house"})

PICTOGRAMS = {
    "seat-registered": "✅",
    "seat-waitlisted": "⏳",
    "seat-offered": "🪑",
    "seat-offer-expired": "⌛",
    "seat-withdrawn": "👋",
    "host-confirmed": "🙋",
    "host-withdrew": "🙋",
    "session-scheduled": "📅",
    "session-rescheduled": "🔁",
    "session-cancelled": "❌",
    "session-not-held": "❌",
    "session-reported": "📝",
    "follow-up-decided": "🗳️",
    "series-started": "📅",
    "series-at-risk": "🆘",
    "series-paused": "⏸️",
    "series-stopped": "⏹️",
    "task-raised": "📌",
    "survey-opened": "📋",
    "results-published": "📊",
    "campaign-started": "🎁",
    "theme-admitted": "💡",
    "theme-rejected": "💡",
    "theme-merged": "💡",
    "theme-selected": "💡",
    "theme-answered": "💬",
    "house-paused": "⏸️",
    "house-resumed": "▶️",
    "house-ended": "🏁",
    "welcome": "🏠",
    "moved-out": "📦",
    "session-tomorrow": "⏰",
    "session-soon": "⏰",
    "offer-expires": "⏰",
    "survey-closes": "⏰",
    "code": "🔑",
    "erasure-overdue": "⚠️",
    "webhook-off": "⚠️",
    "digest": "📬",
}
