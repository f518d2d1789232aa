"""Rooms of the backbone without a system around them, on real servers: for the tests of one room at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

from buurtthuis.core.clock import utc_now
from buurtthuis.core.corporations import Corporation, Corporations
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.settings import Settings
from buurtthuis.core.work import Cause, Receipt, new_id
from buurtthuis.eventlog.agreement import HeardAt, newest_agreed
from buurtthuis.eventlog.envelope import Envelope, unwrap, wrap
from buurtthuis.eventlog.listener import Listener
from buurtthuis.eventlog.passing import Passing
from buurtthuis.eventlog.relay import Relay
from buurtthuis.eventlog.streams import DATA_FIELD, StreamKey, connect, position_of, stream_name
from buurtthuis.eventlog.subscription import Subscription
from buurtthuis.events import Event
from buurtthuis.persistence import journal
from buurtthuis.persistence.dispatcher import Dispatcher
from buurtthuis.persistence.engine import Database
from buurtthuis.persistence.lookout import Lookout
from buurtthuis.persistence.replicas import Replicas
from buurtthuis.testing import samples
from buurtthuis.testing.samples.domain import NoteWritten, WriteNote
from redis.asyncio import Redis
from sqlalchemy import text

from tests.actors import STAFF

KEY = StreamKey("a secret that Redis does not know")
OURS, THEIRS = "woonpartners", "de-waterlelie"
NOTES, ECHOES = samples.notes.name, samples.echoes.name
Databases: TypeAlias = tuple[Database, Database]


class Survivor(Replicas):
    """Whoever else there was is dead."""

    async def are_dead(self, replicas: Collection[UUID]) -> bool:
        """See `Replicas`."""
        self.dead.update(replicas)
        return True


@dataclass
class Rooms:
    """A speaker's database, a hearer's database and Redis, with nothing running."""

    corporations: Corporations
    notes: Database
    echoes: Database
    redis: Redis
    redis_url: str
    settings: Settings

    @property
    def ours(self) -> Corporation:
        """The corporation that most tests are about."""
        return self.corporations[OURS]

    def relay(
        self,
        on_numbered: Callable[[str], None] = lambda _: None,
        corporations: Mapping[str, Corporation] | None = None,
    ) -> Relay:
        """A relay of the speaker, as each replica has one: of our corporation, or of these."""
        many = Corporations([self.ours]) if corporations is None else corporations
        return Relay(NOTES, self.notes, self.redis, many, KEY, on_numbered, [ECHOES])

    def lookout(self, relay: Relay) -> Lookout:
        """Tells this relay of what nobody woke it for."""
        lookout = Lookout(NOTES, self.notes, relay.corporations, lambda _: True)
        relay.watch(lookout)
        return lookout

    async def write(self, words: str = "a note", corporation: str = OURS) -> Receipt:
        """Commit one event of the speaker."""
        dispatcher = Dispatcher(samples.notes.handlers.commands, self.notes)
        return await dispatcher.run(WriteNote(words), self.corporations[corporation], Cause(STAFF))

    async def write_many(self, count: int) -> None:
        """Commit so many events, one after the other."""
        for number in range(1, count + 1):
            await self.write(f"note {number}")

    async def journalled(self) -> list[Envelope]:
        """The speaker's numbered events."""
        async with self.notes.transaction(OURS) as session:
            entries = await journal.read(session, 0, 1_000_000)
        return [unwrap(wrap(entry, self.ours, NOTES)) for entry in entries]

    async def streamed(self) -> list[Envelope]:
        """What is on the stream."""
        found: Any = await self.redis.xrange(stream_name(OURS, NOTES))
        entries = [(position_of(id), unwrap(fields[DATA_FIELD])) for id, fields in found]
        assert all(position == envelope.position for position, envelope in entries)
        return [envelope for _, envelope in entries]

    async def sql(self, database: Database, statement: str, **values: Any) -> Any:
        """One statement inside our corporation; the first column of the first row, if any."""
        async with database.transaction(OURS) as session:
            result: Any = await session.execute(text(statement), values)
            return result.scalar() if result.returns_rows else result.rowcount

    @property
    def hearers(self) -> Replicas:
        """A process of the hearer: of all others it thinks that they were killed."""
        return Survivor(self.echoes)

    def subscription(self, *rooms: Handlers, feeds: "Feeds | None" = None) -> Subscription:
        """The hearer's reading of the speaker, by these reactions."""
        reactions = Handlers.merged(rooms or (samples.echoes.handlers,)).reactions_to(NOTES)
        return Subscription(
            ECHOES,
            NOTES,
            self.ours,
            reactions,
            self.echoes,
            feeds or Feeds(),
            self.hearers,
            Passing(self.echoes),
        )

    def listener(self, feeds: "Feeds | None" = None, *rooms: Handlers) -> Listener:
        """The hearer's listener, as each replica has one."""
        handlers = Handlers.merged(rooms or (samples.echoes.handlers,))
        return Listener(
            ECHOES,
            handlers,
            self.echoes,
            self.redis_url,
            self.redis,
            [self.ours],
            feeds or Feeds(self),
            KEY,
            self.hearers,
        )

    async def echoed(self) -> int:
        """How many notes have had their effect."""
        return int(await self.sql(self.echoes, "SELECT count(*) FROM echoes WHERE line = 0"))


