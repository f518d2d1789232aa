"""How far readers are, as they tell the producers on Redis: it steers how far a stream is trimmed, and shows who lags."""

import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from redis.asyncio import Redis

from buurtthuis.eventlog.streams import reader_mark

#: How long a stream is kept for a reader that tells nothing, in seconds: after that it reads the feed when it is back.
MARK_SECONDS = 3600
#: A mark that has not changed is told again before anybody doubts it.
REFRESH_SECONDS = MARK_SECONDS / 4
#: How long it is known that there was such a reader, in seconds.
KNOWN_SECONDS = 30 * 24 * 3600
#: Marks written, or streams asked for, in one round trip.
TOGETHER = 500
#: Digits of the highest position, and of the latest moment, that there can be.
LONGEST_POSITION, LONGEST_MOMENT = 19, 11


class Mark(NamedTuple):
    """How far a reader was, and when it said so."""

    position: int
    told_at: int

    @property
    def is_fresh(self) -> bool:
        """Whether whoever left it still reads, as far as anybody can tell."""
        return abs(time.time() - self.told_at) < MARK_SECONDS

    def __str__(self) -> str:
        return f"{self.position} {self.told_at}"


class Marks:
    """What one service tells: what has changed, and now and then what has not."""

    def __init__(self, service: str, redis: Redis) -> None:
        self._service = service
        self._redis = redis
        self._told: dict[str, Mark] = {}

    def forget(self) -> None:
        """Redis does not know any more what it was told."""
        self._told.clear()

    async def tell(self, positions: Mapping[tuple[str, str], int]) -> None:
        """Corporation and producer -> how far they are read. Raises RedisError."""
        now = int(time.time())
        marks = {
            reader_mark(corporation, source, self._service): Mark(position, now)
            for (corporation, source), position in positions.items()
        }
        due = [(name, mark) for name, mark in marks.items() if self._is_due(name, mark)]
        self._told = {name: mark for name, mark in self._told.items() if name in marks}
        for first in range(0, len(due), TOGETHER):
            some = due[first : first + TOGETHER]
            pipeline = self._redis.pipeline(transaction=False)
            for name, mark in some:
                pipeline.set(name, str(mark), ex=KNOWN_SECONDS)
            await pipeline.execute()
            self._told.update(some)

    def _is_due(self, name: str, mark: Mark) -> bool:
        told = self._told.get(name)
        return told is None or told.position != mark.position or mark.told_at - told.told_at > REFRESH_SECONDS


async def marks_of(
    redis: Redis, service: str, corporations: Iterable[str], readers: Iterable[str]
) -> dict[str, dict[str, Mark]]:
    """Corporation -> reader -> mark, of this service's streams. Raises RedisError.

    Of services that we know, and only what makes sense: others write there."""
    slugs, readers = list(corporations), list(readers)
    found: dict[str, dict[str, Mark]] = {slug: {} for slug in slugs}
    for first in range(0, len(slugs) if readers else 0, TOGETHER):
        pipeline = redis.pipeline(transaction=False)
        for slug in slugs[first : first + TOGETHER]:
            pipeline.mget([reader_mark(slug, service, reader) for reader in readers])
        written: Any = await pipeline.execute()
        for slug, values in zip(slugs[first:], written, strict=False):
            marks = zip(readers, map(_understood, values), strict=True)
            found[slug] = {reader: mark for reader, mark in marks if mark}
    return found


def _understood(written: bytes | None) -> Mark | None:
    """Position and moment; without a moment, as earlier versions wrote it, it is of now."""
    position, _, moment = (written or b"").partition(b" ")
    moment = moment or str(int(time.time())).encode()
    if not (position.isdigit() and moment.isdigit()):
        return None
    if len(position) > LONGEST_POSITION or len(moment) > LONGEST_MOMENT:
        return None
    return Mark(int(position), int(moment))
