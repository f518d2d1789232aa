"""From a stream to reactions: effect-once by checkpoint, retries, and parking what never succeeds.

A batch is one transaction: the checkpoint moves from the entry before to the last one, or the batch is a repeat
and is dropped. What fails is done again event by event; what keeps failing is parked.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import cached_property
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.errors import why
from buurtthuis.core.handlers import Reaction
from buurtthuis.core.tasks import Leaving, unless
from buurtthuis.core.work import Cause
from buurtthuis.eventlog import checkpoints, dead_letters
from buurtthuis.eventlog.agreement import (
    ASKED_TOGETHER,
    BEGINNING,
    HAD_NOTHING,
    HeardAt,
    contradicts,
    follows,
)
from buurtthuis.eventlog.checkpoints import Checkpoint, CheckpointMoved, HeardBatch, Opened, StillRead
from buurtthuis.eventlog.envelope import Envelope
from buurtthuis.eventlog.feeds import Feeds, page_after
from buurtthuis.eventlog.passing import Passing
from buurtthuis.eventlog.reactions import react
from buurtthuis.eventlog.retries import ATTEMPTS, Pause
from buurtthuis.eventlog.streams import stream_name
from buurtthuis.persistence.engine import Database, is_transient
from buurtthuis.persistence.journal import PAGE
from buurtthuis.persistence.replicas import Replicas
from buurtthuis.persistence.unit_of_work import SqlWork
from buurtthuis.telemetry.metrics import MISSED_HISTORY, WENT_BACK

log = structlog.get_logger(__name__)
T = TypeVar("T")

#: Entries read and committed together, from a stream or from a page of the feed.
BATCH = PAGE
#: How often readers are looked after, in seconds.
WATCH_SECONDS = 1.0


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
        replicas: Replicas,
        passing: Passing,
    ) -> None:
        self.service = service
        self.source = source
        self.corporation = corporation
        self.reactions = reactions
        self.database = database
        self.feeds = feeds
        self.replicas = replicas
        self._passing = passing
        self.last = BEGINNING
        #: Whether the producer's journal was seen to have what we heard last, where we heard something.
        self.is_compared = True
        #: Whether that is what our own database says; another one may have come back in its place.
        self.is_known = False
        self._had = HAD_NOTHING
        self._one_at_a_time = asyncio.Lock()
        #: Up to here every event is tried alone, counted beforehand: one of them failed, or killed our predecessor.
        self._careful_until = 0

    @property
    def position(self) -> int:
        """How far it has read."""
        return self.last.position

    @property
    def stream(self) -> str:
        """The stream that is read."""
        return stream_name(self.corporation.slug, self.source)

    def after(self) -> str:
        """The entry behind which its stream is read on."""
        return f"{self.position}-0"

    async def open(self) -> None:
        """Find the checkpoint, or start at the beginning; careful where whoever read before did not stop by itself.

        Raises StillRead."""
        await open_together(self.database, [self], self.replicas)

    def opened_at(self, opened: Opened) -> None:
        """Read on from there; whoever read before may have been killed by what comes next."""
        self._stand_at(opened.checkpoint)
        self._careful_until = self.position + BATCH if opened.was_killed else 0
        self.is_compared = self.last == BEGINNING

    @cached_property
    def _leaving(self) -> asyncio.Event:
        """Made by whoever waits first: there are thousands of us, and it is larger than all else."""
        return asyncio.Event()

    def leave(self) -> None:
        """Wait for nobody any more: neither for a feed nor for a database that is away, nor to try again."""
        self._leaving.set()

    async def close(self) -> None:
        """Leave word that nothing was left in mid-batch."""
        await close_together(self.database, [self], self.replicas)

    async def reread(self) -> None:
        """Where the checkpoint is now, whoever moved it; at the beginning where there is none."""
        async with self.database.transaction(self.corporation.slug) as session:
            self._stand_at(await checkpoints.read(session, self.source))

    def forget(self) -> None:
        """Our database may be another one than it was: look where the checkpoint is, and compare that."""
        self.is_known = self.is_compared = False

    async def compare(self) -> None:
        """Go back where the producer's journal does not have what we heard last. Raises what keeps it from answering."""
        if not self.is_known:
            async with self._one_at_a_time:
                await self.reread()
        heard_at = self.last
        agreed = heard_at.event_id is None or await self.feeds.agree(
            self.corporation, self.source, [heard_at]
        )
        if not agreed and self.last == heard_at:
            await self.receive([])
        self.is_compared = True

    async def receive(self, batch: Sequence[Envelope]) -> None:
        """React to what is new in a batch; returns when it is committed, here or elsewhere, or when it is time to leave.

        An empty batch stands for entries that could not be read, or were another's."""
        with suppress(Leaving):
            async with self._one_at_a_time:
                await self._receive(batch)

    async def _receive(self, batch: Sequence[Envelope]) -> None:
        fresh = [envelope for envelope in batch if envelope.position > self.position]
        if fresh and follows(self.last, fresh):
            await self.apply(fresh)
        elif fresh or not batch or contradicts(self.last, batch):
            await self._fill_the_gap()

    async def catch_up(self) -> None:
        """Read what the stream no longer has from the producer's feed, until there is no more.

        Each page is fetched while the one before is being applied. It begins with what we heard last: where it does not,
        the producer's journal is another one, and we go back to what both know."""
        coming = self._fetch(self.last)
        try:
            while (page := await unless(self._leaving, coming)) != []:
                if page is None:
                    await self._go_back()
                else:
                    coming = self._fetch(HeardAt.of(page[-1]))
                    await self.apply(page)
                    if self.last == HeardAt.of(page[-1]):
                        continue
                    coming.cancel()  # somebody else was faster
                coming = self._fetch(self.last)
        finally:
            coming.cancel()

    def _fetch(self, after: HeardAt) -> asyncio.Task[Sequence[Envelope] | None]:
        return asyncio.create_task(self._asked(lambda: self._page(after)))

    async def _page(self, after: HeardAt) -> Sequence[Envelope] | None:
        """What comes after; None where the producer's journal does not have that in its place."""
        return await page_after(
            self.feeds, self.corporation, self.source, after, lambda: self._say_what_is_missed(after)
        )

    def _say_what_is_missed(self, after: HeardAt) -> None:
        """It went for its age, and so did what came next."""
        MISSED_HISTORY.labels(self.service, self.corporation.slug, self.source).inc()
        log.warning(
            "not all that was said since is kept any more, reading on from what is",
            source=self.source,
            corporation=self.corporation.slug,
            heard_to=after.position,
        )

    async def _asked(self, question: Callable[[], Awaitable[T]]) -> T:
        """The producer's answer, which may be away for as long as it likes."""
        pause = Pause()
        while True:
            try:
                return await question()
            except Exception as error:
                status = getattr(error, "status", None)
                log.warning("feed does not answer", source=self.source, status=status, exc_info=error)
                await pause()

    async def _go_back(self) -> None:
        """To the newest that both know. What was heard after that has had its effects, wherever it comes again."""
        before = self.last
        agreed, said_before = await self._find_what_both_know()
        try:
            await self._persist(lambda: self._move_back(before, agreed, said_before))
        except CheckpointMoved:
            pass
        else:
            WENT_BACK.labels(self.service, self.corporation.slug, self.source).inc()
            log.error(
                "a producer's journal is another than was heard, going back to what both know",
                source=self.source,
                corporation=self.corporation.slug,
                heard_to=before.position,
                agreed=agreed.position,
            )
        await self._persist(self.reread)

    async def _move_back(self, before: HeardAt, agreed: HeardAt, said_before: datetime | None) -> None:
        async with self.database.transaction(self.corporation.slug) as session:
            await checkpoints.go_back(session, self.source, before, agreed, said_before)

    async def _find_what_both_know(self) -> tuple[HeardAt, datetime | None]:
        """And the moment before which all that was said was heard, where what both know is not remembered any more."""
        newest, oldest = self.last, None
        while batches := await self._persist(lambda: self._heard_before(oldest)):  # noqa: B023  it is asked at once
            oldest = batches[-1]
            places = [heard_at for batch in batches for heard_at in batch.places]
            for start in range(0, len(places), ASKED_TOGETHER - 1):
                if agreed := await self._agree([newest, *places[start : start + ASKED_TOGETHER - 1]]):
                    return agreed, None
        await self._agree([newest, BEGINNING])
        if oldest is None or oldest.positions[0] == 1:
            return BEGINNING, None
        return BEGINNING, oldest.said_at

    async def _heard_before(self, newer: HeardBatch | None) -> Sequence[HeardBatch]:
        async with self.database.transaction(self.corporation.slug) as session:
            return await checkpoints.heard_before(session, self.source, newer)

    async def _agree(self, heard: Sequence[HeardAt]) -> HeardAt | None:
        asking = self._asked(lambda: self.feeds.agree(self.corporation, self.source, heard))
        return await unless(self._leaving, asking)

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
        before = self.last
        await self.catch_up()
        if self.last == before:  # the stream shows what the producer does not know (any more): do not spin
            await unless(self._leaving, asyncio.sleep(WATCH_SECONDS))

    async def _persist(self, step: Callable[[], Awaitable[T]]) -> T:
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
        if any(map(self._reactions_to, batch)) or not await self._pass_over(batch):
            await self._react(batch)
        self.last = HeardAt.of(batch[-1])

    async def _pass_over(self, batch: Sequence[Envelope]) -> bool:
        return await self._passing.pass_over(self.corporation.slug, self.source, self.last, batch)

    async def _react(self, batch: Sequence[Envelope]) -> None:
        async with self.database.work(self.corporation, Cause(SYSTEM)) as work:
            await self._move(work, batch)
            for envelope in batch:
                for reaction in self._reactions_to(envelope):
                    await react(reaction, envelope, work)

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
        reactions = self._reactions_to(envelope)
        counts = await tally.counts() if reactions else {}
        async with self.database.nested, self._counted_work(tally) as work:
            await self._move(work, [envelope])
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
        self.last = HeardAt.of(envelope)

    @asynccontextmanager
    async def _counted_work(self, tally: dead_letters.Tally) -> AsyncIterator[SqlWork]:
        """A unit of work; when the database itself gives way, the attempt is not counted."""
        try:
            async with self.database.work(self.corporation, Cause(SYSTEM)) as work:
                yield work
        except DBAPIError as error:
            tally.interrupted = is_transient(error)
            raise

    async def _move(self, work: SqlWork, batch: Sequence[Envelope]) -> None:
        await checkpoints.move(work.session, self.source, self.last, batch)
        work.wrote("checkpoints")

    def _reactions_to(self, envelope: Envelope) -> Sequence[Reaction]:
        return () if self._had.holds(envelope) else self.reactions.get(envelope.type, ())

    def _stand_at(self, checkpoint: Checkpoint) -> None:
        self.last, self._had = checkpoint
        self.is_known = True


