"""From streams to subscriptions: FastStream reads each from its checkpoint, and hands over batches."""

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog
from faststream.message import StreamMessage
from faststream.redis import RedisBroker, StreamSub
from faststream.redis.message import FAKE_CONSUMER, RedisBatchStreamMessage
from redis.asyncio import Redis
from redis.exceptions import RedisError

from buurtthuis.core.corporations import Corporation
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.tasks import stop_if_cancelled
from buurtthuis.eventlog import retries, subscription
from buurtthuis.eventlog.envelope import Envelope
from buurtthuis.eventlog.retries import Pause
from buurtthuis.eventlog.streams import StreamKey, last_published, read_entry, reader_mark
from buurtthuis.eventlog.subscription import BATCH, Feeds, Subscription
from buurtthuis.events import Event
from buurtthuis.persistence.engine import Database
from buurtthuis.telemetry.logging import adopt
from buurtthuis.telemetry.metrics import FOREIGN_ENTRIES

log = structlog.get_logger(__name__)

# FastStream's own supervisor restarts a reader that meets WRONGTYPE or READONLY in a hot loop; we watch ourselves.
os.environ["FASTSTREAM_SUPERVISOR_DISABLED"] = "1"
#: How long one read waits, in milliseconds; must stay under redis-py's socket timeout of 5 s.
BLOCK_MS = 4000
#: How often readers tell the producer how far they are, in seconds.
REPORT_SECONDS = 5.0
#: How long the producer believes that, in seconds: who is away for longer reads the feed when it is back.
MARK_SECONDS = 3600
#: FastStream logs every batch, in colours and with whole tracebacks; we log what matters ourselves.
QUIET = adopt("faststream")


class Listener:
    """All subscriptions of one service, read by FastStream."""

    def __init__(
        self,
        service: str,
        handlers: Handlers,
        database: Database,
        redis_url: str,
        redis: Redis,
        corporations: Iterable[Corporation],
        feeds: Feeds,
        key: StreamKey,
    ) -> None:
        self.service = service
        self.redis = redis
        self._key = key
        self.subscriptions = [
            Subscription(service, source, corporation, handlers.reactions_to(source), database, feeds)
            for corporation in corporations
            for source in sorted(handlers.heard)
        ]
        self._redis_url = redis_url
        self._readers: list[StreamReader] = []

    @property
    def alive(self) -> bool:
        """Whether every reader truly reads; `broker.ping()` stays true when one spins or died."""
        return all(reader.alive for reader in self._readers)

    async def lags(self, corporation: str) -> dict[str, int]:
        """Producer -> entries on its stream that are still to be read."""
        mine = [
            subscription
            for subscription in self.subscriptions
            if subscription.corporation.slug == corporation
        ]
        ends = {
            subscription: await last_published(self.redis, subscription.stream) or 0 for subscription in mine
        }
        return {
            subscription.source: max(end - subscription.position, 0) for subscription, end in ends.items()
        }

    async def run(self) -> None:
        """Listen until cancelled."""
        self._readers = [
            StreamReader(subscription, self._redis_url, self._key) for subscription in self.subscriptions
        ]
        try:
            async with asyncio.TaskGroup() as group:
                for reader in self._readers:
                    group.create_task(reader.run())
                group.create_task(self._report())
        finally:
            for subscription in self.subscriptions:
                subscription.leave()
            for reader in self._readers:
                await reader.end()

    async def _report(self) -> None:
        while True:
            stop_if_cancelled()
            with suppress(RedisError, OSError):
                for subscription in self.subscriptions:
                    mark = reader_mark(subscription.corporation.slug, subscription.source, self.service)
                    await self.redis.set(mark, str(subscription.position), ex=MARK_SECONDS)
            await asyncio.sleep(REPORT_SECONDS)


