"""What is personal in a service: said once, in a table, and taken away by that table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from buurtthuis.core.work import Work

#: What the journal holds is personal too: the library knows which words of each event a person wrote.
JOURNAL: Final = "journal"


@dataclass(frozen=True)
class Personal:
    """One kind of thing, found `by` the attribute that has the id of a house or a resident: these `words`, or lists of
    people, are emptied; without any all of it is deleted."""

    name: str
    kind: type[Any]
    by: str
    words: tuple[str, ...] = ()

    async def take_away(self, whose: UUID, work: Work) -> int:
        """Says of how many."""
        if self.words:
            return await work.blank(self.kind, *self.words, **{self.by: whose})
        return await work.forget(self.kind, **{self.by: whose})

    async def count_left(self, whose: UUID, work: Work) -> int:
        """How many still have anything in them."""
        there = await work.count(self.kind, *self.words, **{self.by: whose})
        return sum(number for words, number in there.items() if not self.words or any(words))


@dataclass(frozen=True)
class Trace:
    """What leads to one resident, or was written by them, in these columns of a kind of thing."""

    name: str
    kind: type[Any]
    columns: tuple[str, ...]


async def take_away_house(personal: Iterable[Personal], house: UUID, work: Work) -> dict[str, int]:
    """All that is personal of a house, in the order of the table, and what the journal says of it; how much of each."""
    removed = {part.name: await part.take_away(house, work) for part in personal}
    return {**removed, JOURNAL: await work.redact(house)}


async def count_left_of_house(personal: Iterable[Personal], house: UUID, work: Work) -> dict[str, int]:
    """The proof: how much of each there is, counted and not taken from what was removed."""
    left = {part.name: await part.count_left(house, work) for part in personal}
    return {**left, JOURNAL: await work.words(house)}
