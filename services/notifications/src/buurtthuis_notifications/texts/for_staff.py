"""What staff read on paper and in lists, in plain Dutch: theirs is the language of the house's letters."""

import tomllib
from importlib.resources import files

WORDS: dict[str, str] = tomllib.loads((files(__package__) / "for_staff.toml").read_text(encoding="utf-8"))


def for_staff(name: str, **facts: str) -> str:
    """A word or a sentence of the catalogue."""
    return WORDS[name].format(**facts)