class Entries:
    """What the stream of one subscription shows, as far as it is to be believed.

    What is left out makes a gap, and gaps are filled from the producer's feed. So whatever somebody else wrote neither
    acts nor hides what was truly said in that place; and nothing that cannot be undone is done on a stream's word."""

    def __init__(self, subscription: Subscription, key: StreamKey) -> None:
        self._subscription = subscription
        self._key = key

    def believed(self, ids: Sequence[bytes], entries: Sequence[Mapping[bytes, bytes]]) -> list[Envelope]:
        """Envelopes of what the producer wrote there, without those to be read in its feed."""
        one = self._subscription
        found = [
            read_entry(self._key, one.corporation, one.source, id, fields)
            for id, fields in zip(ids, entries, strict=True)
        ]
        if foreign := found.count(None):
            FOREIGN_ENTRIES.labels(one.service, one.corporation.slug, one.source).inc(foreign)
            log.error(
                "somebody wrote to a stream what its producer did not say", stream=one.stream, entries=foreign
            )
        return [envelope for envelope in found if envelope and not self._needs_confirming(envelope)]

    def _needs_confirming(self, envelope: Envelope) -> bool:
        known = Event.known.get(envelope.type)
        return known is not None and known.irreversible and envelope.type in self._subscription.reactions


class StreamReader:
    """Keeps FastStream reading one stream: starts again, after a pause, whenever its task dies."""

    def __init__(self, subscription: Subscription, redis_url: str, key: StreamKey) -> None:
        self.subscription = subscription
        self._entries = Entries(subscription, key)
        self._redis_url = redis_url
        self._broker: RedisBroker | None = None
        self._subscriber: Any = None

    @property
    def alive(self) -> bool:
        """Whether FastStream's task is running."""
        tasks = self._subscriber.tasks if self._subscriber else []
        return bool(tasks) and not any(task.done() for task in tasks)

    async def run(self) -> None:
        """Read until cancelled."""
        pause, clock = Pause(), asyncio.get_running_loop().time
        while True:
            stop_if_cancelled()
            started = clock()
            try:
                await self._start()
                await asyncio.wait(self._subscriber.tasks, return_when=asyncio.FIRST_COMPLETED)
                log.error(
                    "reader died, starting again", stream=self.subscription.stream, why=self._last_words()
                )
            except Exception as error:
                log.warning("reader cannot start", stream=self.subscription.stream, exc_info=error)
            await self.stop()
            if clock() - started > retries.LONGEST_PAUSE:  # it lived for a while
                pause = Pause()
            await pause()

    async def stop(self) -> None:
        """Let the batch in hand finish, then close the connection."""
        broker, self._broker = self._broker, None
        if broker:
            with suppress(Exception):
                await broker.stop()
        self._subscriber = None

    async def end(self) -> None:
        """Stop for good."""
        await self.stop()
        with suppress(Exception):  # the database is away: the next process will be careful
            await self.subscription.close()

    async def _start(self) -> None:
        await self.subscription.open()
        self._broker = RedisBroker(self._redis_url, logger=QUIET, apply_types=False, graceful_timeout=10)
        self._subscriber = self._broker.subscriber(
            stream=StreamSub(
                self.subscription.stream,
                batch=True,
                max_records=BATCH,
                polling_interval=BLOCK_MS,
                last_id=f"{self.subscription.position}-0",
            ),
            parser=_parse,
            decoder=self._decode,
        )
        self._subscriber(self._receive)
        await self._broker.start()

    async def _receive(self, batch: list[Envelope]) -> None:
        subscriber = self._subscriber
        try:
            await self.subscription.receive(batch)
        except Exception as error:  # FastStream would only log it, and read on behind this batch
            log.error("batch failed, reading it again", stream=self.subscription.stream, exc_info=error)
            await asyncio.sleep(subscription.WATCH_SECONDS)
        finally:
            subscriber.last_id = f"{self.subscription.position}-0"

    async def _decode(self, message: StreamMessage[Any]) -> list[Envelope]:
        raw = message.raw_message
        return self._entries.believed(raw["message_ids"], raw["data"])

    def _last_words(self) -> str:
        died = [task.exception() for task in self._subscriber.tasks if task.done() and not task.cancelled()]
        return ", ".join(type(error).__name__ for error in died if error)


async def _parse(message: Any) -> StreamMessage[Any]:
    """Instead of FastStream's own batch parser, which decodes, dumps and decodes the JSON again."""
    return RedisBatchStreamMessage(raw_message=message, body=b"", consumer=FAKE_CONSUMER, group=None)