async def open_together(
    database: Database, subscriptions: Sequence[Subscription], replicas: Replicas, *, insist: bool = False
) -> None:
    """Open all of one corporation in one transaction. Raises StillRead, unless we `insist`."""
    by_source = {subscription.source: subscription for subscription in subscriptions}
    if not by_source:
        return
    slug = subscriptions[0].corporation.slug
    try:
        opened = await _opened(database, slug, list(by_source), replicas, insist=insist)
    except StillRead as read:
        if not await replicas.are_dead(read.readers):
            raise
        opened = await _opened(database, slug, list(by_source), replicas, insist=insist)
    for source, checkpoint in opened.items():
        by_source[source].opened_at(checkpoint)


async def _opened(
    database: Database, slug: str, sources: Sequence[str], replicas: Replicas, *, insist: bool
) -> Mapping[str, Opened]:
    async with database.transaction(slug) as session:
        return await checkpoints.open_together(session, sources, replicas, insist=insist)


async def close_together(
    database: Database, subscriptions: Sequence[Subscription], replicas: Replicas
) -> None:
    """Close all of one corporation in one transaction."""
    if subscriptions:
        async with database.transaction(subscriptions[0].corporation.slug) as session:
            await checkpoints.close_together(
                session, [subscription.source for subscription in subscriptions], replicas
            )
