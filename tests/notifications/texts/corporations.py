"""A corporation with all our languages, and one that nobody translates."""

from pathlib import Path
from types import MappingProxyType

from buurtthuis.core.corporations import Corporation

LANGUAGES = ("nl", "nl-x-b1", "en", "ar", "tr", "pl", "uk")
SLUG, NAME = "woonpartners", "Woonpartners Midden-Holland"


def corporation(slug: str = SLUG, *languages: str) -> Corporation:
    return Corporation(
        slug=slug, name=NAME, kvk="90000011", languages=languages or LANGUAGES, time_zone="Europe/Amsterdam"
    )


CORPORATIONS = MappingProxyType({SLUG: corporation()})


def write(folder: Path, name: str, words: str, slug: str = SLUG) -> Path:
    """A file in a corporation's own folder."""
    path = folder / slug / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(words, encoding="utf-8")
    return path