@dataclass
class Feeds:
    """The speaker's feed: its journal, read directly. Counts how often it was asked."""

    rooms: Rooms | None = None
    asked: int = 0
    past: list[Envelope] = field(default_factory=list)

    async def page(self, corporation: Corporation, service: str, after: int) -> Sequence[Envelope]:
        """See `listener.Feeds.page`."""
        self.asked += 1
        past = await self.rooms.journalled() if self.rooms and service == NOTES else self.past
        return [envelope for envelope in past if envelope.position > after][:500]

    async def agree(self, corporation: Corporation, service: str, heard: Sequence[HeardAt]) -> HeardAt | None:
        """See `listener.Feeds.agree`: said by a relay that nothing else has, as another process would."""
        self.asked += 1
        if self.rooms and service == NOTES:
            return await self.rooms.relay().agree(corporation.slug, heard)
        return newest_agreed(heard, {envelope.position: envelope.id for envelope in self.past})


@asynccontextmanager
async def open_databases(settings: Settings) -> AsyncIterator[Databases]:
    """The speaker's and the hearer's."""
    notes, echoes = (
        Database(settings.for_service(name).database_url, pool_size=10) for name in (NOTES, ECHOES)
    )
    yield notes, echoes
    await notes.close()
    await echoes.close()


@asynccontextmanager
async def open_rooms(settings: Settings, databases: Databases) -> AsyncIterator[Rooms]:
    """Rooms on these databases, by the clock on the wall."""
    redis = connect(settings.redis_url)
    corporations = Corporations.load(settings.corporations_file)
    for database in databases:
        database.clock = utc_now
    yield Rooms(corporations, *databases, redis, settings.redis_url, settings)
    await redis.aclose()


@asynccontextmanager
async def running(*jobs: Any) -> AsyncIterator[list["asyncio.Task[Any]"]]:
    """Tasks that run meanwhile."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def envelopes(*words: str, first: int = 1) -> list[Envelope]:
    """Notes as the listener gets them, without gap."""
    return [
        envelope(NoteWritten(note_id=new_id(), text=word), position)
        for position, word in enumerate(words, first)
    ]


def envelope(event: Event, position: int) -> Envelope:
    """One event as the listener gets it."""
    return Envelope(
        id=str(new_id()),
        source="urn:nld:kvknr:90000011:systeem:sample_notes",
        type=event.type(),
        subject=event.subject,
        time=datetime(2018, 11, 12, tzinfo=UTC),
        position=position,
        corporation=OURS,
        house=None,
        actor="staff",
        audience=event.audience,
        traceparent=None,
        data=event.model_dump(mode="json"),
    )
