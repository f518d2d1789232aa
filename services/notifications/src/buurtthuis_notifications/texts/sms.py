"""What goes as one SMS (3GPP TS 23.038): 160 septets where every letter is in its alphabet, 70 units of UTF-16 else.

One letter outside the alphabet more than halves what fits, and a second SMS costs as much as the first, so: signs that have an exact
stand-in get it; a text in its own letters stays so where it fits; letters lose their marks (ë, ş, ł) only where the whole text
fits so and would not otherwise; then it is cut. Arabic and Cyrillic are never written in other letters.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from string import ascii_letters

from buurtthuis_notifications.texts.lines import shortened

ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: These take two septets.
EXTENSION = frozenset("^{}\\[~]|€\f")
#: Signs that read the same.
SIGNS = str.maketrans(
    {
        "…": "...",
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‘’‚‛′´`", "'"),
        **dict.fromkeys("–—―‐‑‒−", "-"),
        **dict.fromkeys("•·", "-"),
        **dict.fromkeys(
            "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f", " "
        ),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", ""),
    }
)
#: Latin letters that no mark makes of another one.
LETTERS = str.maketrans(
    {"ı": "i", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "œ": "oe", "Œ": "OE", "ĳ": "ij", "Ĳ": "IJ"}
)


def in_one_sms(line: str) -> str:
    """The line as it goes, cut where it has to be; the link that it ends with whole, or not at all."""
    written, fits = _written(line)
    return shortened(written, fits.room, fits.size, fits.dots)


def fits_one_sms(line: str) -> bool:
    """Whether nothing of it is cut."""
    written, fits = _written(line)
    return fits.size(written) <= fits.room


def septets(words: str) -> int:
    """How long it is, where all of it is in the alphabet."""
    return len(words) + sum(letter in EXTENSION for letter in words)


def units(words: str) -> int:
    """How long it is in UTF-16."""
    return len(words.encode("utf-16-le")) // 2


@dataclass(frozen=True)
class Fits:
    """How much fits, by which measure, and what stands for the rest."""

    room: int
    size: Callable[[str], int]
    dots: str


PLAIN, ANY = Fits(160, septets, "..."), Fits(70, units, "…")


def _written(line: str) -> tuple[str, Fits]:
    line = unicodedata.normalize("NFC", line)
    signed = _but_for_links(line, lambda word: word.translate(SIGNS))
    if _is_plain(signed):
        return signed, PLAIN
    bare = _but_for_links(signed, _bare)
    return (bare, PLAIN) if units(line) > ANY.room and _is_plain(bare) else (line, ANY)


def _but_for_links(line: str, write: Callable[[str], str]) -> str:
    return " ".join(word if "://" in word else write(word) for word in line.split(" "))


def _bare(word: str) -> str:
    return "".join(map(_without_mark, word.translate(LETTERS)))


def _without_mark(letter: str) -> str:
    base = unicodedata.normalize("NFD", letter)[0]
    return base if letter not in ALPHABET and base in ascii_letters else letter


def _is_plain(words: str) -> bool:
    return {*words} <= ALPHABET | EXTENSION
