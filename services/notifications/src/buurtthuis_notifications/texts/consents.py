"""What people can agree to, in every language: whoever asks them says which, and never in which words."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from buurtthuis.core.corporations import Corporation

from buurtthuis_notifications.domain.residents import PLAIN_DUTCH, Agreed, Purpose

WORDINGS = tomllib.loads((files(__package__) / "consents.toml").read_text(encoding="utf-8"))


def consent(purpose: Purpose, language: str, corporation: Corporation) -> Agreed:
    """To this, as somebody reads it who reads this language."""
    kept = WORDINGS[purpose]
    tag = language if language in kept else PLAIN_DUTCH
    return Agreed(purpose, kept[tag].format(corporation=corporation.name), kept["version"], tag)


def wording_in(language: str, agreed: Mapping[str, Any], corporation: str) -> str:
    """What was agreed to as it reads in this language; in the words that were shown, where we have no others."""
    kept: Mapping[str, str] = WORDINGS[agreed["purpose"]]
    return kept[language].format(corporation=corporation) if language in kept else str(agreed["wording"])


def wordings(purpose: Purpose, corporation: Corporation) -> Mapping[str, str]:
    """In plain Dutch, and in all of the corporation's languages that we have."""
    tags = dict.fromkeys((PLAIN_DUTCH, *corporation.languages))
    return {tag: consent(purpose, tag, corporation).wording for tag in tags if tag in WORDINGS[purpose]}


def version(purpose: Purpose) -> int:
    """Of the wording that is shown now."""
    found: int = WORDINGS[purpose]["version"]
    return found
