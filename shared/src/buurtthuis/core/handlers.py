"""The registry: which function takes which command or event.

    on = Handlers()

    @on.command
    async def merge_theme(command: MergeTheme, work: Work) -> ThemeMerged: ...

    @on.event
    async def draft_a_session(event: ThemeSelected, work: Work) -> SessionDrafted: ...

The first parameter's annotation decides. A reaction's name is its identity: attempts and parked
events carry it, so renaming the function orphans them.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from buurtthuis.core.errors import Refused
from buurtthuis.core.result import Answer, Happened
from buurtthuis.events import Event

CommandHandler = Callable[..., Awaitable[Answer]]
ReactionHandler = Callable[..., Awaitable[Happened]]
C = TypeVar("C", bound=CommandHandler)
R = TypeVar("R", bound=ReactionHandler)


async def outcome(handler: CommandHandler, command: object, work: Any) -> Answer | Refused:
    """What a command came to: what it is answered, or a refusal that keeps what was done.

    Raises a Refused that keeps nothing."""
    try:
        return await handler(command, work)
    except Refused as refused:
        if refused.kept is None:
            raise
        return refused


@dataclass(frozen=True)
class Reaction:
    """What one service does about one kind of event."""

    name: str
    event: type[Event]
    handle: ReactionHandler


class Handlers:
    """Commands and reactions of one service, or of one of its rooms."""

    def __init__(self) -> None:
        self.commands: dict[type, CommandHandler] = {}
        self.reactions: dict[str, Reaction] = {}

    @classmethod
    def merged(cls, rooms: Iterable["Handlers"]) -> "Handlers":
        """All of them in one; raises TypeError where two take the same command or share a name."""
        whole = cls()
        for room in rooms:
            for command, handler in room.commands.items():
                whole._add_command(command, handler)
            for reaction in room.reactions.values():
                whole._add_reaction(reaction)
        return whole

    def command(self, function: C) -> C:
        """Let `function` take the command that its first parameter names.

        Raises TypeError where another one takes it already."""
        self._add_command(_first_parameter(function), function)
        return function

    def event(self, function: R) -> R:
        """Let `function` react to the event that its first parameter names.

        Raises TypeError where another reaction has its name."""
        self._add_reaction(Reaction(function.__name__, _first_parameter(function), function))
        return function

    @property
    def heard(self) -> frozenset[str]:
        """The services whose events are reacted to."""
        return frozenset(reaction.event.producer() for reaction in self.reactions.values())

    def reactions_to(self, producer: str) -> dict[str, list[Reaction]]:
        """CloudEvents type -> reactions, in the order they were written."""
        found: dict[str, list[Reaction]] = {}
        for reaction in self.reactions.values():
            if reaction.event.producer() == producer:
                found.setdefault(reaction.event.type(), []).append(reaction)
        return found

    def _add_command(self, command: type, handler: CommandHandler) -> None:
        if command in self.commands:
            raise TypeError(f"{command.__name__} has two handlers")
        self.commands[command] = handler

    def _add_reaction(self, reaction: Reaction) -> None:
        if reaction.name in self.reactions:
            raise TypeError(f"two reactions are called {reaction.name}")
        self.reactions[reaction.name] = reaction


def _first_parameter(function: Callable[..., Any]) -> Any:
    hints = get_type_hints(function)
    return hints[next(iter(function.__annotations__))]
