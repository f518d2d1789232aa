"""What refusals say to residents, in their languages. In English it is what is said where they are raised.

A file for each language has a sentence by a refusal's code, and `[fields]` by pydantic's names of mistakes. What a language has no
sentence for is said in English."""

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any, Final

from buurtthuis.core.errors import Malformed, Refused
from buurtthuis.core.languages import Preferred

ENGLISH: Final = "en"


def _load() -> Mapping[str, Any]:
    folder = files(__name__)
    return {
        file.name.removesuffix(".toml"): tomllib.loads(file.read_text(encoding="utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    }


SENTENCES: Final = _load()


def language_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The best of those that there are, as Accept-Language says it; English where it says none of them."""
    said = ", ".join(value.decode("latin-1") for name, value in headers if name == b"accept-language")
    return Preferred.by_header(said).among((ENGLISH, *sorted(SENTENCES))) or ENGLISH if said else ENGLISH


def sentence_for(error: Refused, language: str) -> str:
    """What it says, in a language."""
    sentence = SENTENCES.get(language, {}).get(error.code())
    return sentence.format_map(error.facts) if sentence else str(error)


def sentence_for_field(kind: str, facts: Mapping[str, Any], english: str, language: str) -> str:
    """What is wrong with a field, by pydantic's name for it and what it says of it."""
    if language not in SENTENCES:
        return english
    sentences = SENTENCES[language]
    sentence: str = sentences["fields"].get(kind) or sentences[Malformed.code()]
    return sentence.format_map(facts)
