"""A service that was away for a long time: it reads the feed until it meets the stream."""

import asyncio
import time
from dataclasses import replace

import asyncpg
import httpx
import psutil
from buurtthuis.eventlog.feed_client import FeedClient
from buurtthuis.eventlog.listener import Listener
from buurtthuis.eventlog.streams import StreamKey
from buurtthuis.identity.service_keys import ServiceKey
from buurtthuis.persistence.history import MOST_ON_STREAM
from buurtthuis.persistence.replicas import Replicas
from buurtthuis.runtime.installed import installed_services

from benchmarks.figures import Row, at_most
from benchmarks.ground import BENCH, Ground, Serving, ground, until
from benchmarks.listener import SOURCE, inserting
from benchmarks.relay import COMMITTED

MILLION = 1_000_000
SECONDS = 90
#: Memory may differ this much between the first tenth and the end, in MB.
FLAT = 20.0


async def measure(quick: bool) -> list[Row]:
    """The journal is filled by SQL; the stream holds what a relay leaves on it; a reaction inserts a row for each."""
    many = 50_000 if quick else MILLION
    async with ground(quick) as here:
        await here.prepare(installed_services()[SOURCE])
        await here.prepare(BENCH)
        await _fill(here, many)
        async with here.serving(SOURCE) as producer:
            await _published(here, many)
            seconds, memory = await _catch_up(here, producer, many)
    what = f"backlog of {many:,} events, insert-only reactions"
    against = f"{many / seconds:,.0f}/s, from feed and stream"
    return [
        _judged(at_most(SECONDS, "s", what, seconds, against), many),
        at_most(
            FLAT,
            "MB",
            "memory gained after the first tenth",
            memory[1] - memory[0],
            f"{memory[0]:.0f} MB then",
        ),
    ]


def _judged(row: Row, many: int) -> Row:
    """The bar is for a million; fewer meet or miss nothing."""
    return row if many == MILLION else replace(row, bar=f"{row.bar} for {MILLION:,}", met=None)


async def _fill(here: Ground, many: int) -> None:
    async with here.administering(SOURCE) as connection:
        await connection.execute(COMMITTED, here.corporation.slug, many, timeout=600)
        await connection.execute("UPDATE journal SET position = id", timeout=600)
        await connection.execute(
            "INSERT INTO streams VALUES ($1, $2, $3)",
            here.corporation.slug,
            many,
            max(many - MOST_ON_STREAM, many // 2),
        )
        await connection.execute("VACUUM ANALYZE journal", timeout=600)


async def _published(here: Ground, many: int) -> None:
    """Wait until the relay has brought the newest entries to the stream."""
    async with here.administering(SOURCE) as connection:
        await until(lambda: _is_published(connection, many))


async def _is_published(connection: asyncpg.Connection, many: int) -> bool:
    return bool(await connection.fetchval("SELECT published FROM streams WHERE published = $1", many))


async def _catch_up(here: Ground, producer: Serving, many: int) -> tuple[float, list[float]]:
    """Seconds from the first read to the last commit, and memory at a tenth and at the end."""
    memory: list[float] = []
    done = asyncio.Event()

    def committed() -> None:
        position = listener.subscriptions[0].position
        if position >= (many if memory else many // 10):
            memory.append(psutil.Process().memory_info().rss / 2**20)
        if position >= many:
            done.set()

    key = ServiceKey.of(BENCH.name, here.settings)
    loop = asyncio.get_running_loop()
    # Soon: the reader notes its position after the commit.
    database = here.database(BENCH.name, on_committed=lambda _: loop.call_soon(committed))
    async with httpx.AsyncClient(timeout=10) as http:
        feeds = FeedClient(f"{producer.url}/{{service}}/v1/events", http, key)
        listener = Listener(
            BENCH.name,
            inserting,
            database,
            here.settings.redis_url,
            here.redis,
            [here.corporation],
            feeds,
            StreamKey.of(here.settings),
            Replicas(database),
        )
        started = time.monotonic()
        task = asyncio.create_task(listener.run())
        await asyncio.wait([task, asyncio.create_task(done.wait())], return_when=asyncio.FIRST_COMPLETED)
        seconds = time.monotonic() - started
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await database.close()
    return seconds, memory
