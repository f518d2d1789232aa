"""What a text looks like to whoever reads it: letters that look the same are the same letter.

Which letters do is Unicode's own table (UTS #39), with the figures and signs that people write for letters. Whatever is
made here has a character for each of the text, so that what is found in one is at the same place in the other.
"""

import re
import unicodedata
from itertools import groupby

from buurtthuis.core.texts import NOTHING
from confusable_homoglyphs.confusables import confusables_data

#: What is written onto a letter, or between letters, without taking room, also where Unicode calls it a letter. Nobody
#: can type it.
WEIGHTLESS = "\x7f"
INVISIBLE = frozenset({"Mn", "Me", "Cf"})
#: Where letters, marks and signs are. What is beyond has its own look, whatever it is.
SCRIPTS = (range(0x80, 0x20000), range(0xE0000, 0xE1000))
#: The Latin letter, or the figure, that another character is read as.
READ_AS: dict[str, str] = {
    sign: first
    for sign, alike in confusables_data.items()
    if not sign.isascii() and (first := alike[0]["c"][0]).isascii() and first.isalnum()
} | {"ß": "b", "。": "."}
#: Capital i and small l cannot be told apart, so that both are one letter here; so are the figures among them.
ALIKE = {ord(sign): other for sign, other in zip("l|01345789$@", "iioieastbgsa", strict=True)}
#: Arabic letters that keyboards of other languages have instead, and that people write for each other.
ARABIC = dict(zip("یىکةۀھہ", "ييكهههه", strict=True))
#: What only draws a word of Arabic out (kashida).
TATWEEL = "\u0640"
#: What Unicode calls a Latin letter, drawn in another way.
LATIN = re.compile(r"LATIN (?:CAPITAL |SMALL )?LETTER (?:SMALL CAPITAL )?([A-Z])(?: WITH .*)?$")
LETTERS = {code: chr(code) if chr(code).isalnum() else " " for code in range(128)}
LOOKS = LETTERS | {ord(WEIGHTLESS): WEIGHTLESS} | ALIKE


def plain(text: str) -> str:
    """In letters, figures and signs that a typewriter has, as far as there are any for it."""
    return text if text.isascii() else text.translate(PLAIN)


def looks(plain: str) -> str:
    """Plain text in small letters, each standing for all that look like it; a space stands for whatever is no letter."""
    return plain.lower().translate(LOOKS)


def seen(text: str) -> tuple[str, list[int]]:
    """Plain text without what takes no room, and where each character of it stands in the text, and where that ends."""
    readable = plain(text)
    places = [at for at, sign in enumerate(readable) if sign != WEIGHTLESS]
    return readable.replace(WEIGHTLESS, ""), [*places, len(text)]


def squeezed(text: str) -> str:
    """Its letters alone, each once where it is repeated: `B E H E E R` and `beheer` are the same, and so are rn and m."""
    alike = letters(text).replace("rn", "m").replace("vv", "w")
    return "".join(letter for letter, _ in groupby(alike))


def letters(text: str) -> str:
    """Its letters and figures alone, as they look."""
    return "".join(filter(str.isalnum, looks(plain(text))))


class _Plain(dict[int, str]):
    """What each character is read as, as far as anybody used it: all of them at once would take a second."""

    def __missing__(self, code: int) -> str:
        if not any(code in script for script in SCRIPTS):
            return chr(code)
        self[code] = _read(chr(code))
        return self[code]


PLAIN = _Plain()


def _read(character: str) -> str:
    if unicodedata.category(character) in INVISIBLE or NOTHING.match(character) or character == TATWEEL:
        return WEIGHTLESS
    if not character.isalnum():
        return _typed(character) or " "
    typed = next(filter(None, map(_typed, (character, character.upper(), character.lower()))), None)
    return typed or _without_marks(character)


def _typed(character: str) -> str | None:
    """What a typewriter has for it."""
    base = unicodedata.normalize("NFKD", character)[0]
    found = READ_AS.get(character) or READ_AS.get(base, base)
    if found.isascii():
        return found
    if latin := LATIN.search(unicodedata.name(base, "")):
        return latin[1]
    return str(unicodedata.digit(base, "")) or None


def _without_marks(letter: str) -> str:
    """A letter of another script without what is written onto it: people leave hamza out, and `й` is `и` to many."""
    parts = unicodedata.normalize("NFKD", letter)
    base = parts[0] if all(map(unicodedata.combining, parts[1:])) else letter
    return ARABIC.get(base, base)
