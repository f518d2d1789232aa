"""Care of a service's streams: that they are where their journals are, hold what may be read, and are not too long."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

import structlog
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, ResponseError
from sqlalchemy import text

from buurtthuis.core.corporations import Corporation
from buurtthuis.core.tasks import stop_if_cancelled
from buurtthuis.eventlog.lost_positions import LOCK, LostPositions
from buurtthuis.eventlog.marks import marks_of
from buurtthuis.eventlog.positions import Positions, Reached
from buurtthuis.eventlog.stream_writer import StreamWriter
from buurtthuis.eventlog.streams import last_published_of
from buurtthuis.persistence import journal
from buurtthuis.persistence.engine import Database
from buurtthuis.persistence.history import MOST_ON_STREAM

log = structlog.get_logger(__name__)

#: How often to compare streams with their journals, in seconds; so many of them, and then the next.
INSPECT_SECONDS = 5.0
COMPARED_TOGETHER = 200
#: The stream keeps at least this many entries for readers that nobody knows of, and at most MOST_ON_STREAM.
KEPT_ENTRIES = 10_000
#: Between two times that Redis writes its append-only file anew, in seconds.
REWRITE_SECONDS = 3600.0

ANY_REDACTED = text("SELECT EXISTS (SELECT FROM redactions)")


class AppendOnlyFile:
    """Where Redis writes down what it is told: words that came off a stream are in it until it is written anew.

    That is done at once, but no more than once an hour; an hour after a start too, for whoever stopped before it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._earliest = float("-inf")
        self._due = time.monotonic() + REWRITE_SECONDS

    def soil(self) -> None:
        """Something was deleted that is in it."""
        self._due = min(self._due, max(self._earliest, time.monotonic()))

    async def clean(self) -> None:
        """Have it written anew when it is time."""
        if time.monotonic() < self._due:
            return
        try:
            await self._redis.bgrewriteaof()
        except NoPermissionError:
            log.warning("what was deleted stays in Redis' append-only file: allow +bgrewriteaof")
        except ResponseError:  # it is being done, and what came since is not in it: once more
            return
        self._earliest, self._due = time.monotonic() + REWRITE_SECONDS, float("inf")


