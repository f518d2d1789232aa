"""From streams to subscriptions: one FastStream reader for all, from their checkpoints, a batch of each side by side."""

import asyncio
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import structlog
from faststream.message import StreamMessage
from faststream.redis import RedisBroker
from faststream.redis.message import FAKE_CONSUMER, RedisBatchStreamMessage
from redis.asyncio import Redis
from redis.exceptions import RedisError

from buurtthuis.core.corporations import Corporation
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.tasks import SideBySide, stop_if_cancelled
from buurtthuis.eventlog import retries
from buurtthuis.eventlog.checkpoints import StillRead
from buurtthuis.eventlog.comparing import Comparisons
from buurtthuis.eventlog.envelope import Envelope
from buurtthuis.eventlog.feeds import Feeds
from buurtthuis.eventlog.marks import Marks
from buurtthuis.eventlog.passing import Passing
from buurtthuis.eventlog.reader import REPLY_SECONDS, ManyStreamsSubscriber, Streams, subscribe
from buurtthuis.eventlog.retries import Pause
from buurtthuis.eventlog.streams import StreamKey, read_entry
from buurtthuis.eventlog.subscription import BATCH, Subscription, close_together, open_together
from buurtthuis.events import Event
from buurtthuis.persistence.engine import Database
from buurtthuis.persistence.replicas import Replicas
from buurtthuis.persistence.tenancy import by_itself
from buurtthuis.telemetry.logging import adopt
from buurtthuis.telemetry.metrics import FOREIGN_ENTRIES

log = structlog.get_logger(__name__)

# FastStream's own supervisor restarts a reader that died at once, and again and again; we watch ourselves.
os.environ["FASTSTREAM_SUPERVISOR_DISABLED"] = "1"
#: How often readers tell the producer how far they are, in seconds.
REPORT_SECONDS = 5.0
#: Corporations whose subscriptions are opened or closed at once.
OPENED_AT_ONCE = 8
#: How long another process that lives is waited for to give up what is ours now, in seconds: it may be unable to say so.
GIVEN_UP_WITHIN = 20.0
#: FastStream logs every batch, in colours and with whole tracebacks; we log what matters ourselves.
QUIET = adopt("faststream")


