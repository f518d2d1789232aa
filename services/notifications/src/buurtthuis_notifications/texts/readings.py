"""Who read contact data and why, in words that the resident understands."""

import tomllib
from importlib.resources import files

from buurtthuis.core.corporations import Corporation

from buurtthuis_notifications.domain.readings import Occasion
from buurtthuis_notifications.domain.residents import PLAIN_DUTCH

SENTENCES: dict[str, dict[str, str]] = tomllib.loads(
    (files(__package__) / "readings.toml").read_text(encoding="utf-8")
)


def sentence(occasion: Occasion, language: str, corporation: Corporation) -> str:
    """In this language, or in plain Dutch."""
    kept = SENTENCES[occasion]
    return kept.get(language, kept[PLAIN_DUTCH]).format(corporation=corporation.name)
