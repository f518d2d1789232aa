"""One FastStream subscriber that reads many streams: one XREAD for all of them, fair turns, each stream's batches in order.

FastStream's lifecycle, middlewares, parser and decoder are as they are; what differs is how it reads, and that a
stream whose batch is in hand is left out until that is done, so that no stream waits for another.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import structlog
from faststream._internal.broker.registrator import Registrator
from faststream._internal.endpoint.subscriber.call_item import CallsCollection
from faststream.redis import RedisBroker, StreamSub
from faststream.redis.message import BatchStreamMessage
from faststream.redis.subscriber.config import RedisSubscriberConfig, RedisSubscriberSpecificationConfig
from faststream.redis.subscriber.specification import StreamSubscriberSpecification
from faststream.redis.subscriber.usecases import LogicSubscriber, StreamBatchSubscriber
from redis.exceptions import RedisError, ResponseError

from buurtthuis.core.tasks import place, stop_if_cancelled

log = structlog.get_logger(__name__)

#: How long one read waits, in milliseconds; must stay under `REPLY_SECONDS`.
BLOCK_MS = 4000
#: How long Redis may take to answer, in seconds: longer than a read that waits, and than a process may be busy meanwhile.
REPLY_SECONDS = 8.0
#: How long batches in hand are waited for before the other streams are read on, in seconds, and in reads: longer makes
#: fewer reads, and every event later. A read of many streams, or by a busy process, takes longer itself.
PATIENCE = 0.003
PATIENCE_IN_READS = 4
#: A batch that has been in hand for longer is waited for no more, in seconds: it is read on when it is done.
YOUNG = 1.0
#: Streams of which a whole batch may be waiting, read at once: what they hold together must fit into memory.
MOST_BEHIND = 16
#: The same of those that are stuck: more than these wait for something that they share.
MOST_IN_HAND = 64
#: Batches that are begun at once: whole ones of streams that are behind, and what comes in between.
LONG_AT_ONCE, SHORT_AT_ONCE = 2, 8
#: How long a stream that cannot be read is left out before it is tried again, in seconds.
ASIDE_SECONDS = 5.0
#: How long a batch in hand may take when its stream is to be left, in seconds.
GRACE_SECONDS = 10.0
#: A stream of which nothing new was taken over is left alone for so long, in seconds.
STUCK_SECONDS = 1.0
#: Without a round for so long the reader does not read, whatever its task says, in seconds.
SILENCE_SECONDS = 30.0

Entries = Sequence[tuple[bytes, dict[bytes, bytes]]]


class Stream:
    """One of the streams that are read: from where, and whether a batch of it is in hand."""

    __slots__ = ("after", "aside_until", "behind", "in_hand", "key", "name", "since")

    def __init__(self, name: str, after: Callable[[], str]) -> None:
        self.name = name
        self.key = name.encode()
        self.after = after
        #: Whether more may be waiting than one batch: until a read says otherwise.
        self.behind = True
        self.in_hand: asyncio.Task[None] | None = None
        self.since = 0.0
        #: When it is tried again, where it could not be read.
        self.aside_until: float | None = None

    @property
    def idle(self) -> bool:
        """Whether it can be asked for more."""
        return self.in_hand is None and self.aside_until is None


class Streams:
    """All streams of one reader, in the order of their turns. Outlives the subscriber that reads them."""

    def __init__(self) -> None:
        self._streams: dict[str, Stream] = {}
        #: Something was added, so a read that waits for the others need not go on.
        self.changed = asyncio.Event()
        #: Until when those in which nothing seems to be waiting are left alone: to ask thousands for nothing takes long.
        self.level_until = float("-inf")

    def add(self, name: str, after: Callable[[], str]) -> None:
        """Read this one too, from behind the entry that `after` names."""
        self._streams[name] = Stream(name, after)
        self.changed.set()

    async def remove(self, name: str) -> None:
        """Read it no more; returns when the batch in hand is done, or was taken out of its hands."""
        stream = self._streams.pop(name, None)
        if stream and stream.in_hand:
            await finish([stream.in_hand], GRACE_SECONDS)

    def get(self, name: str) -> Stream | None:
        """The stream of this name, if it is read."""
        return self._streams.get(name)

    @property
    def unreadable(self) -> list[str]:
        """Those that cannot be read now, and are left out."""
        return [stream.name for stream in self._streams.values() if stream.aside_until is not None]

    @property
    def in_hand(self) -> list["asyncio.Task[None]"]:
        """The batches that are being reacted to."""
        return [stream.in_hand for stream in self._streams.values() if stream.in_hand]

    def young(self, now: float) -> list["asyncio.Task[None]"]:
        """The batches that will soon be done, as it seems."""
        return [
            stream.in_hand
            for stream in self._streams.values()
            if stream.in_hand and now - stream.since < YOUNG
        ]

    def next(self, now: float) -> tuple[list[Stream], int | None]:
        """Whom to ask for more, and how many milliseconds to wait for it; not at all while somebody will soon be back."""
        idle = [stream for stream in self._streams.values() if stream.idle]
        level = [stream for stream in idle if not stream.behind] if now >= self.level_until else []
        behind = [stream for stream in idle if stream.behind][: self._room(now)]
        for stream in behind:  # whoever had a turn goes to the end
            self._streams[stream.name] = self._streams.pop(stream.name)
        waits = not behind and not self.young(now)
        return [*behind, *level], self._wait(now) if waits else None

    def to_try_again(self, now: float) -> list[Stream]:
        """Those that were left out for long enough."""
        return [
            stream
            for stream in self._streams.values()
            if stream.aside_until is not None and stream.aside_until <= now
        ]

    def forget_who_is_level(self) -> None:
        """Nobody was read for a while: anybody may be behind."""
        for stream in self._streams.values():
            stream.behind = True

    def _room(self, now: float) -> int:
        """For how many whole batches more: one that is stuck takes less of it than one that will soon be done."""
        ages = [now - stream.since for stream in self._streams.values() if stream.in_hand and stream.behind]
        young = sum(age < YOUNG for age in ages)
        return max(min(MOST_BEHIND - young, MOST_IN_HAND - len(ages)), 0)

    def _wait(self, now: float) -> int:
        """A tenth of the time that the newest batch in hand has taken: it may be back any time."""
        ages = [now - stream.since for stream in self._streams.values() if stream.in_hand]
        return min(BLOCK_MS, int(1000 * min(ages) / 10)) if ages else BLOCK_MS


class ManyStreamsSubscriber(StreamBatchSubscriber):
    """FastStream's subscriber to a stream's batches, for many streams."""

    def __init__(
        self,
        config: RedisSubscriberConfig,
        specification: StreamSubscriberSpecification,
        calls: CallsCollection[Any],
        streams: Streams,
    ) -> None:
        super().__init__(config, specification, calls)
        self.streams = streams
        self._long, self._short = asyncio.Semaphore(LONG_AT_ONCE), asyncio.Semaphore(SHORT_AT_ONCE)
        self._clock = asyncio.get_running_loop().time
        self._last_round = self._clock()
        #: How long the last read took, and the last one of those that are behind and of all others besides.
        self._took = self._took_all = 0.0
        self._away = False

    @property
    def alive(self) -> bool:
        """Whether the reading task runs, and goes round."""
        runs = bool(self.tasks) and not any(task.done() for task in self.tasks)
        return runs and self._clock() - self._last_round < SILENCE_SECONDS

    async def start(self) -> None:
        """Begin to read all streams."""
        client: Any = self._client
        self.parser._setup(client, None)
        await LogicSubscriber.start(self, self._read)

    async def stop(self) -> None:
        """Read no more, and let the batches in hand finish."""
        try:
            await super().stop()
        finally:
            await finish(self.streams.in_hand, 0)

    async def _consume(self, *args: Any, start_signal: Any) -> None:
        """Without FastStream's: it waits for Redis to answer before it starts, and five seconds after each failure."""
        start_signal.set()
        while self.running:
            await self._get_msgs(*args)
            stop_if_cancelled()
            if self._clock() - self._last_round > REPLY_SECONDS:  # the process stood still
                self.streams.forget_who_is_level()
            self._last_round = self._clock()

    async def _get_msgs(self, read: Any) -> None:
        """Read once, of all that can be read, and hand over what came."""
        await self._wait_for_batches_in_hand()
        self.streams.changed.clear()
        asked, block = self.streams.next(self._clock())
        try:
            await self._try_again()
            if not asked:
                return await self._wait_for_a_change()
            answer = await read(asked, block)
        except ResponseError as error:
            await self._leave_out_who_cannot_be_read(asked, error)
        except (RedisError, OSError) as error:
            await self._wait_for_redis(error)
        else:
            self._is_back()
            self._hand_over(asked, answer)

    async def _wait_for_batches_in_hand(self) -> None:
        """Briefly: so most streams are asked again in one read."""
        if young := self.streams.young(self._clock()):
            await asyncio.wait(young, timeout=max(PATIENCE, PATIENCE_IN_READS * self._took))

    async def _wait_for_a_change(self) -> None:
        """Everything is in hand, left out or left alone, or there is nothing to read."""
        changed = asyncio.create_task(self.streams.changed.wait())
        left_alone = self.streams.level_until - self._clock()
        try:
            await asyncio.wait(
                [changed, *self.streams.in_hand],
                timeout=left_alone if 0 < left_alone < YOUNG else YOUNG,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            changed.cancel()

    async def _read(self, asked: Sequence[Stream], block: int | None) -> Any:
        """XREAD, until there is something, or a stream was added."""
        reading = asyncio.ensure_future(
            self._client.xread(
                {
                    stream.key: stream.after().encode() for stream in asked
                },  # redis-py takes twice as long for texts
                count=self.stream_sub.max_records,
                block=block or None,
            )
        )
        if not block:
            began = self._clock()
            answer = await reading
            self._took = self._clock() - began
            if asked[0].behind and not asked[-1].behind:
                self._took_all = self._took
                self._leave_level_alone()
            return answer
        changed = asyncio.create_task(self.streams.changed.wait())
        try:
            await asyncio.wait([reading, changed], return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                return await reading
            self._leave_level_alone()
            return ()
        finally:
            await finish([reading, changed], 0)

    def _leave_level_alone(self) -> None:
        """Those that are level, while others are behind or added: to ask for them takes a fifth of the time at most."""
        self.streams.level_until = self._clock() + PATIENCE_IN_READS * self._took_all

    def _hand_over(self, asked: Sequence[Stream], answer: Iterable[tuple[bytes, Entries]]) -> None:
        """Each stream's batch side by side."""
        for stream in asked:
            stream.behind = False
        for name, entries in answer:
            stream = self.streams.get(name.decode())  # type: ignore[assignment]
            if stream and stream.idle:
                stream.behind = len(entries) == self.stream_sub.max_records
                stream.since = self._clock()
                stream.in_hand = asyncio.create_task(self._digest(stream, entries))

    async def _digest(self, stream: Stream, entries: Entries) -> None:
        before = stream.after()
        try:
            async with place(self._long if stream.behind else self._short):
                await self.consume_one(_message(stream, entries))
            if stream.after() == before and self.running:  # else it would be read again and again
                await asyncio.sleep(STUCK_SECONDS)
        finally:
            stream.in_hand = None
            stream.behind = stream.behind or self._clock() - stream.since > YOUNG

    async def _leave_out_who_cannot_be_read(self, asked: Sequence[Stream], error: ResponseError) -> None:
        """One that Redis refuses spoils the answer for all: find it, and read the others."""
        refused = await self._refused(asked)
        for stream in refused:
            stream.aside_until = self._clock() + ASIDE_SECONDS
        if refused:
            names = [stream.name for stream in refused]
            log.error(
                "streams cannot be read, and are left out", streams=names[:3], many=len(names), exc_info=error
            )
        else:
            await self._wait_for_redis(error)

    async def _try_again(self) -> None:
        """Read with the others again whoever can be read now."""
        again = self.streams.to_try_again(self._clock())
        refused = await self._refused(again) if again else ()
        for stream in again:
            stream.aside_until = self._clock() + ASIDE_SECONDS if stream in refused else None
            if stream.idle:
                stream.behind = True
                log.info("a stream can be read again", stream=stream.name)

    async def _refused(self, streams: Collection[Stream]) -> list[Stream]:
        """Those that Redis does not let us read."""
        pipeline = self._client.pipeline(transaction=False)
        for stream in streams:
            pipeline.xread({stream.name: stream.after()}, count=1)
        answers = await pipeline.execute(raise_on_error=False)
        return [
            stream
            for stream, answer in zip(streams, answers, strict=True)
            if isinstance(answer, ResponseError)
        ]

    async def _wait_for_redis(self, error: Exception) -> None:
        """It is away, or refuses everything: one line when that begins, and one when it is over."""
        if not self._away:
            self._away = True
            log.warning("Redis does not answer the reader, waiting", exc_info=error)
        self.streams.forget_who_is_level()
        await asyncio.sleep(STUCK_SECONDS)

    def _is_back(self) -> None:
        if self._away:
            self._away = False
            log.warning("Redis answers the reader again")


def subscribe(
    broker: RedisBroker, name: str, batch: int, streams: Streams, **options: Any
) -> ManyStreamsSubscriber:
    """What `broker.subscriber` does, for a subscriber of our own kind: `name` stands for all its streams.

    `options` are FastStream's own: `parser` and `decoder`."""
    of_all = StreamSub(name, batch=True, max_records=batch)
    config: Any = broker.config
    described = RedisSubscriberSpecificationConfig(title_=None, description_=None)
    calls = CallsCollection[Any]()
    subscriber = ManyStreamsSubscriber(
        RedisSubscriberConfig(stream_sub=of_all, no_reply=True, _outer_config=config),
        StreamSubscriberSpecification(config, described, calls, stream_sub=of_all),
        calls,
        streams,
    )
    Registrator.subscriber(broker, subscriber)
    return subscriber.add_call(
        parser_=options.get("parser"),
        decoder_=options.get("decoder"),
        codec_=None,
        dependencies_=(),
    )


async def finish(tasks: Sequence["asyncio.Future[Any]"], patience: float) -> None:
    """Wait for them, and no longer than that: then they are cancelled."""
    if patience and tasks:
        await asyncio.wait(tasks, timeout=patience)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _message(stream: Stream, entries: Entries) -> BatchStreamMessage:
    return BatchStreamMessage(
        type="bstream",
        channel=stream.name,
        message_ids=[id for id, _ in entries],
        data=[fields for _, fields in entries],
    )
