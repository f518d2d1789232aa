"""The end of a journal, for whoever follows it live, and pages of what is before.

Followers share one tail per corporation: the journal is read once per batch and process, and
each follower only remembers its position. One that falls behind the tail is told to `reset`, and so is one
that has seen more than the journal holds, which then is another than it was: an older copy, another corporation's.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple
from uuid import UUID

import asyncpg
import structlog

from buurtthuis.core.corporations import Corporation, still_here
from buurtthuis.core.houses import ALL_HOUSES, Houses
from buurtthuis.core.tasks import stop_if_cancelled
from buurtthuis.eventlog.envelope import nameless, wrap
from buurtthuis.events import Audience
from buurtthuis.persistence import history, journal, revocation
from buurtthuis.persistence.engine import Database, driver_url
from buurtthuis.persistence.journal import PAGE, Entry
from buurtthuis.persistence.known_revocations import Revocations
from buurtthuis.persistence.replicas import CHANNEL, Replicas

log = structlog.get_logger(__name__)

#: Entries that the tail keeps in memory for live followers.
KEPT = 2000
#: A comment is sent this often, in seconds, so that proxies keep the connection.
HEARTBEAT = 15.0
#: How often it is asked whose token was taken back, in seconds, where nobody tells us.
LOOK_SECONDS = 2.0
#: In how many turns all followers are woken.
TURNS = 64
#: How often the tail looks without being woken, in seconds.
POLL_SECONDS = 2.0


class View(NamedTuple):
    """What one follower wants and may see; of no house, only who has all."""

    audience: Audience
    type: str | None = None
    house: UUID | None = None
    houses: Houses = ALL_HOUSES

    def shows(self, entry: Entry) -> bool:
        """Whether this entry is part of it."""
        return (
            entry.audience <= self.audience.rank
            and self.type in (None, entry.type)
            and (self.house is None or str(self.house) == entry.house)
            and (self.houses == ALL_HOUSES or (entry.house is not None and UUID(entry.house) in self.houses))
        )

    @property
    def names_people(self) -> bool:
        """Whether it says by pseudonym who did something."""
        return self.audience.rank >= Audience.STAFF.rank

    def of(self, entry: Entry) -> Entry:
        """An entry as it is shown here."""
        return entry if self.names_people else nameless(entry)


#: An entry as a server-sent event: without whose doing it was, and with.
Frames = tuple[bytes, bytes]


class FellBehind(Exception):
    """A follower is slower than the tail is long."""


class Tail:
    """The newest entries of one corporation's journal, read once for everybody who follows it live."""

    def __init__(
        self, service: str, corporation: Corporation, database: Database, revocations: Revocations
    ) -> None:
        self.service = service
        self.corporation = corporation
        self.database = database
        self.position = 0
        #: How often the journal was found to end before what was read of it: an older copy took its place.
        self.replaced = 0
        self._revocations = revocations
        #: Everything above this is in memory.
        self._floor = 0
        self._entries: deque[tuple[Entry, Frames]] = deque(maxlen=KEPT)
        self._chunks: dict[tuple[int, View], bytes] = {}
        self._turns = [asyncio.Event() for _ in range(TURNS)]
        self._next_turn = itertools.cycle(range(TURNS))
        self._wake = asyncio.Event()
        self._revoked = asyncio.Event()
        self._jobs: list[asyncio.Task[None]] = []
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        """Start reading where the journal ends now; does nothing the second time."""
        async with self._opening:
            if not self.is_open:
                await self._open()

    @property
    def is_open(self) -> bool:
        """Whether it reads."""
        return bool(self._jobs)

    async def close(self) -> None:
        """Stop reading, and let every follower go, also those who are only about to wait."""
        jobs, self._jobs = self._jobs, []
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        for turn in self._turns:
            turn.set()

    def wake(self) -> None:
        """There is something new in the journal."""
        self._wake.set()

    def revoked(self) -> None:
        """Somebody's token was taken back: let those go who follow with it."""
        self._revoked.set()

    def turn(self) -> int:
        """A follower's turn. They wake in turns, so that a request need not wait until all have been served."""
        return next(self._next_turn)

    def next_stir(self, turn: int) -> asyncio.Event:
        """Set when the tail has grown, when tokens were taken back, and at each heartbeat.

        Take it before you look: what comes while you look is not missed then."""
        return self._turns[turn]

    async def beyond(self, position: int, seconds: float) -> bool:
        """Wait until there is more than `position`, or for a heartbeat, or until the time is up; says which."""
        if self.position > position:
            return True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.next_stir(self.turn()).wait()
        return self.position > position

    def since(self, position: int, view: View) -> bytes:
        """Server-sent events above `position`; raises FellBehind where some are gone from memory."""
        chunk = self._chunks.get((position, view))
        if chunk is None:
            chunk = self._chunks[position, view] = self._render(position, view)
        return chunk

    async def _open(self) -> None:
        async with self.database.transaction(self.corporation.slug) as session:
            self.position = self._floor = await journal.last_position(session)
        self._jobs = [asyncio.create_task(job) for job in (self._run(), self._beat(), self._let_go())]

    def _render(self, position: int, view: View) -> bytes:
        if position < self._floor:
            raise FellBehind
        return b"".join(
            frames[view.names_people]
            for entry, frames in self._entries
            if entry.position > position and view.shows(entry)
        )

    def _keep(self, entry: Entry) -> None:
        if len(self._entries) == KEPT:
            self._floor = self._entries[0][0].position
        self._entries.append((entry, self._frames(entry)))

    def _frames(self, entry: Entry) -> Frames:
        whole, shown = frame(entry, self.corporation, self.service), nameless(entry)
        return (whole if shown == entry else frame(shown, self.corporation, self.service)), whole

    async def _run(self) -> None:
        while True:
            stop_if_cancelled()
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                while await self._grow():
                    pass
            except Exception as error:  # the database is away; the next round tries again
                log.warning("feed cannot read its journal", service=self.service, exc_info=error)

    async def _grow(self) -> bool:
        async with self.database.transaction(self.corporation.slug) as session:
            entries = await journal.read(session, self.position, PAGE)
            end = self.position if entries else await journal.last_position(session)
        if end < self.position:
            await self._go_back_to(end)
        if entries:
            for entry in entries:
                self._keep(entry)
            self._chunks.clear()
            self.position = entries[-1].position
            await self._stir()
        return len(entries) == PAGE

    async def _go_back_to(self, end: int) -> None:
        self._entries.clear()
        self._chunks.clear()
        self.position = self._floor = end
        self.replaced += 1
        await self._stir()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            await self._stir()

    async def _let_go(self) -> None:
        """Stir the followers when tokens may have been taken back: each looks whether theirs was."""
        seen = None
        while True:
            stop_if_cancelled()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._revoked.wait()
            self._revoked.clear()
            try:
                known = await self._revocations.refresh(self.corporation.slug)
                if known is not seen:  # somebody who came in may have read it before us
                    seen = known
                    await self._stir()
            except Exception as error:  # the database is away: nothing new is told meanwhile either
                log.warning(
                    "feed cannot see whose token was taken back", service=self.service, exc_info=error
                )

    async def _stir(self) -> None:
        for turn in range(TURNS):
            self._call(turn)
            await asyncio.sleep(0)

    def _call(self, turn: int) -> None:
        called, self._turns[turn] = self._turns[turn], asyncio.Event()
        called.set()