class Listener:
    """All subscriptions of one service, for the corporations that it has taken, read by one FastStream subscriber."""

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
        replicas: Replicas,
    ) -> None:
        self.service = service
        self.redis = redis
        #: Producer -> what its events bring about, the same for all corporations.
        self._reactions = {source: handlers.reactions_to(source) for source in sorted(handlers.heard)}
        self._database = database
        self._feeds = feeds
        self._replicas = replicas
        self._passing = Passing(database)
        self._taken: dict[str, list[Subscription]] = {}
        self._opened: set[str] = set()
        #: Since when we wait for whoever reads for it to give it up.
        self._waiting_since: dict[str, float] = {}
        #: Whether all that was taken before the start has been opened.
        self._began = False
        self._opening: SideBySide | None = None
        #: To open and to give up a corporation are one after the other.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._reader = Reader(service, redis_url, key)
        self._marks = Marks(service, redis)
        self._comparisons = Comparisons(redis, key)
        for corporation in corporations:
            self.take(corporation)

    def take(self, corporation: Corporation) -> None:
        """Read for this corporation too, from where its checkpoints are: at once while this runs, else from the start on."""
        if corporation.slug in self._taken:
            return
        self._taken[corporation.slug] = [
            Subscription(
                self.service,
                source,
                corporation,
                reactions,
                self._database,
                self._feeds,
                self._replicas,
                self._passing,
            )
            for source, reactions in self._reactions.items()
        ]
        if self._opening:
            self._opening.ask(corporation.slug)

    async def give_up(self, slug: str) -> None:
        """Read for this corporation no more; returns when the batches in hand are done, here or not at all."""
        given_up = self._taken.pop(slug, [])
        self._waiting_since.pop(slug, None)
        for subscription in given_up:
            subscription.leave()
        async with self._turns[slug]:
            await asyncio.gather(*(self._reader.leave(subscription) for subscription in given_up))
            await self._close(slug, given_up)

    @property
    def subscriptions(self) -> list[Subscription]:
        """Of all corporations that are taken."""
        return [subscription for taken in self._taken.values() for subscription in taken]

    def tell_again(self) -> None:
        """Redis is another one: it does not know how far we are, and may not have been lost alone."""
        self._marks.forget()
        for subscription in self._opened_subscriptions:
            subscription.is_compared = False

    def forget(self) -> None:
        """Our database is another one than it was: see where the checkpoints are."""
        for subscription in self._opened_subscriptions:
            subscription.forget()

    @property
    def _opened_subscriptions(self) -> list[Subscription]:
        return [subscription for slug in self._opened for subscription in self._taken.get(slug, ())]

    @property
    def alive(self) -> bool:
        """Whether the reader truly reads; `broker.ping()` stays true when it spins or died."""
        return self._began and self._reader.alive

    @property
    def unread(self) -> int:
        """How many streams cannot be read: Redis refuses them, or their checkpoints could not be opened yet."""
        unopened = self._taken.keys() - self._opened
        return len(self._reader.unreadable) + sum(len(self._taken[slug]) for slug in unopened)

    async def run(self) -> None:
        """Listen until cancelled."""
        with by_itself():
            await self._listen()

    async def _listen(self) -> None:
        try:
            async with SideBySide(self._open, self._cannot_open, OPENED_AT_ONCE) as self._opening:
                self._began = not self._taken
                for slug in self._taken:
                    self._opening.ask(slug)
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._reader.run())
                    group.create_task(self._report())
                    group.create_task(self._comparisons.run(lambda: self._opened_subscriptions))
        finally:
            self._opening = None
            for subscription in self.subscriptions:
                subscription.leave()
            await self._reader.stop()
            await self._close_all()

    async def _open(self, slug: str) -> None:
        async with self._turns[slug]:
            taken = self._taken.get(slug)
            if taken is not None:  # though a service may hear nobody
                now = asyncio.get_running_loop().time()
                insist = now - self._waiting_since.setdefault(slug, now) > GIVEN_UP_WITHIN
                await open_together(self._database, taken, self._replicas, insist=insist)
                self._waiting_since.pop(slug, None)
                self._opened.add(slug)
                for subscription in taken:
                    self._reader.read(subscription)
        self._began = self._began or self._opened >= self._taken.keys()

    def _cannot_open(self, slug: str, error: Exception) -> None:
        if not isinstance(error, StillRead):
            log.warning("subscriptions cannot be opened yet", corporation=slug, exc_info=error)
        if self._opening:
            self._opening.ask(slug)

    async def _close_all(self) -> None:
        self._began, places = False, asyncio.Semaphore(OPENED_AT_ONCE)

        async def close(slug: str) -> None:
            async with places:
                await self._close(slug, self._taken[slug])

        await asyncio.gather(*(close(slug) for slug in self._taken))

    async def _close(self, slug: str, taken: Sequence[Subscription]) -> None:
        if slug in self._opened:
            self._opened.discard(slug)
            with suppress(Exception):  # the database is away: the next process will be careful
                await close_together(self._database, taken, self._replicas)

    async def _report(self) -> None:
        while True:
            stop_if_cancelled()
            with suppress(RedisError, OSError):
                await self._marks.tell(
                    {
                        (subscription.corporation.slug, subscription.source): subscription.position
                        for subscription in self._opened_subscriptions
                    }
                )
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
        subscription = self._subscription
        found = [
            read_entry(self._key, subscription.corporation, subscription.source, id, fields)
            for id, fields in zip(ids, entries, strict=True)
        ]
        if foreign := found.count(None):
            FOREIGN_ENTRIES.labels(
                subscription.service, subscription.corporation.slug, subscription.source
            ).inc(foreign)
            log.error(
                "somebody wrote to a stream what its producer did not say",
                stream=subscription.stream,
                entries=foreign,
            )
        return [envelope for envelope in found if envelope and not self._needs_confirming(envelope)]

    def _needs_confirming(self, envelope: Envelope) -> bool:
        known = Event.known.get(envelope.type)
        return known is not None and known.irreversible and envelope.type in self._subscription.reactions


