"""One service's streams, as its relay writes them: entries in the places of their positions, and in no other.

Redis refuses an id that it has already, so to add something a second time does no harm."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from buurtthuis.core.corporations import Corporation
from buurtthuis.eventlog.envelope import wrap
from buurtthuis.eventlog.positions import StreamAhead
from buurtthuis.eventlog.streams import (
    DATA_FIELD,
    MAC_FIELD,
    StreamKey,
    last_published,
    position_of,
    read_entry,
    stream_name,
)
from buurtthuis.persistence.journal import Entry
from buurtthuis.telemetry.metrics import FOREIGN_ENTRIES

log = structlog.get_logger(__name__)

#: So far back is looked for an entry of ours, where the newest is another's.
LOOKED_BACK = 1000


class End(NamedTuple):
    """How far a stream is: the last position that it has taken, and the newest entry that we wrote."""

    taken: int
    ours: int


class StreamWriter:
    """Writes to the streams of one service, one per corporation. Everything raises RedisError where Redis is away."""

    def __init__(
        self, service: str, redis: Redis, corporations: Mapping[str, Corporation], key: StreamKey
    ) -> None:
        self.redis = redis
        self._service = service
        self._corporations = corporations
        self._key = key

    def name(self, corporation: str) -> str:
        """What its stream is called."""
        return stream_name(corporation, self._service)

    async def add(self, corporation: str, entries: Sequence[Entry]) -> None:
        """Add what the stream does not have yet. Where the first is taken the others follow it, as positions do.

        Raises StreamAhead, before anything is added, where another event of ours is in the place of one of these."""
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

    async def add_to_many(self, entries: Mapping[str, Sequence[Entry]]) -> set[str]:
        """The same for several corporations at once; says whose streams refused something: `add` tells why."""
        refused = await self._try_to_add({slug: some[:1] for slug, some in entries.items()})
        rest = {slug: some[1:] for slug, some in entries.items() if slug not in refused}
        return refused | await self._try_to_add(rest)

    async def take_off(self, corporation: str, positions: Sequence[int]) -> None:
        """What stood there is to be read no more."""
        await self.redis.xdel(self.name(corporation), *(f"{position}-0" for position in positions))

    async def end(self, corporation: str, published: int) -> End:
        """How far the stream is. One that ends with what we did not write begins anew."""
        taken = await self._last(corporation)
        top = await self._newest_of_ours(corporation, 1) if taken else 0
        if top is not None and taken <= max(published, top):
            return End(taken, top)
        ours = await self._newest_of_ours(corporation, LOOKED_BACK) or 0
        await self._begin_anew(corporation)
        return End(0, ours)

    async def events(self, corporation: str, entries: Sequence[Entry]) -> dict[int, str | None]:
        """Position -> event id, for what the stream holds where these entries belong; None for what is not ours."""
        name, first, last = self.name(corporation), entries[0].position, entries[-1].position
        found: Any = await self.redis.xrange(name, f"{first}-0", f"{last}-0")
        return {position_of(id): self._event_id(corporation, id, fields) for id, fields in found}

    def _command(self, corporation: str, entry: Entry) -> Sequence[Any]:
        name, id = self.name(corporation), f"{entry.position}-0"
        document = wrap(entry, self._corporations[corporation], self._service)
        mac = self._key.mac(name, id, document)
        return "XADD", name, id, b"type", entry.type, DATA_FIELD, document, MAC_FIELD, mac

    async def _try_to_add(self, entries: Mapping[str, Sequence[Entry]]) -> set[str]:
        """In one round trip, in which what one stream refuses is nothing to another; says whose did."""
        pipeline, whose = self.redis.pipeline(transaction=False), list[str]()
        for slug, some in entries.items():
            for entry in some:
                pipeline.execute_command(*self._command(slug, entry))
                whose.append(slug)
        answers = await pipeline.execute(raise_on_error=False)
        return {slug for slug, answer in zip(whose, answers, strict=True) if isinstance(answer, Exception)}

    async def _missing(self, corporation: str, entries: Sequence[Entry]) -> Sequence[Entry]:
        """What is above the stream's last id; readers fetch what it skipped from the feed.

        Where somebody else took an entry's place the stream begins anew, with these."""
        last = await self._last(corporation)
        if last < entries[0].position:
            return entries
        there = await self.events(corporation, entries)
        if None in there.values():
            await self._begin_anew(corporation)
            return entries
        if any(there.get(entry.position, entry.event_id) != entry.event_id for entry in entries):
            raise StreamAhead(corporation)
        return [entry for entry in entries if entry.position > last]

    def _event_id(self, corporation: str, id: bytes, fields: dict[bytes, bytes]) -> str | None:
        """Which event of ours an entry holds; None where somebody else wrote it."""
        envelope = read_entry(self._key, self._corporations[corporation], self._service, id, fields)
        return envelope.id if envelope else None

    async def _newest_of_ours(self, corporation: str, among: int) -> int | None:
        """The newest position that we wrote among the newest entries; 0 where there are none, None where none is ours."""
        newest: Any = await self.redis.xrevrange(self.name(corporation), count=among)
        ours = (position_of(id) for id, fields in newest if self._event_id(corporation, id, fields))
        return next(ours, None) if newest else 0

    async def _last(self, corporation: str) -> int:
        """The highest position that its stream ever had. What is no stream makes room for one."""
        last = await last_published(self.redis, self.name(corporation))
        if last is None:
            await self._begin_anew(corporation)
        return last or 0

    async def _begin_anew(self, corporation: str) -> None:
        """Readers see a gap, and have the feed for it."""
        name = self.name(corporation)
        FOREIGN_ENTRIES.labels(self._service, corporation, self._service).inc()
        log.error("somebody wrote to a stream what we did not say, it begins anew", stream=name)
        await self.redis.delete(name)
