"""When a journal is older than what was heard of it: nothing is said in a place that was taken before.

The database came back from an older copy. Numbers go on above everything that anybody knows, and what is lost is said,
in an entry of its own."""

from collections.abc import Sequence

import structlog
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.work import Cause
from buurtthuis.eventlog.agreement import HeardAt, is_believable, newest_agreed
from buurtthuis.eventlog.positions import Positions
from buurtthuis.eventlog.stream_writer import End, StreamWriter
from buurtthuis.events import Audience
from buurtthuis.events.journal import JournalRestored
from buurtthuis.persistence import history, journal
from buurtthuis.persistence.engine import Database

log = structlog.get_logger(__name__)

#: Entries that were not published yet, of which the stream is asked whether it has them all the same.
UNPUBLISHED = 1000

OPEN_STREAM = text("INSERT INTO streams DEFAULT VALUES ON CONFLICT DO NOTHING")
LOCK = text("SELECT numbered, published FROM streams FOR UPDATE")
NUMBERED = text(
    "UPDATE streams SET numbered = :numbered RETURNING pg_notify('buurtthuis_journal', CAST(:corporation AS text))"
)
PUBLISHED = text("UPDATE streams SET published = :published")
UNNUMBER = text("UPDATE journal SET position = NULL WHERE position > :agreed")
#: Whether it was said already that what was heard up to there is lost.
IS_SAID = text(
    """
    SELECT EXISTS (
        SELECT FROM journal WHERE type = :type
        AND CAST(data ->> 'restored_from' AS bigint) < :heard AND CAST(data ->> 'restored_to' AS bigint) >= :heard
    )
    """
)


class LostPositions:
    """Of one service's journals: what they do not know, though somebody else does."""

    def __init__(self, service: str, database: Database, streams: StreamWriter, positions: Positions) -> None:
        self._service = service
        self._database = database
        self._streams = streams
        self._positions = positions

    async def agree(self, corporation: str, heard: Sequence[HeardAt]) -> tuple[HeardAt | None, bool]:
        """The newest of what a reader heard that the journal has in the same place; None where it has none of it there.

        What it heard after that was lost, and that is said: whether it is now is the second answer."""
        async with self._database.transaction(corporation) as session:
            there = await journal.ids_at(session, [heard_at.position for heard_at in heard])
            begins_after = await history.begins_after(session, Audience.SYSTEM)
        agreed = newest_agreed(heard, there, begins_after)
        newest = max(heard_at.position for heard_at in heard)
        if not agreed or agreed.position >= newest:
            return agreed, False
        return agreed, await self._say(corporation, agreed.position, newest)

    async def check(self, corporation: str) -> None:
        """Before the first numbering: an older database must not hand out positions a second time."""
        numbered, published = await self._positions.of(corporation)
        if (known := await self._known(corporation, published)) > numbered:
            await self.jump_past(corporation, known)

    async def leap(self, corporation: str) -> None:
        """Where the stream turned out to be ahead, or to hold other events in the same places."""
        _, published = await self._positions.of(corporation)
        await self.jump_past(corporation, await self._known(corporation, published))

    def known(self, corporation: str, end: End) -> int:
        """The highest position that the stream or this process has seen given out."""
        return max(end.ours, self._positions.seen(corporation))

    async def jump_past(self, corporation: str, known: int) -> None:
        """Number on above everything that anybody knows; what the stream does not confirm gets a new number."""
        async with self._database.transaction(corporation) as session:
            await session.execute(OPEN_STREAM)
            numbered, published = (await session.execute(LOCK)).one()
            if published >= known:
                return
            agreed = await self._confirmed(session, corporation, published)
            last = max(known, numbered)
            await session.execute(UNNUMBER, {"agreed": agreed})
            await self._journal_the_loss(session, agreed, last, last + 1)
            await session.execute(NUMBERED, {"numbered": last + 1, "corporation": corporation})
            await session.execute(PUBLISHED, {"published": last})
        _say_in_the_log(corporation, agreed, last)

    async def _known(self, corporation: str, published: int) -> int:
        return self.known(corporation, await self._streams.end(corporation, published))

    async def _say(self, corporation: str, agreed: int, heard: int) -> bool:
        """Once, and on a number above all that anybody has heard; whether it was not said before."""
        async with self._database.transaction(corporation) as session:
            await session.execute(OPEN_STREAM)
            numbered, _ = (await session.execute(LOCK)).one()
            if not is_believable(heard, numbered):
                log.error("a reader says it heard what cannot be", corporation=corporation, heard_to=heard)
                return False
            if await session.scalar(IS_SAID, {"type": JournalRestored.type(), "heard": heard}):
                return False
            is_above = heard > numbered
            await self._journal_the_loss(session, agreed, heard, heard + 1 if is_above else None)
            if is_above:
                await session.execute(NUMBERED, {"numbered": heard + 1, "corporation": corporation})
        _say_in_the_log(corporation, agreed, heard)
        return True

    async def _confirmed(self, session: AsyncSession, corporation: str, published: int) -> int:
        """Up to where the stream confirms the journal."""
        entries = await journal.read(session, published, UNPUBLISHED)
        there = await self._streams.events(corporation, entries) if entries else {}
        agreed = published
        for entry in entries:
            if there.get(entry.position) != entry.event_id:
                break
            agreed = entry.position
        return agreed

    async def _journal_the_loss(
        self, session: AsyncSession, agreed: int, last: int, position: int | None
    ) -> None:
        event = JournalRestored(service=self._service, restored_from=agreed, restored_to=last)
        row = journal.row(event, Cause(SYSTEM), self._database.clock())
        await session.execute(insert(journal.journal), [{**row, "position": position}])


def _say_in_the_log(corporation: str, agreed: int, last: int) -> None:
    log.error("journal restored from an older copy", corporation=corporation, lost_from=agreed, lost_to=last)
