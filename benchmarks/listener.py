"""How fast a service hears: ours, the plain FastStream way, and a bare floor, on the same stream."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.clock import utc_now
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Cause, Work, new_id
from buurtthuis.eventlog.agreement import HeardAt
from buurtthuis.eventlog.envelope import Envelope, wrap
from buurtthuis.eventlog.listener import QUIET, Listener
from buurtthuis.eventlog.streams import DATA_FIELD, MAC_FIELD, StreamKey, stream_name
from buurtthuis.eventlog.subscription import BATCH
from buurtthuis.events.surveys import Origin, ThemeAdmitted
from buurtthuis.persistence.columns import corporation_table, map_aggregate
from buurtthuis.persistence.journal import Entry, row
from buurtthuis.persistence.replicas import Replicas
from faststream.redis import RedisBroker, StreamSub
from sqlalchemy import Column, Integer, MetaData, String, Table, Uuid, insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import registry

from benchmarks.figures import Row, at_least, rate, take_turns
from benchmarks.ground import BENCH, Ground, ground

AGGREGATES = 500
#: The bar's own floor reads this many at a time.
FLOOR_BATCH = 200
SOURCE = "surveys"
HOUSE = new_id()
NOW = utc_now()
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass(eq=False)
class Note:
    id: UUID
    theme_id: UUID
    house_id: UUID
    title: str
    version: int = 0


@dataclass(eq=False)
class Tally:
    id: UUID
    seen: int = 0
    version: int = 0


def _columns(kind: str) -> Sequence[Column[Any]]:
    if kind == "tallies":
        return Column("id", Uuid, primary_key=True), Column("seen", Integer), Column("version", Integer)
    return (
        Column("id", Uuid, primary_key=True),
        Column("theme_id", Uuid),
        Column("house_id", Uuid),
        Column("title", String),
        Column("version", Integer),
    )


class BareNote(Note): ...


class BareTally(Tally): ...


mapper = registry()
map_aggregate(mapper, Note, corporation_table("notes", mapper.metadata, *_columns("notes")))
map_aggregate(mapper, Tally, corporation_table("tallies", mapper.metadata, *_columns("tallies")))
bare = registry(metadata=MetaData())
bare.map_imperatively(BareNote, Table("bare_notes", bare.metadata, *_columns("notes")), concrete=True)
bare.map_imperatively(BareTally, Table("bare_tallies", bare.metadata, *_columns("tallies")), concrete=True)
inbox = Table("bare_inbox", bare.metadata, Column("event_id", Uuid, primary_key=True))

inserting, changing = Handlers(), Handlers()


@inserting.event
async def note(event: ThemeAdmitted, work: Work) -> None:
    """A reaction that only adds."""
    work.add((Note(new_id(), event.theme_id, event.house_id, event.title or ""), event))


@changing.event
async def count(event: ThemeAdmitted, work: Work) -> None:
    """A reaction that reads, changes and writes."""
    (await work.get(Tally, event.theme_id)).seen += 1


async def measure(quick: bool) -> list[Row]:
    """Both kinds of reaction, on one stream that is full beforehand."""
    async with ground(quick) as here:
        await here.prepare(BENCH)
        themes = [new_id() for _ in range(AGGREGATES)]
        await _make_tallies(here, themes)
        await _fill_stream(here, themes, 5_000 if quick else 40_000)
        return [*await _insert_only(here), *await _read_change_write(here)]


async def _insert_only(here: Ground) -> list[Row]:
    few, many = (300, 5_000) if here.quick else (1_500, 40_000)
    median = await take_turns(
        2 if here.quick else 5,
        {
            "ours": lambda: ours(here, inserting, many),
            "plain": lambda: plain(here, _add_note, few),
            "floor": lambda: floor(here, many),
        },
    )
    what = "listener, reactions that insert"
    return [
        at_least(20, what, median["ours"], "FastStream, group, a message a transaction", median["plain"]),
        at_least(0.5, what, median["ours"], "bare XREAD, executemany, checkpoint", median["floor"]),
    ]


async def _read_change_write(here: Ground) -> list[Row]:
    few, many = (300, 2_000) if here.quick else (1_500, 10_000)
    median = await take_turns(
        2 if here.quick else 5,
        {
            "ours": lambda: ours(here, changing, many),
            "plain": lambda: plain(here, _change_tally, few),
        },
    )
    what = f"listener, reactions that change one of {AGGREGATES}"
    return [at_least(4, what, median["ours"], "FastStream, group, a message a transaction", median["plain"])]


async def ours(here: Ground, handlers: Handlers, many: int) -> float:
    """Events a second on the listener's own road, once its first batch is behind it."""
    await _forget(here)
    commits: list[float] = []
    done = asyncio.Event()

    def committed() -> None:
        position = listener.subscriptions[0].position
        if position >= BATCH:
            commits.append(time.perf_counter())
        if position >= BATCH + many:
            done.set()

    loop = asyncio.get_running_loop()
    # Soon: the reader notes its position after the commit.
    database = here.database(BENCH.name, on_committed=lambda _: loop.call_soon(committed))
    listener = Listener(
        BENCH.name,
        handlers,
        database,
        here.settings.redis_url,
        here.redis,
        [here.corporation],
        NoFeeds(),
        StreamKey.of(here.settings),
        Replicas(database),
    )
    task = asyncio.create_task(listener.run())
    await asyncio.wait([task, asyncio.create_task(done.wait())], return_when=asyncio.FIRST_COMPLETED)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await database.close()
    return (listener.subscriptions[0].position - BATCH) / (commits[-1] - commits[0])


