"""From the journal to the stream: numbers what was committed, publishes what was numbered.

Any replica may do it, at any time; row locks decide. Numbering is committed before anything is
published, so a position never changes its content; Redis refuses an id that it has already, so a
repeat after a crash does no harm. docs/architecture.md tells the whole story.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, NamedTuple

import structlog
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, RedisError, ResponseError
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.tasks import SideBySide, stop_if_cancelled
from buurtthuis.core.work import Cause
from buurtthuis.eventlog.agreement import HeardAt, is_believable, newest_agreed
from buurtthuis.eventlog.envelope import wrap
from buurtthuis.eventlog.marks import marks_of
from buurtthuis.eventlog.streams import (
    DATA_FIELD,
    MAC_FIELD,
    StreamKey,
    last_published,
    last_published_of,
    position_of,
    read_entry,
    stream_name,
)
from buurtthuis.events import Audience
from buurtthuis.events.journal import JournalRestored
from buurtthuis.persistence import history, journal
from buurtthuis.persistence.engine import Database
from buurtthuis.persistence.history import MOST_ON_STREAM
from buurtthuis.persistence.journal import Entry
from buurtthuis.persistence.lookout import Lookout
from buurtthuis.telemetry.metrics import FOREIGN_ENTRIES

log = structlog.get_logger(__name__)

#: Rows numbered or published in one transaction.
BATCH = 1000
#: Corporations that are begun with at once.
AT_ONCE = 4
#: How often to look without being woken, in seconds: the safety net for a process that died between commit and wake.
POLL_SECONDS = 2.0
#: How often to compare streams with their journals, in seconds; so many of them, and then the next.
INSPECT_SECONDS = 5.0
COMPARED_TOGETHER = 200
#: The stream keeps at least this many entries for readers that nobody knows of, and at most MOST_ON_STREAM.
KEPT_ENTRIES = 10_000
#: Between two times that Redis writes its append-only file anew, in seconds.
REWRITE_SECONDS = 3600.0

LOCK = text("SELECT numbered, published FROM streams FOR UPDATE")
#: Gives nothing where less is numbered than was seen: see its migration.
NUMBER = text("SELECT reached, given FROM number_journal(:seen, :most)")
NUMBERED = text(
    "UPDATE streams SET numbered = :numbered RETURNING pg_notify('buurtthuis_journal', CAST(:corporation AS text))"
)
PUBLISHED = text("UPDATE streams SET published = :published")
#: Under the lock, and before Redis is told. It may have waited for the lock and yet look at the journal as it was
#: before: whoever numbered something meanwhile publishes that, after us.
#: Losing how far we had published costs nothing: Redis refuses the repeat. So that commit need not wait for the disk.
PUBLISH = text(
    f"""
    WITH stream AS MATERIALIZED (SELECT published FROM streams FOR UPDATE),
    next AS MATERIALIZED (
        SELECT {journal.COLUMNS} FROM journal
        WHERE position > (SELECT published FROM stream) ORDER BY position LIMIT :most
    ),
    moved AS (
        UPDATE streams SET published = (SELECT max(position) FROM next) WHERE EXISTS (SELECT FROM next)
        RETURNING set_config('synchronous_commit', 'off', true)
    )
    SELECT next.*, coalesce(lag(event_id) OVER (ORDER BY position), (
        SELECT event_id::text FROM journal
        WHERE position <= (SELECT published FROM stream) ORDER BY position DESC LIMIT 1
    ), '{journal.NO_EVENT}') AS previous
    FROM next ORDER BY position
    """  # noqa: S608  names of columns, and nobody's words
)
REACHED = text("SELECT numbered, published FROM streams")
ANY_REDACTED = text("SELECT EXISTS (SELECT FROM redactions)")
OPEN_STREAM = text("INSERT INTO streams DEFAULT VALUES ON CONFLICT DO NOTHING")
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


class StreamAhead(Exception):
    """The stream, or this relay, knows positions of ours that the journal does not know, or knows otherwise."""


class Reached(NamedTuple):
    """How far a journal is, and how far of that is published."""

    numbered: int
    published: int


class End(NamedTuple):
    """How far a stream is: the last position that it has taken, and the newest entry that we wrote."""

    taken: int
    ours: int


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


class Relay:
    """Brings one service's journals, one per corporation, to their streams."""

    def __init__(
        self,
        service: str,
        database: Database,
        redis: Redis,
        corporations: Mapping[str, Corporation],
        key: StreamKey,
        on_numbered: Callable[[str], None] = lambda _: None,
        readers: Iterable[str] = (),
        holds: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """`readers` are the services that may note how far they have read. Another replica looks after the streams of
        whoever this one does not hold."""
        self.service = service
        self.key = key
        self.readers = readers
        self._holds = holds
        self.database = database
        self.redis = redis
        self.corporations = corporations
        self._on_numbered = on_numbered
        self._woken: set[str] = set()
        self._wake = asyncio.Event()
        self._opened: set[str] = set()
        #: The highest position that this relay has seen given out: a database that knows less is an older copy.
        self._seen: dict[str, int] = {}
        self._file = AppendOnlyFile(redis)
        #: Whose stream is to be inspected when it is tended the next time.
        self._suspected: set[str] = set()
        #: Whose stream has grown since it was trimmed, as far as we know.
        self._grown: set[str] = set()
        #: Who was compared last, in the order of names.
        self._compared = ""
        self._to_compare = asyncio.Event()

    def wake(self, corporation: str) -> None:
        """Something was committed for this corporation: go and look."""
        self._woken.add(corporation)
        self._wake.set()

    def forget(self) -> None:
        """The database is another one: compare with it what the streams hold before anything is numbered."""
        self._opened.clear()
        self.compare_soon()

    def compare_soon(self) -> None:
        """All streams, since Redis or the database may be another one."""
        self._compared = ""
        self._to_compare.set()

    def watch(self, lookout: Lookout) -> None:
        """Be told of whatever nobody woke us for."""
        for look in (journal.UNNUMBERED, journal.UNPUBLISHED):
            lookout.watch(look, timedelta(seconds=POLL_SECONDS), self.wake)
        lookout.watch(journal.REDACTED, timedelta(seconds=INSPECT_SECONDS), self.suspect)

    def suspect(self, corporation: str) -> None:
        """Its stream is not what it should be: inspect it, soon."""
        self._suspected.add(corporation)
        self.wake(corporation)

    def give_up(self, corporation: str) -> None:
        """It left, or is another one now: if it comes again, nothing is known of it."""
        for known in (self._opened, self._suspected, self._grown):
            known.discard(corporation)
        self._seen.pop(corporation, None)

    async def run(self) -> None:
        """Relay until cancelled; whatever fails is tried again, and holds up no other corporation."""
        async with (
            SideBySide(self._tend, self._say_what_failed, places=AT_ONCE) as corporations,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(self._look_after_streams())
            while True:
                await self._wake.wait()
                woken, self._woken = self._woken, set()
                self._wake.clear()
                for slug in woken:
                    corporations.ask(slug)

    async def finish(self) -> None:
        """Number and publish what waits in any journal."""
        waiting = await self.database.who_has_work([journal.UNNUMBERED.name, journal.UNPUBLISHED.name])
        for slug in self.corporations:
            if slug in waiting[journal.UNNUMBERED.name] or slug in waiting[journal.UNPUBLISHED.name]:
                await self.relay(slug)

    async def relay(self, corporation: str) -> int:
        """Number and publish everything there is; returns how many entries were published."""
        await self._open(corporation)
        while await self._number(corporation) and corporation in self.corporations:
            pass
        total = published = await self._publish(corporation)
        while published == BATCH:
            total += (published := await self._publish(corporation))
        if total:
            self._grown.add(corporation)
        return total

    async def agree(self, corporation: str, heard: Sequence[HeardAt]) -> HeardAt | None:
        """The newest of what a reader heard that the journal has in the same place; None where it has none of it there.

        What it heard after that was lost with a database of which there is an older copy now, and that is said."""
        async with self.database.transaction(corporation) as session:
            there = await journal.ids_at(session, [heard_at.position for heard_at in heard])
            begins_after = await history.begins_after(session, Audience.SYSTEM)
        agreed = newest_agreed(heard, there, begins_after)
        newest = max(heard_at.position for heard_at in heard)
        if agreed and agreed.position < newest:
            await self._say_what_was_lost(corporation, agreed.position, newest)
        return agreed

    async def inspect(self, corporation: str) -> None:
        """Compare the stream with the journal, mend whichever is behind, and take off what was redacted."""
        await self._open(corporation)
        numbered, published = await self._reached(corporation)
        end = await self._end(corporation, published)
        if (known := self._known(corporation, end)) > numbered:
            await self._jump_past(corporation, known)
        elif end.taken < published:
            await self._add_latest_again(corporation, published)
        await self._take_off(corporation)
        await self._file.clean()
        await self._trim({corporation: published})

    async def compare(self) -> None:
        """Find out which of the next streams are not where their journals are, in one statement and one round trip.

        They are inspected. Where there are any, the next are compared at once: it may be all of them."""
        before = await self._positions()
        slugs = self._next_to_compare()
        ends = await last_published_of(self.redis, [stream_name(slug, self.service) for slug in slugs])
        apart = [
            slug for slug, end in zip(slugs, ends, strict=True) if self._is_apart(slug, before[slug], end)
        ]
        now = await self._positions() if apart else before
        for slug in apart:
            if now.get(slug) == before[slug]:  # else it was published meanwhile, or left
                self.suspect(slug)
        await self._trim_what_has_grown(now)
        if apart and self._compared:
            await self.compare()

    async def lags(self) -> dict[tuple[str, str], int]:
        """Reader and corporation -> entries of ours that it has still to read, whether it runs or not. Raises RedisError."""
        positions = await self._positions()
        marks = await marks_of(self.redis, self.service, positions, self.readers)
        return {
            (reader, slug): max(positions[slug].published - mark.position, 0)
            for slug, left in marks.items()
            for reader, mark in left.items()
        }

    async def _look_after_streams(self) -> None:
        while True:
            stop_if_cancelled()
            try:
                await self.compare()
                await self._file.clean()
            except Exception as error:  # Redis or the database is away
                log.warning(
                    "cannot compare streams with their journals", service=self.service, exc_info=error
                )
            with suppress(TimeoutError):
                async with asyncio.timeout(INSPECT_SECONDS):
                    await self._to_compare.wait()
            self._to_compare.clear()

    async def _positions(self) -> Mapping[str, Reached]:
        """How far every journal is."""
        found = await self.database.who_has_work([journal.NUMBERED.name, journal.PUBLISHED.name])
        numbered, published = found[journal.NUMBERED.name], found[journal.PUBLISHED.name]
        return {slug: Reached(numbered.get(slug, 0), published.get(slug, 0)) for slug in self.corporations}

    def _next_to_compare(self) -> Sequence[str]:
        """Some more of them, round and round."""
        behind = sorted(slug for slug in self.corporations if slug > self._compared and self._holds(slug))
        slugs = behind[:COMPARED_TOGETHER]
        self._compared = slugs[-1] if len(behind) > COMPARED_TOGETHER else ""
        return slugs

    def _is_apart(self, corporation: str, reached: Reached, end: int | None) -> bool:
        return end != reached.published or reached.numbered < self._seen.get(corporation, 0)

    async def _tend(self, corporation: str) -> None:
        if corporation not in self.corporations:  # it left, and its rows may be there still
            return
        inspecting = corporation in self._suspected
        self._suspected.discard(corporation)
        try:
            await self.relay(corporation)
            # Afterwards: without Redis there are no streams to compare, but there is still a feed to number for.
            if inspecting:
                await self.inspect(corporation)
        except StreamAhead:
            await self._leap(corporation)

    def _say_what_failed(self, corporation: str, error: Exception) -> None:
        if corporation not in self.corporations:  # it left in the midst of it
            return
        if not isinstance(error, RedisError):  # the database may come back as an older copy
            self._opened.discard(corporation)
        log.warning("relay failed", corporation=corporation, service=self.service, exc_info=error)

    async def _open(self, corporation: str) -> None:
        if corporation not in self._opened:
            async with self.database.transaction(corporation) as session:
                await session.execute(OPEN_STREAM)
            await self._check_not_ahead(corporation)
            self._opened.add(corporation)

    async def _number(self, corporation: str) -> bool:
        """Give committed rows the next positions; says whether there may be more."""
        seen = self._seen.get(corporation, 0)
        async with self.database.transaction(corporation) as session:
            reached, given = (await session.execute(NUMBER, {"seen": seen, "most": BATCH})).one()
        if reached < seen:
            raise StreamAhead(corporation)
        self._seen[corporation] = reached
        if given:
            self._on_numbered(corporation)
        return bool(given == BATCH)

    async def _publish(self, corporation: str) -> int:
        """Add the next entries to the stream, under the lock, so that no relay overtakes another."""
        async with self.database.transaction(corporation) as session:
            entries = [Entry(*row) for row in await session.execute(PUBLISH, {"most": BATCH})]
            if entries:
                await self._add_to_stream(corporation, entries)
            return len(entries)

    async def _add_to_stream(self, corporation: str, entries: Sequence[Entry]) -> None:
        """Add what the stream does not have yet. Where the first is taken the others follow it, as positions do."""
        first, rest = entries[0], entries[1:]
        try:
            await self.redis.execute_command(*self._command(corporation, first))  # type: ignore[no-untyped-call]
        except ResponseError:
            rest = await self._missing(corporation, entries)
        if rest:
            pipeline = self.redis.pipeline(transaction=True)
            for entry in rest:
                pipeline.execute_command(*self._command(corporation, entry))
            await pipeline.execute()

    def _command(self, corporation: str, entry: Entry) -> Sequence[Any]:
        name, id = stream_name(corporation, self.service), f"{entry.position}-0"
        document = wrap(entry, self.corporations[corporation], self.service)
        mac = self.key.mac(name, id, document)
        return "XADD", name, id, b"type", entry.type, DATA_FIELD, document, MAC_FIELD, mac

    async def _missing(self, corporation: str, entries: Sequence[Entry]) -> Sequence[Entry]:
        """What is above the stream's last id; readers fetch what it skipped from the feed.

        Where somebody else took an entry's place the stream begins anew, with these. Raises StreamAhead, before
        anything is added, where it is another event of ours."""
        last = await self._last(corporation)
        if last < entries[0].position:
            return entries
        there = await self._events(corporation, entries)
        if None in there.values():
            await self._begin_anew(corporation)
            return entries
        if any(there.get(entry.position, entry.event_id) != entry.event_id for entry in entries):
            raise StreamAhead(corporation)
        return [entry for entry in entries if entry.position > last]

    async def _events(self, corporation: str, entries: Sequence[Entry]) -> dict[int, str | None]:
        """Position -> event id, for what the stream holds where these entries belong; None for what is not ours."""
        name, first, last = stream_name(corporation, self.service), entries[0].position, entries[-1].position
        found: Any = await self.redis.xrange(name, f"{first}-0", f"{last}-0")
        return {position_of(id): self._event_id(corporation, id, fields) for id, fields in found}

    def _event_id(self, corporation: str, id: bytes, fields: dict[bytes, bytes]) -> str | None:
        """Which event of ours an entry holds; None where somebody else wrote it."""
        envelope = read_entry(self.key, self.corporations[corporation], self.service, id, fields)
        return envelope.id if envelope else None

    async def _check_not_ahead(self, corporation: str) -> None:
        """Before the first numbering: an older database must not hand out positions a second time."""
        numbered, published = await self._reached(corporation)
        if (known := self._known(corporation, await self._end(corporation, published))) > numbered:
            await self._jump_past(corporation, known)

    async def _leap(self, corporation: str) -> None:
        _, published = await self._reached(corporation)
        await self._jump_past(corporation, self._known(corporation, await self._end(corporation, published)))

    async def _reached(self, corporation: str) -> Reached:
        """How far its journal is."""
        async with self.database.transaction(corporation) as session:
            return Reached(*(await session.execute(REACHED)).one())

    async def _jump_past(self, corporation: str, known: int) -> None:
        """Number on above everything that anybody knows; what the stream does not confirm gets a new number."""
        async with self.database.transaction(corporation) as session:
            numbered, published = (await session.execute(LOCK)).one()
            if published >= known:
                return
            agreed = await self._agreed(session, corporation, published)
            last = max(known, numbered)
            await session.execute(UNNUMBER, {"agreed": agreed})
            await self._journal_the_loss(session, agreed, last, last + 1)
            await session.execute(NUMBERED, {"numbered": last + 1, "corporation": corporation})
            await session.execute(PUBLISHED, {"published": last})
        log.error(
            "journal restored from an older copy", corporation=corporation, lost_from=agreed, lost_to=last
        )

    async def _say_what_was_lost(self, corporation: str, agreed: int, heard: int) -> None:
        """Once, and on a number above all that anybody has heard."""
        async with self.database.transaction(corporation) as session:
            await session.execute(OPEN_STREAM)
            numbered, _ = (await session.execute(LOCK)).one()
            if not is_believable(heard, numbered):
                log.error("a reader says it heard what cannot be", corporation=corporation, heard_to=heard)
                return
            if await session.scalar(IS_SAID, {"type": JournalRestored.type(), "heard": heard}):
                return
            is_above = heard > numbered
            await self._journal_the_loss(session, agreed, heard, heard + 1 if is_above else None)
            if is_above:
                await session.execute(NUMBERED, {"numbered": heard + 1, "corporation": corporation})
        log.error(
            "journal restored from an older copy", corporation=corporation, lost_from=agreed, lost_to=heard
        )
        self._on_numbered(corporation)
        self.wake(corporation)

    async def _agreed(self, session: AsyncSession, corporation: str, published: int) -> int:
        """Up to where the stream confirms the journal."""
        entries = await journal.read(session, published, BATCH)
        there = await self._events(corporation, entries) if entries else {}
        agreed = published
        for entry in entries:
            if there.get(entry.position) != entry.event_id:
                break
            agreed = entry.position
        return agreed

    async def _journal_the_loss(
        self, session: AsyncSession, agreed: int, last: int, position: int | None
    ) -> None:
        event = JournalRestored(service=self.service, restored_from=agreed, restored_to=last)
        row = journal.row(event, Cause(SYSTEM), self.database.clock())
        await session.execute(insert(journal.journal), [{**row, "position": position}])

    async def _add_latest_again(self, corporation: str, published: int) -> None:
        """The stream was flushed or restored: show readers the gap, and they fetch the rest from the feed."""
        async with self.database.transaction(corporation) as session:
            await session.execute(LOCK)
            entries = await journal.read(session, published - 1, 1)
            previous = await journal.id_before(session, entries[0].position)
            await self._add_to_stream(corporation, [entries[0]._replace(previous=previous)])
        log.warning("stream was behind its journal", corporation=corporation, service=self.service)

    async def _take_off(self, corporation: str) -> None:
        """What was redacted since it was published. Under the lock, so that nobody who read it before publishes it after."""
        async with self.database.transaction(corporation) as session:
            if not await session.scalar(ANY_REDACTED):
                return
            _, published = (await session.execute(LOCK)).one()
            redacted = await journal.take_redacted(session, published)
            if redacted:
                ids = (f"{position}-0" for position in redacted)
                await self.redis.xdel(stream_name(corporation, self.service), *ids)
                self._file.soil()

    async def _trim_what_has_grown(self, positions: Mapping[str, Reached]) -> None:
        """Nothing else can have to be trimmed."""
        grown, self._grown = self._grown, set()
        await self._trim({slug: positions[slug].published for slug in grown & positions.keys()})

    async def _trim(self, published: Mapping[str, int]) -> None:
        """As far as the slowest reader has read, and the window allows, in two round trips."""
        long = {slug: position for slug, position in published.items() if position > KEPT_ENTRIES}
        slowest = await self._slowest_readers(long) if long else {}
        pipeline = self.redis.pipeline(transaction=False)
        for slug, position in long.items():
            keep_from = max(min(slowest[slug], position - KEPT_ENTRIES), position - MOST_ON_STREAM)
            pipeline.xtrim(stream_name(slug, self.service), minid=f"{keep_from}-0", approximate=True)
        await pipeline.execute(raise_on_error=False)

    async def _slowest_readers(self, published: Mapping[str, int]) -> Mapping[str, int]:
        """By the marks of those that still read: they steer nothing but this window."""
        marks = await marks_of(self.redis, self.service, published, self.readers)
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

    async def _end(self, corporation: str, published: int) -> End:
        """How far the stream is. One that ends with what we did not write begins anew."""
        taken = await self._last(corporation)
        top = await self._newest_of_ours(corporation, 1) if taken else 0
        if top is not None and taken <= max(published, top):
            return End(taken, top)
        ours = await self._newest_of_ours(corporation, BATCH) or 0
        await self._begin_anew(corporation)
        return End(0, ours)

    async def _newest_of_ours(self, corporation: str, among: int) -> int | None:
        """The newest position that we wrote among the newest entries; 0 where there are none, None where none is ours."""
        newest: Any = await self.redis.xrevrange(stream_name(corporation, self.service), count=among)
        ours = (position_of(id) for id, fields in newest if self._event_id(corporation, id, fields))
        return next(ours, None) if newest else 0

    async def _last(self, corporation: str) -> int:
        """The highest position that its stream ever had. What is no stream makes room for one."""
        last = await last_published(self.redis, stream_name(corporation, self.service))
        if last is None:
            await self._begin_anew(corporation)
        return last or 0

    async def _begin_anew(self, corporation: str) -> None:
        """Readers see a gap, and have the feed for it."""
        name = stream_name(corporation, self.service)
        FOREIGN_ENTRIES.labels(self.service, corporation, self.service).inc()
        log.error("somebody wrote to a stream what we did not say, it begins anew", stream=name)
        await self.redis.delete(name)

    def _known(self, corporation: str, end: End) -> int:
        """The highest position that the stream or this relay has seen given out."""
        return max(end.ours, self._seen.get(corporation, 0))