class Feed:
    """All tails of one service."""

    def __init__(
        self,
        service: str,
        database: Database,
        corporations: Mapping[str, Corporation],
        revocations: Revocations,
    ) -> None:
        self.service = service
        self.database = database
        self.revocations = revocations
        self.closing = asyncio.Event()
        self._corporations = corporations
        #: Of those whom somebody followed.
        self._tails: dict[str, Tail] = {}

    async def tail(self, corporation: str) -> Tail:
        """The open tail of one corporation. Raises Unauthenticated where there is none of that name."""
        known = still_here(self._corporations, corporation)
        tail = self._tails.setdefault(corporation, Tail(self.service, known, self.database, self.revocations))
        await tail.open()
        return tail

    async def give_up(self, corporation: str) -> None:
        """It left, or is another one now: let its followers go."""
        self.revocations.give_up(corporation)
        if tail := self._tails.pop(corporation, None):
            await tail.close()

    def wake(self, corporation: str) -> None:
        """Something was numbered, here or in another replica."""
        if corporation in self._tails:
            self._tails[corporation].wake()

    def revoked(self, corporation: str) -> None:
        """Tokens were taken back, here or in another replica."""
        self.revocations.told(corporation)
        if corporation in self._tails:
            self._tails[corporation].revoked()

    def forget(self) -> None:
        """The journal is another one: see where it ends, and read anew whose tokens were taken back."""
        self.revocations.forget()
        for tail in self._tails.values():
            tail.wake()
            tail.revoked()

    async def close(self) -> None:
        """Let every follower go."""
        self.closing.set()
        for tail in self._tails.values():
            await tail.close()

    async def page(self, corporation: str, after: int, limit: int, view: View) -> Sequence[Entry]:
        """Entries above `after` that the view shows."""
        async with self.database.transaction(corporation) as session:
            return await journal.read(
                session,
                after,
                limit,
                audience=view.audience,
                type=view.type,
                house=view.house,
                houses=view.houses,
            )

    async def begins_after(self, corporation: str, view: View) -> int:
        """Up to this position entries that the view shows may have gone for their age; 0 where none did."""
        async with self.database.transaction(corporation) as session:
            return await history.begins_after(session, view.audience)

    async def follow(self, corporation: str, after: int | None, view: View) -> AsyncGenerator[bytes]:
        """Server-sent events for ever: the past first, then live. A chunk may be empty: time to look who still may read."""
        tail = await self.tail(corporation)
        position, replaced = tail.position if after is None else after, tail.replaced
        stir = tail.next_stir(turn := tail.turn())
        yield b"retry: 2000\n\n"
        if after is not None and after < (start := await self.begins_after(corporation, view)):
            yield begins(start)
        if position > tail.position and position > await self._end(corporation):
            yield reset(0)
            return
        async for reached, past in self._past(tail, position, view):
            yield past
            position = reached
        while tail.is_open and not self.closing.is_set():
            if tail.position <= position and tail.replaced == replaced:
                await stir.wait()
            stir = tail.next_stir(turn)
            if tail.replaced > replaced:
                yield reset(0)
                return
            if tail.position <= position:
                yield b": still here\n\n"
                continue
            try:
                chunk = tail.since(position, view)
            except FellBehind:
                yield reset(position)
                return
            position = tail.position
            yield chunk

    async def _end(self, corporation: str) -> int:
        """Where the journal ends: another replica may know of more than our tail."""
        async with self.database.transaction(corporation) as session:
            return await journal.last_position(session)

    async def _past(self, tail: Tail, position: int, view: View) -> AsyncIterator[tuple[int, bytes]]:
        """What is in the journal already, up to where the tail reads on."""
        while position < (end := tail.position):  # it reads on while we read the journal
            entries = await self.page(tail.corporation.slug, position, PAGE, view)
            position = entries[-1].position if len(entries) == PAGE else end
            yield (
                position,
                b"".join(
                    frame(view.of(entry), tail.corporation, self.service)
                    for entry in entries
                    if entry.position <= position
                ),
            )

    async def listen(self, url: str, replicas: Replicas, numbered: Callable[[str], None]) -> None:
        """Hear what other replicas number, whose tokens are taken back, and who comes and goes: LISTEN on a connection
        of its own, by which the others see that we live. `numbered` is told for which corporation. Until cancelled."""
        dsn = driver_url(url)
        while True:
            stop_if_cancelled()
            try:
                await self._listen(dsn, replicas, numbered)
            except Exception as error:  # whatever it was: else others' entries are only seen by polling
                log.warning("cannot listen for other replicas", service=self.service, exc_info=error)
            await asyncio.sleep(POLL_SECONDS)

    async def _listen(self, dsn: str, replicas: Replicas, numbered: Callable[[str], None]) -> None:
        connection = await asyncpg.connect(dsn, timeout=5)
        gone = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: gone.set())
            backend = await connection.fetchval("SELECT pg_backend_pid()")
            await connection.add_listener(journal.CHANNEL, lambda *told: numbered(told[3]))
            await connection.add_listener(revocation.CHANNEL, lambda *told: self.revoked(told[3]))
            await connection.add_listener(CHANNEL, lambda *_: replicas.tell())
            self.revocations.listening(yes=True)
            replicas.listening(backend)
            await gone.wait()
        finally:
            self.revocations.listening(yes=False)
            replicas.listening(None)
            await connection.close(timeout=2)


def frame(entry: Entry, corporation: Corporation, service: str) -> bytes:
    """One entry as a server-sent event whose id is the position, so that Last-Event-ID resumes."""
    return b"id: %d\ndata: %b\n\n" % (entry.position, wrap(entry, corporation, service))


def begins(after: int) -> bytes:
    """Tell a client that not everything up to there is kept any more."""
    return b'event: history\ndata: {"begins_after": %d}\n\n' % after


def reset(position: int) -> bytes:
    """Tell a client where to begin again: where it was if it was too slow, at 0 if its past is not ours."""
    return b'event: reset\nid: %d\ndata: {"after": %d}\n\n' % (position, position)
