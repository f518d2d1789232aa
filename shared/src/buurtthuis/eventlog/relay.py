"""From the journal to the stream: numbers what was committed, publishes what was numbered.

Any replica may do it, at any time; row locks decide. Numbering is committed before anything is
published, so a position never changes its content; Redis refuses an id that it has already, so a
repeat after a crash does no harm. Corporations that have something to say in the same moment are numbered in
one statement and published in one transaction; whoever is in any way out of the ordinary is on its own, and
holds up nobody. docs/architecture.md tells the whole story.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text

from buurtthuis.core.corporations import Corporation
from buurtthuis.core.tasks import PATIENCE, SideBySide, stop_if_cancelled
from buurtthuis.eventlog import stream_care
from buurtthuis.eventlog.agreement import HeardAt
from buurtthuis.eventlog.lost_positions import LOCK, OPEN_STREAM, PUBLISHED, LostPositions
from buurtthuis.eventlog.positions import Positions, StreamAhead
from buurtthuis.eventlog.stream_care import StreamCare
from buurtthuis.eventlog.stream_writer import StreamWriter
from buurtthuis.eventlog.streams import StreamKey
from buurtthuis.persistence import journal
from buurtthuis.persistence.engine import Database
from buurtthuis.persistence.journal import Entry
from buurtthuis.persistence.lookout import Lookout

log = structlog.get_logger(__name__)

#: Rows of one corporation that are numbered or published in one transaction.
BATCH = 1000
#: Corporations that are numbered and published together, and rows of each: whoever has more to say goes on alone.
TOGETHER, EACH = 50, 100
#: Corporations that are begun with alone at once.
AT_ONCE = 4
#: How often to look without being woken, in seconds: the safety net for a process that died between commit and wake.
POLL_SECONDS = 2.0

#: Gives nothing where less is numbered than was seen: see its migration.
NUMBER = text("SELECT reached, given FROM number_journal(:seen, :most)")
#: The same of many; nobody is answered for of whom it cannot be done at once.
NUMBER_MANY = text(
    "SELECT slug, reached, given FROM number_journals(CAST(:slugs AS text[]), CAST(:seen AS bigint[]), :most)"
)
#: Locks, and moves how far is published before Redis is told; whoever somebody else holds has a row without a position.
#: Losing how far we had published costs nothing: Redis refuses the repeat. So that commit need not wait for the disk.
PUBLISH = text("SELECT * FROM publish_journals(CAST(:slugs AS text[]), :most)")
ENTER = text("SELECT set_config('buurtthuis.corporation', :slug, true)")


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
        self.database = database
        self.corporations = corporations
        self.streams = StreamWriter(service, redis, corporations, key)
        self._positions = Positions(database, corporations)
        self._lost = LostPositions(service, database, self.streams, self._positions)
        self.care = StreamCare(
            service,
            database,
            self.streams,
            self._positions,
            self._lost,
            corporations,
            readers,
            holds,
            self.suspect,
        )
        self._on_numbered = on_numbered
        self._woken: set[str] = set()
        self._wake = asyncio.Event()
        #: Whose stream is to be inspected when it is tended the next time.
        self._suspected: set[str] = set()
        #: Those who are numbered or published together with others at this moment.
        self._in_hand: set[str] = set()

    def wake(self, corporation: str) -> None:
        """Something was committed for this corporation: go and look."""
        self._woken.add(corporation)
        self._wake.set()

    def forget(self) -> None:
        """The database is another one: compare with it what the streams hold before anything is numbered."""
        self.care.forget()

    def watch(self, lookout: Lookout) -> None:
        """Be told of whatever nobody woke us for."""
        for look in (journal.UNNUMBERED, journal.UNPUBLISHED):
            lookout.watch(look, timedelta(seconds=POLL_SECONDS), self.wake)
        lookout.watch(journal.REDACTED, timedelta(seconds=stream_care.INSPECT_SECONDS), self.suspect)

    def suspect(self, corporation: str) -> None:
        """Its stream is not what it should be: inspect it, soon."""
        self._suspected.add(corporation)
        self.wake(corporation)

    def give_up(self, corporation: str) -> None:
        """It left, or is another one now: if it comes again, nothing is known of it."""
        self._suspected.discard(corporation)
        self._positions.give_up(corporation)
        self.care.give_up(corporation)

    async def run(self) -> None:
        """Relay until cancelled; whatever fails is tried again, and holds up no other corporation."""
        async with (
            SideBySide(self._tend, self._say_what_failed, places=AT_ONCE) as alone,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(self.care.run())
            while True:
                await self._wake.wait()
                stop_if_cancelled()
                for slugs in self._turns(alone):
                    # whoever takes longer goes on, and lets the others begin
                    await asyncio.wait([group.create_task(self._round(slugs, alone))], timeout=PATIENCE)

    async def finish(self) -> None:
        """Number and publish what waits in any journal."""
        waiting = await self.database.who_has_work([journal.UNNUMBERED.name, journal.UNPUBLISHED.name])
        for slug in self.corporations:
            if slug in waiting[journal.UNNUMBERED.name] or slug in waiting[journal.UNPUBLISHED.name]:
                await self.relay(slug)

    async def relay(self, corporation: str) -> int:
        """Number and publish everything there is; returns how many entries were published."""
        await self._check(corporation)
        while await self._number(corporation) and corporation in self.corporations:
            pass
        total = published = await self._publish(corporation)
        while published == BATCH:
            total += (published := await self._publish(corporation))
        if total:
            self.care.grew(corporation)
        return total

    async def relay_together(self, slugs: Collection[str]) -> set[str]:
        """Number and publish what these have to say, a batch of each; returns those for whom there may be more to do."""
        known = sorted(slug for slug in slugs if slug in self.care.sound and slug not in self._suspected)
        numbered = await self._number_together(known) if known else ()
        return set(slugs) - (await self._publish_together(numbered) if numbered else set())

    async def inspect(self, corporation: str) -> None:
        """Compare the stream with the journal, mend whichever is behind, and take off what was redacted."""
        await self._check(corporation)
        await self.care.inspect(corporation)

    async def agree(self, corporation: str, heard: Sequence[HeardAt]) -> HeardAt | None:
        """The newest of what a reader heard that the journal has in the same place; None where it has none of it there.

        What it heard after that was lost with a database of which there is an older copy now, and that is said."""
        agreed, is_said = await self._lost.agree(corporation, heard)
        if is_said:
            self._on_numbered(corporation)
            self.wake(corporation)
        return agreed

    def _turns(self, alone: SideBySide) -> Iterable[Sequence[str]]:
        """Those that were woken, so many at a time; whoever somebody is at already is left to him."""
        self._wake.clear()
        woken, self._woken = self._woken - self._in_hand, self._woken & self._in_hand
        for slug in woken:
            if alone.is_at(slug):
                alone.ask(slug)
        together = [slug for slug in woken if not alone.is_at(slug)]
        for first in range(0, len(together), TOGETHER):
            yield together[first : first + TOGETHER]

    async def _round(self, slugs: Sequence[str], alone: SideBySide) -> None:
        """Together, as far as nothing comes between; the others alone, where it shows what the matter is."""
        self._in_hand.update(slugs)
        left = set(slugs)
        try:
            left = await self.relay_together(slugs)
        except Exception:
            log.debug("together it did not go", service=self.service, corporations=len(slugs), exc_info=True)
        finally:
            self._in_hand.difference_update(slugs)
            for slug in left:
                alone.ask(slug)
            if self._woken:
                self._wake.set()

    async def _number_together(self, slugs: Sequence[str]) -> Sequence[str]:
        """Give committed rows the next positions, in one statement; says for whom all is numbered, and nothing amiss."""
        seen = list(map(self._positions.seen, slugs))
        numbered = []
        for slug, reached, given in await self.database.at_once(
            NUMBER_MANY, {"slugs": slugs, "seen": seen, "most": EACH}
        ):
            try:
                self._positions.see(slug, reached)
            except StreamAhead:
                continue
            if given:
                self._on_numbered(slug)
            if given < EACH and slug in self.corporations:
                numbered.append(slug)
        return numbered

    async def _publish_together(self, slugs: Sequence[str]) -> set[str]:
        """Add what comes next to each stream, in one transaction; says for whom that was all, and nothing amiss."""
        entries = defaultdict[str, list[Entry]](list)
        async with self.database.across() as connection:
            for slug, *row in await connection.execute(PUBLISH, {"slugs": slugs, "most": EACH}):
                entries[slug].append(Entry(*row))
            held = {slug for slug, some in entries.items() if some[0].position is None}
            to_add = {slug: some for slug, some in entries.items() if slug not in held}
            refused = await self.streams.add_to_many(to_add) if to_add else set[str]()
            for slug in refused:
                await connection.execute(ENTER, {"slug": slug})
                await connection.execute(PUBLISHED, {"published": to_add[slug][0].position - 1})
        for slug in to_add:
            self.care.grew(slug)
        return {slug for slug in slugs if slug not in held | refused and len(entries[slug]) < EACH}

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
            await self._lost.leap(corporation)

    def _say_what_failed(self, corporation: str, error: Exception) -> None:
        if corporation not in self.corporations:  # it left in the midst of it
            return
        if not isinstance(error, RedisError):  # the database may come back as an older copy
            self.care.sound.discard(corporation)
        log.warning("relay failed", corporation=corporation, service=self.service, exc_info=error)

    async def _check(self, corporation: str) -> None:
        """Before anything is numbered for whom nobody looked yet: an older database must not hand out positions a second time."""
        if corporation not in (sound := self.care.sound):
            await self._lost.check(corporation)
            sound.add(corporation)

    async def _number(self, corporation: str) -> bool:
        """Give committed rows the next positions; says whether there may be more."""
        seen = self._positions.seen(corporation)
        async with self.database.transaction(corporation) as session:
            await session.execute(OPEN_STREAM)
            reached, given = (await session.execute(NUMBER, {"seen": seen, "most": BATCH})).one()
        self._positions.see(corporation, reached)
        if given:
            self._on_numbered(corporation)
        return bool(given == BATCH)

    async def _publish(self, corporation: str) -> int:
        """Add the next entries to the stream, under the lock, so that no relay overtakes another."""
        async with self.database.transaction(corporation) as session:
            await session.execute(LOCK)
            found = await session.execute(PUBLISH, {"slugs": [corporation], "most": BATCH})
            entries = [Entry(*row) for _, *row in found]
            if entries:
                await self.streams.add(corporation, entries)
            return len(entries)
