"""How fast committed rows reach the stream, against bare Redis with the same bytes."""

import itertools
from collections.abc import Sequence
from typing import Any

from buurtthuis.core.corporations import Corporations
from buurtthuis.eventlog.relay import BATCH, Relay
from buurtthuis.eventlog.streams import StreamKey, stream_name

from benchmarks.figures import Row, at_least, rate, take_turns
from benchmarks.ground import BENCH, Ground, ground

#: Rows as commands leave them: committed, without a position.
COMMITTED = """
    INSERT INTO journal (corporation, event_id, type, subject, house, audience, actor, time, traceparent, data)
    SELECT $1, gen_random_uuid(), 'nl.buurtthuis.surveys.theme-admitted.v1', theme, house, 1, 'staff', now(),
           '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
           jsonb_build_object('theme_id', theme, 'house_id', house, 'title', 'Koffie om half ' || n,
                              'origin', 'resident')
    FROM (SELECT n, gen_random_uuid() AS theme, gen_random_uuid() AS house FROM generate_series(1, $2::int) n) made
"""


async def measure(quick: bool) -> list[Row]:
    """Number and publish a full journal, and add the same entries bare."""
    many = 5_000 if quick else 20_000
    async with ground(quick) as here:
        await here.prepare(BENCH)
        database = here.database(BENCH.name)
        relay = Relay(
            BENCH.name, database, here.redis, Corporations([here.corporation]), StreamKey.of(here.settings)
        )
        await relay.relay(here.corporation.slug)
        await published(here, relay, 1000)
        entries = await _entries(here)
        median = await take_turns(
            2 if quick else 5,
            {
                "ours": lambda: published(here, relay, many),
                "bare": lambda: added(here, entries, many),
            },
        )
        await database.close()
    return [at_least(0.3, "relay", median["ours"], "bare pipelined XADD", median["bare"])]


async def published(here: Ground, relay: Relay, many: int) -> float:
    """Rows a second, from committed to on the stream."""
    async with here.administering(BENCH.name) as connection:
        await connection.execute(COMMITTED, here.corporation.slug, many)
        await connection.execute("ANALYZE journal")
    return await rate(many, relay.relay(here.corporation.slug))


Fields = dict[Any, Any]


async def _entries(here: Ground) -> Sequence[Fields]:
    found: Any = await here.redis.xrange(stream_name(here.corporation.slug, BENCH.name), count=1000)
    return [fields for _, fields in found]


async def added(here: Ground, entries: Sequence[Fields], many: int) -> float:
    """Entries a second with nothing but redis-py: the same bytes, as many in one MULTI."""
    await here.redis.delete("bare")
    return await rate(many, _add(here, entries, many))


async def _add(here: Ground, entries: Sequence[Fields], many: int) -> None:
    endless = itertools.cycle(entries)
    for first in range(1, many + 1, BATCH):
        pipeline = here.redis.pipeline(transaction=True)
        for position in range(first, first + BATCH):
            fields = next(endless)
            pipeline.xadd("bare", fields, id=f"{position}-0")
        await pipeline.execute()
