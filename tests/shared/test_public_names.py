"""`from buurtthuis import …`: the names that a service of somebody else may count on."""

import ast
import subprocess
import sys
from pathlib import Path

import buurtthuis
import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("fastapi", "sqlalchemy", "redis", "faststream", "httpx")


@pytest.mark.parametrize("name", buurtthuis.__all__)
def test_a_public_name_is_there(name: str) -> None:
    assert getattr(buurtthuis, name) is not None


def test_what_type_checkers_are_told_is_what_is_there() -> None:
    tree = ast.parse(Path(buurtthuis.__file__).read_text(encoding="utf-8"))
    told = {
        alias.name: str(node.module)
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert told == {name: f"buurtthuis.{home}" for name, home in buurtthuis._HOMES.items()}
    assert sorted(told) == sorted(buurtthuis.__all__)


def test_a_name_that_is_none_is_said_so() -> None:
    with pytest.raises(AttributeError, match="no public name Manager"):
        buurtthuis.Manager  # noqa: B018


def test_a_domain_that_needs_events_and_refusals_loads_no_framework() -> None:
    asked = f"from buurtthuis import Event, Refused, Work; import sys; print(*sys.modules.keys() & {set(HEAVY)!r})"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert loaded.split() == []


@pytest.mark.parametrize("example", ["held_sessions", "lent_keys"])
def test_an_example_is_made_of_public_names_and_events(example: str) -> None:
    elsewhere = {
        f"{path.name}: {node.module}"
        for path in (ROOT / "examples" / example / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and str(node.module).startswith("buurtthuis.")
        and not str(node.module).startswith("buurtthuis.events")
    }
    assert elsewhere == set()
