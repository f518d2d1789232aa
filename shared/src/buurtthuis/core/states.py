"""State machines: which state may become which, said in one table, and the one way from one to another.

    MOVES = StateMachine(
        {ThemeState.PROPOSED: {ThemeState.ADMITTED, ThemeState.REJECTED}}, ThemeCannotMove
    )
    MOVES.move(theme, ThemeState.ADMITTED)

Whatever is made begins in a state; after that nothing sets one beside its table.
"""

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Protocol, TypeVar

from buurtthuis.core.errors import Refused

State = TypeVar("State", bound=StrEnum)


class CannotMove(Refused):
    """What is {state} cannot become {to}."""


class HasState(Protocol[State]):
    """An aggregate, or a part of one, that is in one state at a time."""

    state: State


class StateMachine(Mapping[State, frozenset[State]]):
    """A table of states and what each may become. A state that is missing is an end.

    Whatever the table lacks is refused by `refusal`, whose docstring may name `{state}` and `{to}`."""

    def __init__(self, table: Mapping[State, Collection[State]], refusal: type[Refused] = CannotMove) -> None:
        self._table = {state: frozenset(ways) for state, ways in table.items()}
        self._refusal = refusal

    def move(self, thing: HasState[State], to: State) -> None:
        """Bring it into another state, or raise the refusal and leave it as it is."""
        self.check(thing, to)
        thing.state = to

    def check(self, thing: HasState[State], to: State) -> None:
        """Raises the refusal."""
        if to not in self._table.get(thing.state, ()):
            raise self._refusal(state=thing.state, to=to)

    def __getitem__(self, state: State) -> frozenset[State]:
        return self._table[state]

    def __iter__(self) -> Iterator[State]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)
