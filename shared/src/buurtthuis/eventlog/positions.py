"""How far a service's journals are, and the highest positions that its relay has seen given out."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import text

from buurtthuis.core.corporations import Corporation
from buurtthuis.persistence import journal
from buurtthuis.persistence.engine import Database

REACHED = text("SELECT numbered, published FROM streams")


class StreamAhead(Exception):
    """The stream, or this relay, knows positions of ours that the journal does not know, or knows otherwise."""


class Reached(NamedTuple):
    """How far a journal is, and how far of that is published."""

    numbered: int
    published: int


class Positions:
    """Of one service's journals, one per corporation."""

    def __init__(self, database: Database, corporations: Mapping[str, Corporation]) -> None:
        self._database = database
        self._corporations = corporations
        #: A database that knows less is an older copy.
        self._seen: dict[str, int] = {}

    async def of(self, corporation: str) -> Reached:
        """How far its journal is; where nothing was ever said, nowhere."""
        async with self._database.transaction(corporation) as session:
            row = (await session.execute(REACHED)).one_or_none()
            return Reached(*row) if row else Reached(0, 0)

    async def of_all(self) -> Mapping[str, Reached]:
        """How far every journal is."""
        found = await self._database.who_has_work([journal.NUMBERED.name, journal.PUBLISHED.name])
        numbered, published = found[journal.NUMBERED.name], found[journal.PUBLISHED.name]
        return {slug: Reached(numbered.get(slug, 0), published.get(slug, 0)) for slug in self._corporations}

    def seen(self, corporation: str) -> int:
        """The highest position that we have seen given out; 0 where we have seen none."""
        return self._seen.get(corporation, 0)

    def see(self, corporation: str, reached: int) -> None:
        """Its journal is so far. Raises StreamAhead where it was further."""
        if reached < self.seen(corporation):
            raise StreamAhead(corporation)
        if corporation in self._corporations:  # else it left, and nothing is known of it when it comes again
            self._seen[corporation] = reached

    def give_up(self, corporation: str) -> None:
        """It left, or is another one now."""
        self._seen.pop(corporation, None)
