"""All texts of one language, ours or a corporation's own."""

import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from buurtthuis.core.languages import direction
from buurtthuis.core.settings import SettingsError
from jinja2 import Template

from buurtthuis_notifications.domain.residents import PLAIN_DUTCH
from buurtthuis_notifications.domain.rules import RULES
from buurtthuis_notifications.texts.environment import environment
from buurtthuis_notifications.texts.examples import EXAMPLES, barest
from buurtthuis_notifications.texts.lines import isolated, one_line, paragraphs, shortened
from buurtthuis_notifications.texts.pictograms import PICTOGRAMS
from buurtthuis_notifications.texts.sms import fits_one_sms, in_one_sms

OURS = Path(str(files(__package__))) / "languages"
PARTS = ("subject", "short", "body")
#: Where an SMS is to say it in fewer letters than `short` does.
BRIEF = "sms"

#: What people wrote, in whatever language.
WRITTEN = frozenset(
    {
        "title",
        "place",
        "was_place",
        "house",
        "corporation",
        "theme",
        "into",
        "reason",
        "report",
        "reply",
        "incentive",
    }
)

Facts = Mapping[str, Any]
TextSource = Mapping[str, str]


class TextsError(SettingsError):
    """A text cannot be used; the message names the file, the rule and the part."""


@dataclass(frozen=True)
class Text:
    """One message in one language, as it is read; `below` is the same in plain Dutch.

    `brief` is what an SMS says instead of the short form, where that is too long for one in these letters. `link` is where it leads: nothing else that looks like a link is ours."""

    language: str
    direction: str
    pictogram: str
    subject: str
    short: str
    body: str
    below: "Text | None" = None
    link: str | None = None
    brief: str | None = None

    @property
    def sms(self) -> str:
        """What an SMS says, and never more than one."""
        return in_one_sms(self.brief or self.short)


class Language:
    """Texts by rule. Each is compiled when it is first wanted: starting is to take no time."""

    def __init__(self, tag: str, texts: Mapping[str, TextSource], words: TextSource, path: Path) -> None:
        self.tag = tag
        self.words = dict(words)
        self._path = path
        self._texts = dict(texts)
        self._environment = environment(tag, self.words)
        self._compiled: dict[tuple[str, str], Template] = {}

    def __contains__(self, rule: str) -> bool:
        return rule in self._texts

    def render(self, rule: str, facts: Facts, below: Text | None = None) -> Text:
        """One text with these facts. Raises TextsError."""
        runs = direction(self.tag)
        apart = {name: isolated(facts[name], runs) for name in WRITTEN & facts.keys() if facts[name]}
        subject, short = (self._part(rule, part, facts) for part in ("subject", "short"))
        body = self._part(rule, "body", {**facts, **apart})
        brief = self._part(rule, BRIEF, facts) if BRIEF in self._texts[rule] else None
        return Text(
            self.tag,
            runs,
            PICTOGRAMS[rule],
            one_line(subject),
            shortened(one_line(short)),
            paragraphs(body),
            below,
            facts.get("link"),
            brief and one_line(brief),
        )

    def with_own(self, path: Path) -> Self:
        """With a corporation's texts instead of ours, each tried out. Raises TextsError."""
        own = _read(path)
        words = self.words | own.pop("words", {})
        texts = {rule: self._with(rule, parts) for rule, parts in own.items()}
        _check(path, texts, words)
        found = type(self)(self.tag, self._texts | texts, words, path)
        found.try_out(texts)
        return found

    def try_out(self, rules: Iterable[str] | None = None) -> None:
        """Each once as usual, and once with all that people wrote taken back. Raises TextsError."""
        for rule in self._texts if rules is None else rules:
            for facts in (EXAMPLES[rule], barest(rule)):
                self.render(rule, facts)

    def cut_in_sms(self) -> Iterator[str]:
        """The rules of which an SMS does not hold all that they say, with the examples."""
        for rule, parts in self._texts.items():
            said = self._part(rule, BRIEF if BRIEF in parts else "short", EXAMPLES[rule])
            if not fits_one_sms(one_line(said)):
                yield rule

    def _with(self, rule: str, own: TextSource) -> TextSource:
        """Our SMS says what our short form says, and not theirs."""
        ours = {
            part: said
            for part, said in self._texts.get(rule, {}).items()
            if part != BRIEF or "short" not in own
        }
        return ours | {**own}

    def _part(self, rule: str, part: str, facts: Facts) -> str:
        try:
            if (rule, part) not in self._compiled:
                source = self._texts[rule][part].strip()
                self._compiled[rule, part] = self._environment.from_string(source)
            return self._compiled[rule, part].render(facts)
        except Exception as error:  # whatever a template can do wrong
            raise TextsError(f"{self._path}: [{rule}] {part}: {error}.") from None


@cache
def ours(tag: str) -> Language:
    """The texts that we have in this language; none at all where it has no file."""
    path = OURS / f"{tag}.toml"
    if not path.exists():
        return Language(tag, {}, {}, path)
    texts = _read(path)
    words = texts.pop("words", {})
    _check(path, texts, words)
    if tag == PLAIN_DUTCH and (lacking := [rule.name for rule in RULES if rule.name not in texts]):
        raise TextsError(f"{path}: there is no text for {lacking[0]!r}.")
    return Language(tag, texts, words, path)


def _check(path: Path, texts: Mapping[str, TextSource], words: TextSource) -> None:
    """Every text whole, and under a name that means something. Raises TextsError."""
    for rule, parts in texts.items():
        if rule not in PICTOGRAMS:
            raise TextsError(f"{path}: there is no rule called {rule!r}.")
        parts = {part: said for part, said in parts.items() if part != BRIEF}
        _same_names(f"{path}: [{rule}]", parts, dict.fromkeys(PARTS))
    _same_names(f"{path}: [words]", words, _read(OURS / f"{PLAIN_DUTCH}.toml")["words"])


def _same_names(where: str, found: Mapping[str, object], wanted: Mapping[str, object]) -> None:
    for name in wanted:
        if name not in found:
            raise TextsError(f"{where} has no {name}.")
    for name in found:
        if name not in wanted:
            raise TextsError(f"{where} has {name}, which says nothing.")


def _read(path: Path) -> dict[str, dict[str, str]]:
    try:
        found: dict[str, Any] = tomllib.loads(unicodedata.normalize("NFC", path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise TextsError(f"{path}: {error}.") from None
    for rule, parts in found.items():
        if not isinstance(parts, dict) or not all(isinstance(value, str) for value in parts.values()):
            raise TextsError(f"{path}: [{rule}] has to be a table of texts.")
    return found
