"""Notices when Redis is another one than it was: empty, or back from an older copy."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from buurtthuis.core.tasks import stop_if_cancelled
from buurtthuis.eventlog.streams import stream_name

log = structlog.get_logger(__name__)

#: How often it looks, in seconds.
SENTINEL_SECONDS = 2.0
#: How long Redis keeps the counter of a process that is gone, in seconds.
KEPT_SECONDS = 24 * 3600


def sentinel_name(process: str, service: str) -> str:
    """Where a service may write as it does for a corporation, and no corporation's name can be."""
    return stream_name(f".{process}", service)


class Sentinel:
    """A counter that one process counts up on Redis, and nobody else: where it is not what it was, nothing else is."""

    def __init__(self, service: str, redis: Redis, on_another_redis: Callable[[], None]) -> None:
        self._redis = redis
        self._on_another_redis = on_another_redis
        self.key = sentinel_name(uuid4().hex, service)
        self._counted = 0
        #: Whether the last count may have been written though nobody answered.
        self._unsure = False

    async def run(self) -> None:
        """Look until cancelled."""
        told = False
        while True:
            stop_if_cancelled()
            try:
                await self.look()
                told = False
            except (
                RedisError,
                OSError,
            ) as error:  # it is away, or does not let us: whoever reads or writes says more
                if not told:
                    log.warning("cannot tell whether Redis is still the same", exc_info=error)
                told = True
            await asyncio.sleep(SENTINEL_SECONDS)

    async def look(self) -> None:
        """Compare, and count on. Raises RedisError."""
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.mget([self.key])
        pipeline.set(self.key, str(self._counted + 1), ex=KEPT_SECONDS)
        unsure, self._unsure = self._unsure, True
        (found,), _ = await pipeline.execute()
        self._unsure = False
        is_another = self._counted and not self._is_as_it_was(found, unsure=unsure)
        self._counted += 1
        if is_another:
            log.warning("Redis is another one than it was: what it holds is told and compared anew")
            self._on_another_redis()

    def _is_as_it_was(self, found: Any, *, unsure: bool) -> bool:
        expected = (self._counted, self._counted + 1) if unsure else (self._counted,)
        return found in {str(count).encode() for count in expected}
