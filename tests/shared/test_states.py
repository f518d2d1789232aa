"""State machines: a table says everything that may happen, and nothing happens beside it."""

import ast
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

import pytest
from buurtthuis.core.errors import Refused
from buurtthuis.core.states import CannotMove, StateMachine
from hypothesis import given
from hypothesis import strategies as st

SERVICES = Path(__file__).parents[2] / "services"


class Light(StrEnum):
    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    DARK = "dark"


class Lamp:
    def __init__(self, state: Light) -> None:
        self.state = state


class LampCannotMove(CannotMove):
    """A lamp that is {state} cannot become {to}."""


lights = st.sampled_from(Light)
tables = st.dictionaries(lights, st.frozensets(lights))


@given(tables, lights, st.lists(lights))
def test_a_walk_takes_only_steps_of_the_table(
    table: dict[Light, frozenset[Light]], start: Light, wishes: list[Light]
) -> None:
    moves, lamp = StateMachine(table, LampCannotMove), Lamp(start)
    for wish in wishes:
        before = lamp.state
        if wish in table.get(before, ()):
            moves.move(lamp, wish)
            assert lamp.state is wish
        else:
            with pytest.raises(LampCannotMove, match=rf"A lamp that is {before} cannot become {wish}\."):
                moves.move(lamp, wish)
            assert lamp.state is before


@given(tables, lights, lights)
def test_asking_moves_nothing_and_answers_as_moving_does(
    table: dict[Light, frozenset[Light]], state: Light, to: Light
) -> None:
    moves, asked, moved = StateMachine(table), Lamp(state), Lamp(state)
    assert refuses(lambda: moves.check(asked, to)) == refuses(lambda: moves.move(moved, to))
    assert asked.state is state


@given(tables)
def test_it_reads_as_the_table_that_it_was_made_of(table: dict[Light, frozenset[Light]]) -> None:
    assert dict(StateMachine(table)) == table


def test_a_refusal_of_another_name_is_raised_as_well() -> None:
    class Gone(Refused):
        """This is {state}."""

    with pytest.raises(Gone, match=r"This is dark\."):
        StateMachine[Light]({}, Gone).move(Lamp(Light.DARK), Light.RED)


def test_no_state_is_set_beside_a_table() -> None:
    assert [where for path in SERVICES.glob("*/src/**/*.py") for where in states_set(path)] == []


def refuses(step: Callable[[], None]) -> bool:
    try:
        step()
    except CannotMove:
        return True
    return False


def states_set(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr == "state" and isinstance(node.ctx, ast.Store):
            yield f"{path.relative_to(SERVICES)}:{node.lineno}"