Effect = Callable[[AsyncSession, ThemeAdmitted], Awaitable[None]]


async def plain(here: Ground, effect: Effect, few: int) -> float:
    """Events a second the way FastStream's own pages show it, with the inbox that makes it safe."""
    await _forget(here)
    engine = create_async_engine(here.settings.for_service(BENCH.name).database_url)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    broker = RedisBroker(here.settings.redis_url, logger=QUIET)
    done, seen = asyncio.Event(), 0

    @broker.subscriber(
        stream=StreamSub(_stream(here), group="plain", consumer="one", last_id=">", max_records=1)
    )
    async def hear(document: dict[str, Any]) -> None:
        nonlocal seen
        async with sessions.begin() as session:
            await session.execute(insert(inbox), {"event_id": UUID(document["id"])})
            await effect(session, ThemeAdmitted.model_validate(document["data"]))
        seen += 1
        if seen == few:
            done.set()

    await here.redis.xgroup_create(_stream(here), "plain", id="0")
    found = await rate(few, _until(broker, done))
    await broker.stop()
    await here.redis.xgroup_destroy(_stream(here), "plain")
    await engine.dispose()
    return found


async def _until(broker: RedisBroker, done: asyncio.Event) -> None:
    await broker.start()
    await done.wait()


async def _add_note(session: AsyncSession, event: ThemeAdmitted) -> None:
    session.add(BareNote(new_id(), event.theme_id, event.house_id, event.title or ""))


async def _change_tally(session: AsyncSession, event: ThemeAdmitted) -> None:
    tally = await session.get_one(BareTally, event.theme_id, with_for_update=True)
    tally.seen += 1


async def floor(here: Ground, many: int) -> float:
    """Events a second with no library at all: as fast as these servers and this Python go."""
    await _forget(here)
    async with here.administering(BENCH.name) as connection:
        await connection.execute("INSERT INTO bare_checkpoints VALUES ($1, 0)", SOURCE)
        return await rate(many, _read_bare(here, connection, many))


async def _read_bare(here: Ground, connection: asyncpg.Connection, many: int) -> None:
    last = 0
    while last < many:
        found: Any = await here.redis.xread({_stream(here): f"{last}-0"}, count=FLOOR_BATCH)
        events = [orjson.loads(fields[DATA_FIELD])["data"] for _, fields in found[0][1]]
        async with connection.transaction():
            await connection.executemany(
                "INSERT INTO bare_notes (id, theme_id, house_id, title, version) VALUES ($1, $2, $3, $4, 0)",
                [(new_id(), event["theme_id"], event["house_id"], event["title"]) for event in events],
            )
            await connection.execute(
                "UPDATE bare_checkpoints SET position = $1 WHERE source = $2 AND position = $3",
                last + len(events),
                SOURCE,
                last,
            )
        last += len(events)


class NoFeeds:
    """The stream has everything."""

    async def page(self, corporation: Corporation, service: str, after: int) -> Sequence[Envelope]:
        return ()

    async def agree(self, corporation: Corporation, service: str, heard: Sequence[HeardAt]) -> HeardAt | None:
        return heard[0]


def _stream(here: Ground) -> str:
    return stream_name(here.corporation.slug, SOURCE)


async def _forget(here: Ground) -> None:
    async with here.administering(BENCH.name) as connection:
        await connection.execute("TRUNCATE notes, checkpoints, bare_notes, bare_inbox, bare_checkpoints")


async def _make_tallies(here: Ground, ids: Sequence[UUID]) -> None:
    async with here.administering(BENCH.name) as connection:
        for table, corporation in (("tallies", here.corporation.slug), ("bare_tallies", "nobody")):
            await connection.execute(
                f"INSERT INTO {table} SELECT id, $2, 0, 0 FROM unnest($1::uuid[]) AS id", ids, corporation
            )


async def _fill_stream(here: Ground, themes: Sequence[UUID], many: int) -> None:
    """What a relay would have published, and one first batch more."""
    key = StreamKey.of(here.settings)
    for first in range(1, many + BATCH + 1, 1000):
        pipeline = here.redis.pipeline(transaction=False)
        for position in range(first, min(first + 1000, many + BATCH + 1)):
            document = wrap(entry(position, themes[position % len(themes)]), here.corporation, SOURCE)
            id = f"{position}-0"
            mac = key.mac(_stream(here), id, document)
            fields: dict[Any, Any] = {"type": ThemeAdmitted.type(), DATA_FIELD: document, MAC_FIELD: mac}
            pipeline.xadd(_stream(here), fields, id=id)
        await pipeline.execute()


def entry(position: int, theme: UUID) -> Entry:
    """A journal entry as it would have been read."""
    event = ThemeAdmitted(
        theme_id=theme, house_id=HOUSE, title=f"Koffie om half {position}", origin=Origin.RESIDENT
    )
    made = row(event, Cause(Actor(ActorKind.STAFF)), NOW)
    return Entry(
        position,
        str(made["event_id"]),
        made["type"],
        made["subject"],
        str(HOUSE),
        made["audience"],
        "staff",
        NOW,
        TRACEPARENT,
        orjson.dumps(made["data"]).decode(),
    )
