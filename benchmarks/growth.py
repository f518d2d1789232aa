"""What more corporations cost at rest, and what a second machine carries of them."""

import asyncio
import os
import statistics
import time
from collections.abc import Collection, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil
from buurtthuis.core.corporations import Corporations
from buurtthuis.persistence.history import MOST_ON_STREAM
from buurtthuis.runtime.installed import installed_services

from benchmarks.backlog import FLAT, MILLION
from benchmarks.figures import Row, at_least, at_most, at_most_times, percentile, take_turns
from benchmarks.ground import Ground, Serving, alive, free_port, ground, many_sockets, until
from benchmarks.reach import PER_SECOND, reached

#: A consortium at its start, most of the country, and more than there are.
FEW, MANY, MOST = 4, 200, 1000
#: Commands a second where a process has something else to do.
SELDOM = 10
#: A whole installation, and two services of it that have something to say to each other.
EVERYTHING = ("surveys", "sessions", "notifications", "moderation")
TALKING = ("surveys", "sessions")

SELECTED = """
    INSERT INTO journal (corporation, event_id, type, subject, house, audience, actor, time, data)
    SELECT slug, gen_random_uuid(), 'nl.buurtthuis.surveys.theme-selected.v1', theme, house, 1, 'staff', now(),
           jsonb_build_object('theme_id', theme, 'house_id', house, 'title', 'Koffie om half ' || n)
    FROM (SELECT slug, n, gen_random_uuid() AS theme, gen_random_uuid() AS house
          FROM generate_series(1, $2::int) n, unnest($1::text[]) slug) made
"""
#: What a corporation said while nobody heard it, numbered, and with the newest of it still to be published.
SAID_LONG_AGO = """
    WITH said AS (
        INSERT INTO journal (corporation, position, event_id, type, subject, house, audience, actor, time, data)
        SELECT $1, n, gen_random_uuid(), 'nl.buurtthuis.surveys.theme-selected.v1', theme, house, 1, 'staff', now(),
               jsonb_build_object('theme_id', theme, 'house_id', house, 'title', 'Koffie om half ' || n)
        FROM (SELECT n, gen_random_uuid() AS theme, gen_random_uuid() AS house FROM generate_series(1, $2::int) n) made
    )
    INSERT INTO streams VALUES ($1, $2, $3)
"""
TRANSACTIONS = "SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database WHERE datname = ANY($1)"
MADE_UP = "SELECT coalesce(max(position), 0) FROM checkpoints WHERE corporation = $1 AND source = 'surveys'"
UNPUBLISHED = "SELECT count(*) FROM streams WHERE numbered > published"
UNNUMBERED = "SELECT count(*) FROM journal WHERE position IS NULL"


