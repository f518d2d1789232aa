"""How long a megabyte of text takes that somebody made up to keep the checks busy, and whether twice as much takes twice."""

import time
from collections.abc import Mapping

from buurtthuis_moderation.domain.checks import Checks

from benchmarks.figures import Row, at_most

MEGABYTE = 1_000_000
#: Each nearly is what a check looks for, again and again.
PIECES: Mapping[str, str] = {
    "one letter": "a",
    "nearly a word that hurts": "kutt ",
    "a word that hurts": "klootzak ",
    "spaced letters": "k l o o t ",
    "weightless marks": "k\u0301\u200d",
    "letters that look Latin": "ааа ",
    "nearly an e-mail address": "a@a",
    "points": "a.",
    "nearly a number": "06-1234567 ",
    "zeros": "0",
    "dates": "01-02-2019 10 ",
    "nearly a street": "straatstraat",
    "blocked links": "https://bit.ly/a ",
    "nearly an account": "NL91ABNA041",
}
#: Every character once takes the tables further than any language does.
ALL = "".join(chr(code) for code in range(0xA0, 0x40000) if not 0xD800 <= code < 0xE000)


async def measure(quick: bool) -> list[Row]:
    """The slowest of all, and the one whose time grows most with its length."""
    rounds = 3 if quick else 9
    texts = {name: _megabyte(piece) for name, piece in PIECES.items()} | {"every character": _megabyte(ALL)}
    taken = {name: _milliseconds(text, rounds) for name, text in texts.items()}
    growth = {
        name: taken[name] / _milliseconds(text[: len(text) // 2], rounds) for name, text in texts.items()
    }
    slowest, steepest = max(taken, key=lambda name: taken[name]), max(growth, key=lambda name: growth[name])
    return [
        at_most(100, "ms", "a megabyte of text is judged", taken[slowest], f"{len(texts)} texts; {slowest}"),
        at_most(3, "×", "and twice as much of it", growth[steepest], f"half of it; {steepest}"),
    ]


def _megabyte(piece: str) -> str:
    text = piece * (MEGABYTE // len(piece.encode()) + 1)
    return text.encode()[:MEGABYTE].decode(errors="ignore")


def _milliseconds(text: str, rounds: int) -> float:
    return min(_once(text) for _ in range(rounds)) * 1000


def _once(text: str) -> float:
    started = time.perf_counter()
    Checks().judge(text, floods=False)
    return time.perf_counter() - started
