"""In which order somebody walks past doors."""

import re
import unicodedata
from collections.abc import Mapping

#: A number before a letter: 10 before 10-1 before 10-a.
Part = tuple[int, int, str]


def order(door: Mapping[str, str | None] | None) -> tuple[bool, str, list[Part]]:
    """Street by street, and house numbers as numbers: 2, 2a, 10, 10-1. Who has no door comes last."""
    if door is None:
        return True, "", []
    return False, _alike(door["street"] or ""), [_part(run) for run in runs(door["number"] or "")]


def runs(written: str) -> list[str]:
    """Its figures and its letters, one after the other, however they are written and whatever stands between them."""
    return re.findall(r"[0-9]+|[^\W\d_]+", _alike(written))


def _alike(written: str) -> str:
    return unicodedata.normalize("NFKC", written).casefold()


def _part(run: str) -> Part:
    return (0, int(run), "") if run.isdigit() else (1, 0, run)
