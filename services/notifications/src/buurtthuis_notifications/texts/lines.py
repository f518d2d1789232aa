"""What people and templates write, as lines: nothing in them can begin another line or turn letters around."""

import re
import unicodedata
from collections.abc import Callable

#: As much as a screen shows at once.
SHORT = 160
#: A link is left out where less than this is left beside it: it is worth nothing without a word, nor is half of it.
A_WORD = 20
#: What makes a line end, or letters run the other way, for whoever reads it.
UNRULY = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
#: The letters of the other direction, by where a text begins (UAX #9).
OTHERWISE = {"ltr": frozenset({"R", "AL"}), "rtl": frozenset({"L"})}
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


def one_line(words: str) -> str:
    """Without anything that would begin another line, or turn letters around."""
    return " ".join(UNRULY.sub(" ", words).split())


def paragraphs(words: str) -> str:
    """With one empty line between two of them, and no stray controls but isolates of ours."""
    parts = re.split(f"([\n{FIRST_STRONG_ISOLATE}{POP_ISOLATE}])", re.sub(r"\r\n?", "\n", words))
    kept = "".join(part if at % 2 else _tidy(part) for at, part in enumerate(parts))
    lines = (line.strip() for line in kept.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def isolated(words: str, direction: str) -> str:
    """What somebody wrote, to be put into a text that runs in this direction: lines that run the other way are by
    themselves, so that neither moves the other's full stops and numbers."""
    return "\n".join(_isolated(line, direction) for line in re.split(r"\r\n|\r|\n", words))


def _isolated(line: str, direction: str) -> str:
    tidy = one_line(line)
    if not any(unicodedata.bidirectional(letter) in OTHERWISE[direction] for letter in tidy):
        return tidy
    return f"{FIRST_STRONG_ISOLATE}{tidy}{POP_ISOLATE}"


def _tidy(words: str) -> str:
    return re.sub(r"\s+", " ", UNRULY.sub(" ", words))


def shortened(words: str, room: int = SHORT, size: Callable[[str], int] = len, dots: str = "…") -> str:
    """What fits, by this measure: cut at a word, with the whole link that it ends with, or without it."""
    if size(words) <= room:
        return words
    head, _, last = words.rpartition(" ")
    if "://" not in last:
        return _cut(words, room, size, dots)
    beside = room - size(last) - 1
    return (
        f"{_cut(head, beside, size, dots)} {last}" if beside >= A_WORD else shortened(head, room, size, dots)
    )


def _cut(words: str, room: int, size: Callable[[str], int], dots: str) -> str:
    """Whole words, with dots for the rest; within a word where there is no other place."""
    if size(words) <= room:
        return words
    kept = words
    while size(kept) > room - size(dots):
        kept = kept[: -max(1, (size(kept) - room) // 2)]
    if words[len(kept)] != " ":
        kept = kept.rpartition(" ")[0].rstrip() or kept
    return f"{kept.rstrip()}{dots}"