async def measure(quick: bool) -> list[Row]:
    """Everything at rest, two services at a steady pace, and a backlog of theirs."""
    most = () if quick else (MOST,)
    with many_sockets():
        rests = {number: await at_rest(number, quick) for number in (FEW, MANY, *most)}
        reach = {
            (number, rate): await _reached(number, quick, rate)
            for rate in (PER_SECOND // 2, PER_SECOND)
            for number in (FEW, MANY)
        }
        drained = await drain(quick)
        behind, undisturbed = [await beside(many, quick) for many in (MILLION // 50 if quick else MILLION, 0)]
    few, against = rests[FEW], f"{FEW} corporations"
    return [
        *(row for number in (MANY, *most) for row in _rows(number, rests[number], few, BARS[number])),
        *(
            at_most_times(
                1.5,
                f"answered → effect, {rate}/s over {MANY} corporations, p99",
                "ms",
                percentile(reach[MANY, rate], 99),
                against,
                percentile(reach[FEW, rate], 99),
            )
            for rate in (PER_SECOND // 2, PER_SECOND)
        ),
        at_least(
            1.7,
            f"backlog of {MANY} corporations, two replicas on two cores",
            drained["two"],
            "one process on one core",
            drained["one"],
        ),
        at_most(
            1000,
            "ms",
            f"answered → effect, {SELDOM}/s beside one that is {behind.behind:,} events behind, p99",
            percentile(behind.waited, 99),
            f"beside nobody: {percentile(undisturbed.waited, 99):,.0f} ms",
        ),
        at_most(
            FLAT,
            "MB",
            "memory of that process, gained meanwhile",
            (behind.memory - undisturbed.memory) / 2**20,
            "beside nobody",
        ),
    ]


@dataclass(frozen=True)
class Rest:
    """What it takes to do nothing: percent of a core, transactions a second, bytes, and seconds."""

    cpu: float
    transactions: float
    redis_connections: int
    readers_alive: float
    metrics: float
    memory: int


class Bars(NamedTuple):
    """CPU and transactions in multiples of those of few, the percentage of a core, and seconds."""

    times: float
    cpu: float
    readers_alive: float
    metrics: float


BARS = {MANY: Bars(1.5, 5, 2, 0.2), MOST: Bars(3, 10, 10, 1)}


def _rows(number: int, rest: Rest, few: Rest, bars: Bars) -> list[Row]:
    many, against = f"{number:,} corporations", f"{FEW} corporations"
    return [
        at_most_times(bars.times, f"{many} at rest: CPU", "%", rest.cpu, against, few.cpu),
        at_most_times(
            bars.times, f"{many} at rest: transactions", "/s", rest.transactions, against, few.transactions
        ),
        at_most(bars.cpu, "%", f"{many} at rest: CPU of a core", rest.cpu),
        at_most(12, "", f"{many}: connections to Redis", rest.redis_connections),
        at_most(bars.readers_alive, "s", f"{many}: ready → all readers alive", rest.readers_alive),
        at_most(bars.metrics, "s", f"{many}: /metrics", rest.metrics),
        at_most(100, "kB", f"{many}: memory of each", (rest.memory - few.memory) / (number - FEW) / 1024),
    ]


async def at_rest(corporations: int, quick: bool) -> Rest:
    """All services in one process, and their servers, while nobody does anything."""
    async with ground(quick, corporations) as here:
        for name in EVERYTHING:
            await here.prepare(installed_services()[name])
        before = len(await here.redis.client_list())
        async with here.serving(*EVERYTHING) as serving, here.administering("postgres") as connection:
            readers_alive = await alive(serving)
            metrics = statistics.median([await _metrics(serving) for _ in range(3)])
            await asyncio.sleep(5 if quick else 20)
            seconds, cpu = 10 if quick else 30, _cpu()
            transactions = await connection.fetchval(TRANSACTIONS, EVERYTHING)
            await asyncio.sleep(seconds)
            return Rest(
                cpu=(_cpu() - cpu) / seconds * 100,
                transactions=float(await connection.fetchval(TRANSACTIONS, EVERYTHING) - transactions)
                / seconds,
                redis_connections=len(await here.redis.client_list()) - before,
                readers_alive=readers_alive,
                metrics=metrics,
                memory=_pss(serving),
            )


async def _metrics(serving: Serving) -> float:
    async with httpx.AsyncClient(timeout=300) as client:
        started = time.monotonic()
        (await client.get(f"{serving.url}/metrics")).raise_for_status()
        return time.monotonic() - started


def _pss(serving: Serving) -> int:
    return int(psutil.Process(serving.process.pid).memory_full_info().pss)


def _cpu() -> float:
    """Seconds that everything that we started has worked: the services and their servers."""
    return sum(map(_worked, psutil.Process().children(recursive=True)))


def _worked(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # PostgreSQL's own come and go
        return 0.0
    return float(times.user + times.system)


async def _reached(corporations: int, quick: bool, per_second: int) -> list[float]:
    async with ground(quick, corporations) as here:
        return await reached(here, _slugs(here), 5 if quick else 30, per_second)


def _slugs(here: Ground) -> list[str]:
    return list(Corporations.load(here.settings.corporations_file))


@dataclass(frozen=True)
class Beside:
    """How long others waited beside one that was so many events behind, in milliseconds; the process's bytes at the end."""

    behind: int
    waited: list[float]
    memory: int


async def beside(behind: int, quick: bool) -> Beside:
    """Others' commands, while the same process makes up for one corporation's past: a session is drafted for each event."""
    async with ground(quick, FEW) as here:
        for name in TALKING:
            await here.prepare(installed_services()[name])
        far, *others = _slugs(here)
        async with here.administering("surveys") as connection:
            if behind:
                await connection.execute(
                    SAID_LONG_AGO, far, behind, max(behind - MOST_ON_STREAM, behind // 2), timeout=600
                )
            await connection.execute("VACUUM ANALYZE journal", timeout=600)
        memory: list[int] = []
        waited = await reached(
            here, others, 5 if quick else 30, SELDOM, lambda serving: memory.append(_pss(serving))
        )
        async with here.administering("sessions") as connection:
            assert await connection.fetchval(MADE_UP, far) < behind or not behind, (
                "nobody was behind any more"
            )
        return Beside(behind, waited, *memory)


async def drain(quick: bool) -> dict[str, float]:
    """Events a second from one service's journal to their effects in another, published: by one process and by two."""
    each = 20 if quick else 100
    async with ground(quick, MANY) as here:
        for name in TALKING:
            await here.prepare(installed_services()[name])
        cores = sorted(os.sched_getaffinity(0))
        return await take_turns(
            1 if quick else 3,
            {
                "one": lambda: _drained(here, each, cores[:1]),
                "two": lambda: _drained(here, each, cores[:2]),
            },
        )


async def _drained(here: Ground, each: int, cores: list[int]) -> float:
    """A replica for each core; the servers that they share have no cores but these either."""
    slugs, ports = _slugs(here), [free_port() for _ in cores]
    feeds = f"http://127.0.0.1:{ports[0]}/{{service}}/v1/events"
    async with AsyncExitStack() as stack:
        stack.enter_context(_confined_to(cores))
        for port in ports:
            serving = await stack.enter_async_context(here.serving(*TALKING, port=port, FEED_URL=feeds))
            await alive(serving)
        await _select(here, slugs, 1)  # who holds what is settled, and read code is warm
        started = time.perf_counter()
        await _select(here, slugs, each)
        return len(slugs) * each / (time.perf_counter() - started)


async def _select(here: Ground, slugs: list[str], each: int) -> None:
    """Say that so many themes of each corporation are selected, and wait until all are drafted and that is published."""
    async with here.administering("surveys") as surveys, here.administering("sessions") as sessions:
        drafts = await sessions.fetchval("SELECT count(*) FROM sessions") + len(slugs) * each
        await surveys.execute(SELECTED, slugs, each)

        async def drafted() -> bool:
            await asyncio.sleep(0.1)
            return (
                await sessions.fetchval("SELECT count(*) FROM sessions") >= drafts
                and not await sessions.fetchval(UNNUMBERED)
                and not await sessions.fetchval(UNPUBLISHED)
            )

        await until(drafted, patience=600)


@contextmanager
def _confined_to(cores: list[int]) -> Iterator[None]:
    """Everything that we started, and start, runs on these cores alone."""
    every = os.sched_getaffinity(0)
    _confine(cores)
    try:
        yield
    finally:
        _confine(every)


def _confine(cores: Collection[int]) -> None:
    for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
        with suppress(OSError):  # PostgreSQL's own come and go
            for thread in Path(f"/proc/{process.pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), cores)
