"""From a stream to reactions: effect-once by checkpoint, retries, and parking what never succeeds.

A batch is one transaction: the checkpoint moves from the entry before to the last one, or the batch is a repeat
and is dropped. What fails is done again event by event; what keeps failing is parked.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.errors import why
from buurtthuis.core.handlers import Reaction
from buurtthuis.core.tasks import Leaving, unless
from buurtthuis.core.work import Cause
from buurtthuis.eventlog import dead_letters
from buurtthuis.eventlog.envelope import Envelope, belongs
from buurtthuis.eventlog.reactions import react
from buurtthuis.eventlog.retries import ATTEMPTS, Pause
from buurtthuis.eventlog.streams import stream_name
from buurtthuis.persistence.engine import Database, is_transient
from buurtthuis.persistence.journal import PAGE
from buurtthuis.persistence.unit_of_work import SqlWork

log = structlog.get_logger(__name__)

#: Entries read and committed together, from a stream or from a page of the feed.
BATCH = PAGE
#: How often readers are looked after, in seconds.
WATCH_SECONDS = 1.0


class Feeds(Protocol):
    """Where the past of a stream can be read."""

    async def page(self, corporation: Corporation, service: str, after: int) -> Sequence[Envelope]:
        """The producer's entries above `after`, in order; empty at the end."""


class NotTheirs(Exception):
    """It does not belong where it was found: {why}."""


class CheckpointMoved(Exception):
    """Somebody else has this batch, or it is a repeat."""


OPEN = text("INSERT INTO checkpoints (source) VALUES (:source) ON CONFLICT DO NOTHING")
#: Losing that somebody reads costs no more than care, and only where both die: so that commit need not wait for the disk.
OPEN_TOGETHER = text(
    """
    WITH before AS (SELECT source, reading FROM checkpoints WHERE source = ANY(:sources)),
    opened AS (
        INSERT INTO checkpoints (source, reading) SELECT unnest(CAST(:sources AS text[])), true
        ON CONFLICT (corporation, source) DO UPDATE SET reading = true
        RETURNING source, position
    )
    SELECT opened.source, opened.position, coalesce(before.reading, false) AS was_killed,
        set_config('synchronous_commit', 'off', true)
    FROM opened LEFT JOIN before USING (source)
    """
)
CLOSE_TOGETHER = text("UPDATE checkpoints SET reading = false WHERE source = ANY(:sources)")
WHERE = text("SELECT position FROM checkpoints WHERE source = :source")
MOVE = text("UPDATE checkpoints SET position = :last WHERE source = :source AND position = :before")


