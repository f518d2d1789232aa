"""Where sentences for people are made: in texts, one file for each language, and never in code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SERVICES = Path(__file__).parents[2] / "services"
#: A sentence of two words or more, with one that only Dutch has.
DUTCH = re.compile(
    r"(?=.*\s).*\b(het|een|geen|niet|wordt|worden|zijn|gaat|ligt|heeft|deze|dit|naar|voor|jouw|uw|mijn|wij|onze)\b",
    re.IGNORECASE | re.DOTALL,
)
#: What is made up, for whoever tries an API, a text or a road out.
MADE_UP = {"examples", "example"}
TRIED_OUT = ("texts/examples.py", "cli.py")
#: The headings of a list that staff walk with.
FOR_STAFF = {"Niet thuis"}


def words_in(node: ast.AST) -> Iterator[str]:
    """What is written in code, but for its own explanation and for examples."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.keyword) and child.arg in MADE_UP:
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value
        yield from words_in(child)


def test_no_sentence_in_dutch_is_written_in_code() -> None:
    found = {
        (str(path.relative_to(SERVICES)), words)
        for path in sorted(SERVICES.glob("*/src/*/**/*.py"))
        if path.parent.name != "migrations" and not str(path).endswith(TRIED_OUT)
        for words in words_in(ast.parse(path.read_text(encoding="utf-8")))
        if DUTCH.match(words) and words not in FOR_STAFF
    }
    assert found == set()
