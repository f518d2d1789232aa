"""Whether what a service heard last is what its producers' journals hold, wherever a copy may have come back.

At the start, when Redis or the service's own database is another one than it was, and one producer in turn, since
somebody else's database comes back without a word. What we hear next shows it too: an entry says which it comes after.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from buurtthuis.core.tasks import SideBySide, stop_if_cancelled
from buurtthuis.eventlog.streams import StreamKey, read_entry
from buurtthuis.eventlog.subscription import Subscription

log = structlog.get_logger(__name__)

#: How often it is looked what is to be compared, in seconds.
ROUND_SECONDS = 1.0
#: How often a producer is asked without a reason, in seconds.
TURN_SECONDS = 10.0
#: Producers' feeds that begin to be asked at once.
ASKED_AT_ONCE = 8


class Comparisons:
    """Of everything that a service reads."""

    def __init__(self, redis: Redis, key: StreamKey) -> None:
        self._redis = redis
        self._key = key
        self._turn = 0
        self._next_turn = float("-inf")

    async def run(self, subscriptions: Callable[[], Sequence[Subscription]]) -> None:
        """Compare what is to be compared, until cancelled. What cannot be compared now is tried again."""
        to_be_asked: dict[str, Subscription] = {}

        async def compare(stream: str) -> None:
            await to_be_asked[stream].compare()

        async with SideBySide(compare, _say_what_failed, ASKED_AT_ONCE) as asking:
            while True:
                stop_if_cancelled()
                for subscription in await self._to_be_asked(subscriptions()):
                    to_be_asked[subscription.stream] = subscription
                    asking.ask(subscription.stream)
                await asyncio.sleep(ROUND_SECONDS)

    async def _to_be_asked(self, every: Sequence[Subscription]) -> Sequence[Subscription]:
        """Whose producer has to answer: the stream does not show that it has what we heard last, or it is its turn."""
        uncompared = [subscription for subscription in every if not subscription.is_compared]
        shown = await self._shown([subscription for subscription in uncompared if subscription.is_known])
        for subscription in shown:
            subscription.is_compared = True
        to_be_asked = [subscription for subscription in uncompared if subscription not in shown]
        return [*to_be_asked, *self._in_turn(every)]

    def _in_turn(self, every: Sequence[Subscription]) -> Sequence[Subscription]:
        now = asyncio.get_running_loop().time()
        if not every or now < self._next_turn:
            return ()
        self._next_turn, self._turn = now + TURN_SECONDS, self._turn + 1
        return (every[self._turn % len(every)],)

    async def _shown(self, subscriptions: Sequence[Subscription]) -> Sequence[Subscription]:
        """Those whose stream holds what we heard last, in its place and by its producer's hand."""
        pipeline = self._redis.pipeline(transaction=False)
        for subscription in subscriptions:
            id = f"{subscription.position}-0"
            pipeline.xrange(subscription.stream, id, id)
        try:
            found: Any = await pipeline.execute(raise_on_error=False) if subscriptions else ()
        except (RedisError, OSError):
            return ()
        return [
            subscription
            for subscription, entries in zip(subscriptions, found, strict=True)
            if self._is_last(subscription, entries)
        ]

    def _is_last(self, subscription: Subscription, entries: Any) -> bool:
        if not isinstance(entries, list) or not entries:
            return False
        envelope = read_entry(self._key, subscription.corporation, subscription.source, *entries[0])
        return envelope is not None and envelope.id == subscription.last.event_id


def _say_what_failed(stream: str, error: Exception) -> None:
    status = getattr(error, "status", None)
    log.warning("cannot be compared with its producer", stream=stream, status=status, exc_info=error)
