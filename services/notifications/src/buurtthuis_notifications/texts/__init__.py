"""What messages say, in every language: one file for each, and plain Dutch below all others.

A text has a subject, a short form and a body, and where an SMS holds less than the short form a briefer one for that. A language
that lacks one gives plain Dutch instead, whole: never a mixture.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from buurtthuis.core.corporations import Corporation

from buurtthuis_notifications.domain.residents import PLAIN_DUTCH
from buurtthuis_notifications.domain.rules import RULES
from buurtthuis_notifications.texts.language import Facts, Language, Text, TextsError, TextSource, ours
from buurtthuis_notifications.texts.lines import one_line
from buurtthuis_notifications.texts.own import Own

__all__ = ["Facts", "FactsIn", "Missing", "Text", "TextSource", "Texts", "TextsError", "one_line"]

#: What a text is told, by the language that it is in.
FactsIn = Callable[[str], Facts]
#: Dutch needs no plain Dutch below it.
DUTCH = frozenset({"nl", PLAIN_DUTCH})


@dataclass(frozen=True)
class Missing:
    """A text that a corporation should have, and that comes in plain Dutch instead."""

    corporation: str
    language: str
    rule: str


class Texts:
    """Every corporation's texts: ours, with its own instead where it has any."""

    def __init__(self, corporations: Mapping[str, Corporation], folder: Path | None = None) -> None:
        """Read all, and try out those that are not ours: ours are tried by tests. Raises SettingsError."""
        self._folder = folder
        self._corporations: Mapping[str, Corporation] = {}
        self.prepare(corporations)

    def prepare(self, corporations: Mapping[str, Corporation]) -> None:
        """Have these corporations' texts from now on. Raises SettingsError, and then nothing changed.

        The folder of one that was there before may outlast it."""
        folder = self._folder
        if folder:
            _check_folders(folder, {**self._corporations, **corporations})
        own = {slug: Own.load(folder, slug) for slug in corporations}
        languages = {
            slug: {tag: _language(tag, folder and folder / slug) for tag in _tags(corporation)}
            for slug, corporation in corporations.items()
        }
        self.own, self._languages, self._corporations = own, languages, dict(corporations)

    def render(self, corporation: str, rule: str, language: str, facts: Facts | FactsIn) -> Text:
        """What a resident reads, in their language or else in plain Dutch; `facts` may be others in each language."""
        languages = self._languages[corporation]
        told = facts if callable(facts) else lambda _: facts
        plain = languages[PLAIN_DUTCH].render(rule, told(PLAIN_DUTCH))
        if language == PLAIN_DUTCH or not self.has(corporation, rule, language):
            return plain
        below = None if language in DUTCH else plain
        return languages[language].render(rule, told(language), below)

    def has(self, corporation: str, rule: str, language: str) -> bool:
        """Whether this text is there in this language."""
        found = self._languages[corporation].get(language)
        return found is not None and rule in found

    def words(self, corporation: str, language: str) -> TextSource:
        """What layouts say around a text."""
        languages = self._languages[corporation]
        plain = languages[PLAIN_DUTCH]
        return languages.get(language, plain).words or plain.words

    def try_out(self) -> None:
        """All texts, ours as well. Raises TextsError."""
        for languages in self._languages.values():
            for language in languages.values():
                language.try_out()

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What comes in plain Dutch though the corporation has the language."""
        return tuple(self._lacking())

    def cut_in_sms(self) -> Iterator[tuple[str, str, str]]:
        """Corporation, language and rule of which an SMS does not hold all."""
        for slug, languages in self._languages.items():
            for tag, language in languages.items():
                yield from ((slug, tag, rule) for rule in language.cut_in_sms())

    def _lacking(self) -> Iterator[Missing]:
        for slug, corporation in self._corporations.items():
            for tag in corporation.languages:
                language = self._languages[slug][tag]
                yield from (Missing(slug, tag, rule.name) for rule in RULES if rule.name not in language)


def _tags(corporation: Corporation) -> tuple[str, ...]:
    return tuple(dict.fromkeys((PLAIN_DUTCH, *corporation.languages)))


def _language(tag: str, folder: Path | None) -> Language:
    path = folder and folder / f"{tag}.toml"
    return ours(tag).with_own(path) if path and path.exists() else ours(tag)


def _check_folders(folder: Path, corporations: Mapping[str, Corporation]) -> None:
    """Nobody would notice a file that is never read. Raises TextsError."""
    try:
        found = sorted(folder.glob("*/*.toml")) if folder.is_dir() else None
    except OSError as error:
        raise TextsError(f"TEXTS_FOLDER: {folder}: {error.strerror}.") from None
    if found is None:
        raise TextsError(f"TEXTS_FOLDER: {folder}: there is no such folder.")
    for path in found:
        corporation = corporations.get(path.parent.name)
        if corporation is None:
            raise TextsError(f"{path}: there is no corporation called {path.parent.name!r}.")
        if path.stem not in ("rules", *_tags(corporation)):
            raise TextsError(f"{path}: {corporation.name} has no language {path.stem!r}.")