class StreamCare:
    """Looks after the streams of one service."""

    def __init__(
        self,
        service: str,
        database: Database,
        streams: StreamWriter,
        positions: Positions,
        lost: LostPositions,
        corporations: Mapping[str, Corporation],
        readers: Iterable[str],
        holds: Callable[[str], bool],
        suspect: Callable[[str], None],
    ) -> None:
        """`readers` are the services that may note how far they have read. Another replica looks after the streams of
        whoever this one does not hold. `suspect` is told whose stream is to be inspected."""
        self.readers = readers
        self._service = service
        self._database = database
        self._streams = streams
        self._positions = positions
        self._lost = lost
        self._corporations = corporations
        self._holds = holds
        self._suspect = suspect
        #: Those that were seen to be where their journals are: nobody need look before something is numbered.
        self.sound: set[str] = set()
        self._file = AppendOnlyFile(streams.redis)
        #: Whose stream has grown since it was trimmed, as far as we know.
        self._grown: set[str] = set()
        #: Who was compared last, in the order of names.
        self._compared = ""
        self._to_compare = asyncio.Event()

    def grew(self, corporation: str) -> None:
        """Its stream did: it may have to be trimmed."""
        self._grown.add(corporation)

    def forget(self) -> None:
        """The database is another one: whatever was seen, or is being looked at now, says nothing of it."""
        self.sound = set()
        self.compare_soon()

    def compare_soon(self) -> None:
        """All streams, since Redis or the database may be another one."""
        self._compared = ""
        self._to_compare.set()

    def give_up(self, corporation: str) -> None:
        """It left, or is another one now."""
        self._grown.discard(corporation)
        self.sound.discard(corporation)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            stop_if_cancelled()
            try:
                await self.compare()
                await self._file.clean()
            except Exception as error:  # Redis or the database is away
                log.warning(
                    "cannot compare streams with their journals", service=self._service, exc_info=error
                )
            with suppress(TimeoutError):
                async with asyncio.timeout(INSPECT_SECONDS):
                    await self._to_compare.wait()
            self._to_compare.clear()

    async def compare(self) -> None:
        """Find out which of the next streams are not where their journals are, in one statement and one round trip.

        They are suspected. Where there are any, the next are compared at once: it may be all of them."""
        sound = self.sound
        before = await self._positions.of_all()
        slugs = self._next_to_compare()
        ends = await last_published_of(self._streams.redis, list(map(self._streams.name, slugs)))
        apart = [
            slug for slug, end in zip(slugs, ends, strict=True) if self._is_apart(slug, before[slug], end)
        ]
        for slug in set(slugs).difference(apart):
            self._positions.see(slug, before[slug].numbered)
            sound.add(slug)
        now = await self._positions.of_all() if apart else before
        for slug in apart:
            if now.get(slug) == before[slug]:  # else it was published meanwhile, or left
                self._suspect(slug)
        await self._trim_what_has_grown(now)
        if apart and self._compared:
            await self.compare()

    async def inspect(self, corporation: str) -> None:
        """Compare the stream with the journal, mend whichever is behind, and take off what was redacted."""
        numbered, published = await self._positions.of(corporation)
        end = await self._streams.end(corporation, published)
        if (known := self._lost.known(corporation, end)) > numbered:
            await self._lost.jump_past(corporation, known)
        elif end.taken < published:
            await self._add_latest_again(corporation, published)
        await self._take_off(corporation)
        await self._file.clean()
        await self._trim({corporation: published})

    async def lags(self) -> dict[tuple[str, str], int]:
        """Reader and corporation -> entries of ours that it has still to read, whether it runs or not. Raises RedisError."""
        positions = await self._positions.of_all()
        marks = await marks_of(self._streams.redis, self._service, positions, self.readers)
        return {
            (reader, slug): max(positions[slug].published - mark.position, 0)
            for slug, left in marks.items()
            for reader, mark in left.items()
        }

    def _next_to_compare(self) -> Sequence[str]:
        """Some more of them, round and round."""
        behind = sorted(slug for slug in self._corporations if slug > self._compared and self._holds(slug))
        slugs = behind[:COMPARED_TOGETHER]
        self._compared = slugs[-1] if len(behind) > COMPARED_TOGETHER else ""
        return slugs

    def _is_apart(self, corporation: str, reached: Reached, end: int | None) -> bool:
        return end != reached.published or reached.numbered < self._positions.seen(corporation)

    async def _add_latest_again(self, corporation: str, published: int) -> None:
        """The stream was flushed or restored: show readers the gap, and they fetch the rest from the feed."""
        async with self._database.transaction(corporation) as session:
            await session.execute(LOCK)
            entries = await journal.read(session, published - 1, 1)
            previous = await journal.id_before(session, entries[0].position)
            await self._streams.add(corporation, [entries[0]._replace(previous=previous)])
        log.warning("stream was behind its journal", corporation=corporation, service=self._service)

    async def _take_off(self, corporation: str) -> None:
        """What was redacted since it was published. Under the lock, so that nobody who read it before publishes it after."""
        async with self._database.transaction(corporation) as session:
            if not await session.scalar(ANY_REDACTED):
                return
            _, published = (await session.execute(LOCK)).one()
            redacted = await journal.take_redacted(session, published)
            if redacted:
                await self._streams.take_off(corporation, redacted)
                self._file.soil()

    async def _trim_what_has_grown(self, positions: Mapping[str, Reached]) -> None:
        """Nothing else can have to be trimmed."""
        grown, self._grown = self._grown, set()
        await self._trim({slug: positions[slug].published for slug in grown & positions.keys()})

    async def _trim(self, published: Mapping[str, int]) -> None:
        """As far as the slowest reader has read, and the window allows, in two round trips."""
        long = {slug: position for slug, position in published.items() if position > KEPT_ENTRIES}
        slowest = await self._slowest_readers(long) if long else {}
        pipeline = self._streams.redis.pipeline(transaction=False)
        for slug, position in long.items():
            keep_from = max(min(slowest[slug], position - KEPT_ENTRIES), position - MOST_ON_STREAM)
            pipeline.xtrim(self._streams.name(slug), minid=f"{keep_from}-0", approximate=True)
        await pipeline.execute(raise_on_error=False)

    async def _slowest_readers(self, published: Mapping[str, int]) -> Mapping[str, int]:
        """By the marks of those that still read: they steer nothing but this window."""
        marks = await marks_of(self._streams.redis, self._service, published, self.readers)
        return {
            slug: min(
                (
                    mark.position
                    for mark in marks[slug].values()
                    if mark.is_fresh and mark.position <= position
                ),
                default=position,
            )
            for slug, position in published.items()
        }