class Batch(NamedTuple):
    """What was believed of one stream's entries."""

    subscription: Subscription
    envelopes: list[Envelope]


class Reader:
    """Keeps FastStream reading: starts again, after a pause, whenever its task dies."""

    def __init__(self, service: str, redis_url: str, key: StreamKey) -> None:
        self._service = service
        self._redis_url = redis_url
        self._key = key
        self._streams = Streams()
        self._subscriptions: dict[str, Subscription] = {}
        self._broker: RedisBroker | None = None
        self._subscriber: ManyStreamsSubscriber | None = None

    @property
    def alive(self) -> bool:
        """Whether FastStream's task is running, and reads something."""
        reads = not self._subscriptions or len(self.unreadable) < len(self._subscriptions)
        return bool(self._subscriber and self._subscriber.alive and reads)

    @property
    def unreadable(self) -> list[str]:
        """Streams that Redis does not let us read."""
        return self._streams.unreadable

    def read(self, subscription: Subscription) -> None:
        """Its stream too, from its position on."""
        stream = subscription.stream
        self._subscriptions[stream] = subscription
        self._streams.add(stream, subscription.after)

    async def leave(self, subscription: Subscription) -> None:
        """Its stream is read no more, and its batch in hand is done."""
        await self._streams.remove(subscription.stream)
        self._subscriptions.pop(subscription.stream, None)

    async def run(self) -> None:
        """Read until cancelled."""
        pause, clock = Pause(), asyncio.get_running_loop().time
        while True:
            stop_if_cancelled()
            started = clock()
            try:
                subscriber = await self._start()
                await asyncio.wait(subscriber.tasks, return_when=asyncio.FIRST_COMPLETED)
                log.error("reader died, starting again", service=self._service, why=_last_words(subscriber))
            except Exception as error:
                log.warning("reader cannot start", service=self._service, exc_info=error)
            await self.stop()
            if clock() - started > retries.LONGEST_PAUSE:  # it lived for a while
                pause = Pause()
            await pause()

    async def stop(self) -> None:
        """Let the batches in hand finish, then close the connection."""
        broker, self._broker = self._broker, None
        if broker:
            with suppress(Exception):
                await broker.stop()
        self._subscriber = None

    async def _start(self) -> ManyStreamsSubscriber:
        connection: Any = {"socket_timeout": REPLY_SECONDS, "socket_connect_timeout": 3}
        self._broker = RedisBroker(
            self._redis_url, logger=QUIET, apply_types=False, graceful_timeout=10, **connection
        )
        self._subscriber = subscribe(
            self._broker, f"{self._service} reads", BATCH, self._streams, parser=_parse, decoder=self._decode
        )
        self._subscriber(self._receive)
        await self._broker.start()
        return self._subscriber

    async def _receive(self, batch: Batch) -> None:
        try:
            await batch.subscription.receive(batch.envelopes)
        except Exception as error:  # FastStream would only log it
            log.error("batch failed, reading it again", stream=batch.subscription.stream, exc_info=error)

    async def _decode(self, message: StreamMessage[Any]) -> Batch:
        raw = message.raw_message
        subscription = self._subscriptions[raw["channel"]]
        return Batch(subscription, Entries(subscription, self._key).believed(raw["message_ids"], raw["data"]))


def _last_words(subscriber: ManyStreamsSubscriber) -> str:
    died = [task.exception() for task in subscriber.tasks if task.done() and not task.cancelled()]
    return ", ".join(type(error).__name__ for error in died if error)


async def _parse(message: Any) -> StreamMessage[Any]:
    """Instead of FastStream's own batch parser, which decodes, dumps and decodes the JSON again."""
    return RedisBatchStreamMessage(raw_message=message, body=b"", consumer=FAKE_CONSUMER, group=None)