class Subscription:
    """One service's reading of one producer, for one corporation."""

    def __init__(
        self,
        service: str,
        source: str,
        corporation: Corporation,
        reactions: Mapping[str, Sequence[Reaction]],
        database: Database,
        feeds: Feeds,
    ) -> None:
        self.service = service
        self.source = source
        self.corporation = corporation
        self.reactions = reactions
        self.database = database
        self.feeds = feeds
        self.position = 0
        #: Up to here every event is tried alone, counted beforehand: one of them failed, or killed our predecessor.
        self._careful_until = 0
        self._leaving = asyncio.Event()

    @property
    def stream(self) -> str:
        """The stream that is read."""
        return stream_name(self.corporation.slug, self.source)

    async def open(self) -> None:
        """Find the checkpoint, or start at the beginning; careful where whoever read before did not stop by itself."""
        await open_together(self.database, [self])

    def opened_at(self, position: int, *, was_killed: bool) -> None:
        """Read on from there; `was_killed` is whoever read before, perhaps by what comes next."""
        self.position = position
        self._careful_until = position + BATCH if was_killed else 0

    def leave(self) -> None:
        """Wait for nobody any more: neither for a feed nor for a database that is away, nor to try again."""
        self._leaving.set()

    async def close(self) -> None:
        """Leave word that nothing was left in mid-batch."""
        await close_together(self.database, [self])

    async def reread(self) -> None:
        """Where the checkpoint is now, whoever moved it; at the beginning where there is none."""
        async with self.database.transaction(self.corporation.slug) as session:
            await session.execute(OPEN, {"source": self.source})
            self.position = int((await session.execute(WHERE, {"source": self.source})).scalar_one())

    async def receive(self, batch: Sequence[Envelope]) -> None:
        """React to what is new in a batch; returns when it is committed, here or elsewhere, or when it is time to leave.

        An empty batch stands for entries that could not be read."""
        fresh = [envelope for envelope in batch if envelope.position > self.position]
        if batch and not fresh:
            return
        with suppress(Leaving):
            if fresh and self._follows(fresh):
                await self.apply(fresh)
            else:
                await self._fill_the_gap()

    async def catch_up(self) -> None:
        """Read what the stream no longer has from the producer's feed, until there is no more.

        Each page is fetched while the one before is being applied."""
        coming = self._fetch(self.position)
        try:
            while page := await unless(self._leaving, coming):
                coming = self._fetch(page[-1].position)
                await self.apply(page)
                if self.position != page[-1].position:  # somebody else was faster
                    coming.cancel()
                    coming = self._fetch(self.position)
        finally:
            coming.cancel()

    def _fetch(self, after: int) -> asyncio.Task[Sequence[Envelope]]:
        return asyncio.create_task(self._page(after))

    async def _page(self, after: int) -> Sequence[Envelope]:
        pause = Pause()
        while True:
            try:
                page = await self.feeds.page(self.corporation, self.source, after)
                self._check_that_all_are_theirs(page)
                return page
            except Exception as error:  # the producer may be away for as long as it likes
                log.warning("feed does not answer", source=self.source, exc_info=error)
                await pause()

    def _check_that_all_are_theirs(self, page: Sequence[Envelope]) -> None:
        if not all(belongs(envelope, self.corporation, self.source) for envelope in page):
            raise NotTheirs(f"the feed of {self.source} shows what it did not say to {self.corporation.slug}")

    async def apply(self, batch: Sequence[Envelope]) -> None:
        """Commit a batch's effects once; falls back to one by one where something fails for good."""
        alone = [envelope for envelope in batch if envelope.position <= self._careful_until]
        together = batch[len(alone) :]
        try:
            for envelope in alone:
                await self._alone(envelope)
            if together:
                await self._persist(lambda: self._together(together))
        except CheckpointMoved:
            await self._persist(self.reread)
        except Leaving:
            raise
        except Exception as error:
            log.warning("reactions failed, going one by one", source=self.source, exc_info=error)
            self._careful_until = together[-1].position
            await self.apply([envelope for envelope in batch if envelope.position > self.position])

    async def _fill_the_gap(self) -> None:
        before = self.position
        await self.catch_up()
        if (
            self.position == before
        ):  # the stream shows what the producer does not know (any more): do not spin
            await unless(self._leaving, asyncio.sleep(WATCH_SECONDS))

    def _follows(self, batch: Sequence[Envelope]) -> bool:
        return (
            batch[0].position == self.position + 1
            and batch[-1].position - batch[0].position == len(batch) - 1
        )

    async def _persist(self, step: Callable[[], Awaitable[None]]) -> None:
        """Try again for as long as the database is away; its stream waits."""
        pause = Pause()
        while True:
            try:
                return await step()
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("database does not answer, waiting", source=self.source, exc_info=error)
                await unless(self._leaving, pause())

    async def _together(self, batch: Sequence[Envelope]) -> None:
        async with self.database.work(self.corporation, Cause(SYSTEM)) as work:
            await self._move(work, batch[-1].position)
            for envelope in batch:
                for reaction in self.reactions.get(envelope.type, ()):
                    await react(reaction, envelope, work)
        self.position = batch[-1].position

    async def _alone(self, envelope: Envelope) -> None:
        """One event by itself, each reaction counted in the database before it is tried."""
        pause = Pause()
        tally = dead_letters.Tally(self.database, self.corporation.slug, self.source, envelope.position)
        errors: dict[str, str] = {}
        while True:
            try:
                return await self._persist(lambda: self._attempt(envelope, tally, errors))
            except (CheckpointMoved, Leaving):
                raise
            except Exception as error:
                errors[tally.running] = why(error)
                log.warning("reaction failed", reaction=tally.running, event_id=envelope.id, why=why(error))
                await unless(self._leaving, pause())

    async def _attempt(
        self, envelope: Envelope, tally: dead_letters.Tally, errors: Mapping[str, str]
    ) -> None:
        reactions = self.reactions.get(envelope.type, ())
        counts = await tally.counts() if reactions else {}
        async with self.database.nested, self._counted_work(tally) as work:
            await self._move(work, envelope.position)
            for reaction in reactions:
                if counts.get(reaction.name, 0) >= ATTEMPTS - 1:
                    reason = errors.get(reaction.name, "the process stopped while it reacted")
                    await dead_letters.park(work, self.source, envelope, reaction.name, reason)
                else:
                    await tally.start(reaction.name)
                    await react(reaction, envelope, work)
                    await work.flush()  # what the database refuses is this reaction's own fault
            if counts or reactions:
                await tally.clear(work.session)
        self.position = envelope.position

    @asynccontextmanager
    async def _counted_work(self, tally: dead_letters.Tally) -> AsyncIterator[SqlWork]:
        """A unit of work; when the database itself gives way, the attempt is not counted."""
        try:
            async with self.database.work(self.corporation, Cause(SYSTEM)) as work:
                yield work
        except DBAPIError as error:
            tally.interrupted = is_transient(error)
            raise

    async def _move(self, work: SqlWork, last: int) -> None:
        moved: Any = await work.session.execute(
            MOVE, {"source": self.source, "last": last, "before": self.position}
        )
        if moved.rowcount != 1:
            raise CheckpointMoved


async def open_together(database: Database, subscriptions: Sequence[Subscription]) -> None:
    """Open all of one corporation in one transaction."""
    by_source = {one.source: one for one in subscriptions}
    if not by_source:
        return
    async with database.transaction(subscriptions[0].corporation.slug) as session:
        opened = (await session.execute(OPEN_TOGETHER, {"sources": list(by_source)})).all()
    for row in opened:
        by_source[row.source].opened_at(row.position, was_killed=row.was_killed)


async def close_together(database: Database, subscriptions: Sequence[Subscription]) -> None:
    """Close all of one corporation in one transaction."""
    if subscriptions:
        async with database.transaction(subscriptions[0].corporation.slug) as session:
            await session.execute(CLOSE_TOGETHER, {"sources": [one.source for one in subscriptions]})
