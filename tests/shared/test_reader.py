"""One reader of many streams: nobody waits for another, whoever is far behind lets the others through."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
import pytest
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Work
from buurtthuis.eventlog import listener as listener_room
from buurtthuis.eventlog import reader as reader_room
from buurtthuis.eventlog import retries as retries_room
from buurtthuis.eventlog.listener import Listener
from buurtthuis.eventlog.reader import ManyStreamsSubscriber, Streams, subscribe
from buurtthuis.eventlog.streams import DATA_FIELD, MAC_FIELD, stream_name
from buurtthuis.testing import eventually, samples
from buurtthuis.testing.samples.domain import BROKEN, NoteWritten
from faststream import BaseMiddleware
from faststream.redis import RedisBroker, TestRedisBroker
from faststream.specification import AsyncAPI
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy import text
from structlog.testing import capture_logs

from tests.redis_users import as_user, make_user
from tests.shared.conftest import emptied_rooms
from tests.shared.rooms import ECHOES, KEY, NOTES, OURS, THEIRS, Feeds, Rooms, envelopes, running

rooms = emptied_rooms

BATCH = 500


# Whose turn it is


@pytest.fixture
async def streams() -> AsyncIterator[Streams]:
    """Forty, of which nothing is known yet."""
    streams = Streams()
    for number in range(40):
        streams.add(f"stream {number}", lambda: "0-0")
    yield streams
    for task in streams.in_hand:
        task.cancel()


def hold(streams: Streams, *names: str, since: float = 0.0, behind: bool = True) -> None:
    """Have a batch of each in hand."""
    for name in names:
        stream = streams.get(name)
        assert stream
        stream.in_hand, stream.since, stream.behind = asyncio.create_task(_for_ever()), since, behind


async def _for_ever() -> None:
    await asyncio.Event().wait()


def level(streams: Streams) -> None:
    """Nothing waits in any."""
    for number in range(40):
        stream = streams.get(f"stream {number}")
        assert stream
        stream.behind = False


def names(streams: Streams, now: float = 0.0) -> list[str]:
    return [stream.name for stream in streams.next(now)[0]]


async def test_streams_that_may_be_far_behind_take_turns(streams: Streams) -> None:
    asked = [names(streams) for _ in range(5)]
    assert {len(turn) for turn in asked} == {reader_room.MOST_BEHIND}
    assert set().union(*asked) == {f"stream {number}" for number in range(40)}
    assert not set(asked[0]) & set(asked[1])


async def test_streams_that_are_level_are_all_asked_each_time(streams: Streams) -> None:
    level(streams)
    hold(streams, "stream 7")
    assert set(names(streams)) == {f"stream {number}" for number in range(40)} - {"stream 7"}


async def test_a_stream_whose_batch_is_in_hand_is_left_out(streams: Streams) -> None:
    hold(streams, "stream 0", "stream 1")
    asked = names(streams)
    assert not {"stream 0", "stream 1"} & set(asked)
    assert len(asked) == reader_room.MOST_BEHIND - 2


async def test_batches_that_are_stuck_take_nobodys_turn(streams: Streams) -> None:
    hold(streams, *(f"stream {number}" for number in range(20)))
    assert names(streams) == []
    assert len(names(streams, now=reader_room.YOUNG)) == reader_room.MOST_BEHIND


async def test_nobody_is_waited_for_while_somebody_may_be_behind_or_will_soon_be_back(
    streams: Streams,
) -> None:
    assert streams.next(0.0)[1] is None
    level(streams)
    assert streams.next(0.0)[1] == reader_room.BLOCK_MS
    hold(streams, "stream 0", behind=False)
    assert streams.next(0.5)[1] is None


async def test_the_longer_a_batch_takes_the_longer_the_others_are_waited_for(streams: Streams) -> None:
    level(streams)
    hold(streams, "stream 0", behind=False)
    assert [streams.next(now)[1] for now in (2.0, 8.0, 3600.0)] == [200, 800, reader_room.BLOCK_MS]


async def test_streams_that_are_level_are_left_alone_for_as_long_as_it_is_said(streams: Streams) -> None:
    level(streams)
    streams.add("stream 40", lambda: "0-0")
    streams.level_until = 5.0
    assert names(streams, now=4.9) == ["stream 40"]
    assert len(names(streams, now=5.0)) == 41


class SlowRedis:
    """Takes two seconds to say that there is nothing, by a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    async def xread(self, *_: Any, **__: Any) -> Any:
        self.now += 2.0
        return ()


async def test_while_somebody_is_behind_to_ask_the_others_takes_a_fifth_of_the_time(
    streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis, subscriber = SlowRedis(), subscribe(RedisBroker(), "many", BATCH, streams)
    monkeypatch.setattr(ManyStreamsSubscriber, "_client", redis)
    monkeypatch.setattr(subscriber, "_clock", redis.clock)
    level(streams)
    streams.add("stream 40", lambda: "0-0")
    await subscriber._read(*streams.next(redis.now))
    assert streams.level_until == 2.0 + 8.0
    await subscriber._read(*streams.next(redis.now))
    assert streams.level_until == 2.0 + 8.0  # only who is behind was asked


async def test_where_all_wait_for_the_same_nobody_spins(streams: Streams) -> None:
    for number in range(40, 100):
        streams.add(f"stream {number}", lambda: "0-0")
    hold(streams, *(f"stream {number}" for number in range(reader_room.MOST_IN_HAND)))
    assert streams.next(4.0) == ([], 400)


# As a subscriber of FastStream's


class Heard(list[Any]):
    """What a handler was given."""

    async def hear(self, batch: Any) -> None:
        self.append(batch)


async def decode(message: Any) -> Any:
    return message.raw_message["data"]


async def test_middlewares_decoder_and_handler_work_with_its_test_broker() -> None:
    passed: list[str] = []

    class Passing(BaseMiddleware):
        async def on_receive(self) -> None:
            assert self.msg
            passed.append(self.msg["channel"])

    heard, broker = Heard(), RedisBroker(middlewares=[Passing], apply_types=False)
    subscribe(broker, "many", BATCH, Streams(), decoder=decode)(heard.hear)
    async with TestRedisBroker(broker) as testing:
        await testing.publish("hello", stream="many")
    assert passed == ["many"]
    assert len(heard) == 1


async def test_it_is_in_generated_asyncapi() -> None:
    broker = RedisBroker()
    subscribe(broker, "many", BATCH, Streams())(Heard().hear)
    assert "many" in str(AsyncAPI(broker, title="x", version="1").to_specification().to_jsonable())


# On real streams


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_room, "STUCK_SECONDS", 0.02)
    monkeypatch.setattr(reader_room, "ASIDE_SECONDS", 0.1)


def listener(rooms: Rooms, *slugs: str, on: Handlers | None = None, redis_url: str = "") -> Listener:
    """The hearer's, for these corporations."""
    return Listener(
        ECHOES,
        on or samples.echoes.handlers,
        rooms.echoes,
        redis_url or rooms.redis_url,
        rooms.redis,
        [corporation(rooms, slug) for slug in slugs],
        Feeds(),
        KEY,
        rooms.hearers,
    )


def corporation(rooms: Rooms, slug: str) -> Corporation:
    """One that may be in no file."""
    return rooms.ours.model_copy(update={"slug": slug})


async def say(rooms: Rooms, slug: str, *words: str, first: int = 1) -> None:
    """Put it on the stream, as its relay would."""
    name = stream_name(slug, NOTES)
    pipeline = rooms.redis.pipeline(transaction=False)
    for envelope in envelopes(*words, first=first):
        id, document = (
            f"{envelope.position}-0",
            orjson.dumps(replace(envelope, corporation=slug).attributes()),
        )
        fields: dict[Any, Any] = {DATA_FIELD: document, MAC_FIELD: KEY.mac(name, id, document)}
        pipeline.xadd(name, fields, id=id)
    await pipeline.execute()


def position(listener: Listener, slug: str) -> int:
    """How far it has read."""
    return next(
        subscription.position
        for subscription in listener.subscriptions
        if (subscription.corporation.slug, subscription.source) == (slug, NOTES)
    )


async def read_to(listener: Listener, slug: str, expected: int) -> None:
    async def is_there() -> bool:
        return position(listener, slug) == expected

    await eventually(is_there, f"{slug} is read up to {expected}")


async def is_alive(listener: Listener) -> bool:
    return listener.alive


MANY = [f"corporation-{number}" for number in range(40)]


async def test_many_streams_are_read_over_one_connection(rooms: Rooms) -> None:
    hearer = listener(rooms, *MANY)
    async with running(hearer.run()):
        for slug in MANY:
            await say(rooms, slug, "a note")
        for slug in MANY:
            await read_to(hearer, slug, 1)
        clients: Any = await rooms.redis.client_list()
        own = str(rooms.redis.connection_pool.connection_kwargs["db"])
        assert [client["cmd"] for client in clients if client["db"] == own].count("xread") == 1


async def test_a_reaction_that_hangs_holds_up_no_other_stream(rooms: Rooms) -> None:
    hanging, on = asyncio.Event(), Handlers()

    @on.event
    async def hang(event: NoteWritten, work: Work) -> None:
        if event.text == "hang":
            hanging.set()
            await asyncio.Event().wait()

    hearer = listener(rooms, OURS, THEIRS, on=on)
    async with running(hearer.run()):
        await say(rooms, OURS, "hang")
        await hanging.wait()
        for number in range(1, 6):
            await say(rooms, THEIRS, "fine", first=number)
            await read_to(hearer, THEIRS, number)
        assert position(hearer, OURS) == 0
        for subscription in hearer.subscriptions:
            subscription.leave()


async def test_a_row_that_somebody_locks_holds_up_no_other_stream(rooms: Rooms) -> None:
    hearer = listener(rooms, OURS, THEIRS)
    async with running(hearer.run()):
        await eventually(lambda: is_alive(hearer))
        async with rooms.echoes.transaction(OURS) as holder:
            await holder.execute(text("SELECT FROM checkpoints FOR UPDATE"))
            await say(rooms, OURS, "waits")
            await say(rooms, THEIRS, "comes through")
            await read_to(hearer, THEIRS, 1)
            assert position(hearer, OURS) == 0
        await read_to(hearer, OURS, 1)


async def test_an_event_that_is_parked_holds_up_no_other_stream(rooms: Rooms) -> None:
    BROKEN.add("bad")
    hearer = listener(rooms, OURS, THEIRS)
    async with running(hearer.run()):
        await say(rooms, OURS, "bad")
        await say(rooms, THEIRS, "fine")
        await read_to(hearer, THEIRS, 1)
        await read_to(hearer, OURS, 1)
    BROKEN.clear()


async def test_who_is_far_behind_lets_the_others_through(rooms: Rooms) -> None:
    hearer, far = listener(rooms, OURS, THEIRS), 20 * BATCH
    await say(rooms, OURS, *["a note"] * far)
    async with running(hearer.run()):
        for number in range(1, 4):
            await say(rooms, THEIRS, "in between", first=number)
            await read_to(hearer, THEIRS, number)
        assert position(hearer, OURS) < far
        await read_to(hearer, OURS, far)
    assert await rooms.sql(rooms.echoes, "SELECT count(DISTINCT note_id) FROM echoes WHERE line = 0") == far


async def test_a_stream_that_cannot_be_read_is_left_out_and_told_until_it_can(rooms: Rooms) -> None:
    hearer = listener(rooms, OURS, THEIRS)
    await rooms.redis.set(stream_name(OURS, NOTES), "not a stream")
    with capture_logs() as lines:
        async with running(hearer.run()):
            await eventually(lambda: cannot_read(hearer, 1))
            await say(rooms, THEIRS, "comes through")
            await read_to(hearer, THEIRS, 1)
            assert hearer.alive
            assert hearer.unread == 1
            await rooms.redis.delete(stream_name(OURS, NOTES))
            await say(rooms, OURS, "comes through")
            await read_to(hearer, OURS, 1)
            assert hearer.unread == 0
    assert len([line for line in lines if line["event"] == "streams cannot be read, and are left out"]) == 1


async def test_a_stream_that_its_user_may_not_read_is_left_out(rooms: Rooms) -> None:
    await make_user(rooms.settings, "hearer", f"-@all +ping +select +xread %R~{stream_name(THEIRS, '*')}")
    hearer = listener(rooms, OURS, THEIRS, redis_url=as_user(rooms.settings, "hearer").redis_url)
    async with running(hearer.run()):
        await say(rooms, THEIRS, "comes through")
        await read_to(hearer, THEIRS, 1)
        await eventually(lambda: cannot_read(hearer, len(hearer.subscriptions) // 2))
        assert hearer.alive


async def cannot_read(listener: Listener, many: int) -> bool:
    return listener.unread == many


async def test_a_reader_that_can_read_nothing_is_not_alive(rooms: Rooms) -> None:
    hearer = listener(rooms, OURS)
    for subscription in hearer.subscriptions:
        await rooms.redis.set(subscription.stream, "not a stream")
    async with running(hearer.run()):
        await eventually(lambda: cannot_read(hearer, len(hearer.subscriptions)))
        assert not hearer.alive


async def test_a_reader_that_died_comes_back(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries_room, "LONGEST_PAUSE", 0.01)
    read, died = ManyStreamsSubscriber._read, asyncio.Event()

    async def die_once(self: Any, *asked: Any) -> Any:
        if not died.is_set():
            died.set()
            raise KeyError
        return await read(self, *asked)

    monkeypatch.setattr(ManyStreamsSubscriber, "_read", die_once)
    hearer = listener(rooms, OURS)
    with capture_logs() as lines:
        async with running(hearer.run()):
            await died.wait()
            await say(rooms, OURS, "a note")
            await read_to(hearer, OURS, 1)
    assert "KeyError" in {line.get("why") for line in lines}


async def test_a_redis_that_is_away_is_told_once_and_its_return_once(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, failures = ManyStreamsSubscriber._read, iter([True] * 20)

    async def be_away(self: Any, *asked: Any) -> Any:
        if next(failures, False):
            raise RedisAway
        return await read(self, *asked)

    monkeypatch.setattr(ManyStreamsSubscriber, "_read", be_away)
    hearer = listener(rooms, OURS)
    with capture_logs() as lines:
        async with running(hearer.run()):
            await say(rooms, OURS, "a note")
            await read_to(hearer, OURS, 1)
            assert hearer.alive
    assert [line["event"] for line in lines] == [
        "Redis does not answer the reader, waiting",
        "Redis answers the reader again",
    ]


# Corporations that come and go


async def waits(rooms: Rooms) -> bool:
    clients: Any = await rooms.redis.client_list()
    own = str(rooms.redis.connection_pool.connection_kwargs["db"])
    return any(client["db"] == own and "b" in client["flags"] for client in clients)


async def test_a_corporation_that_is_taken_while_it_reads_is_read_at_once(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_room, "BLOCK_MS", 60_000)
    monkeypatch.setattr(listener_room, "REPLY_SECONDS", 120.0)
    hearer = listener(rooms, OURS)
    async with running(hearer.run()):
        await eventually(lambda: waits(rooms), "nobody has anything to read, so it waits")
        hearer.take(corporation(rooms, "newcomers"))
        hearer.take(corporation(rooms, "newcomers"))
        await say(rooms, "newcomers", "a note")
        await read_to(hearer, "newcomers", 1)


async def test_who_is_given_up_is_read_no_more_once_its_batch_is_done(rooms: Rooms) -> None:
    begun, may_end, on = asyncio.Event(), asyncio.Event(), Handlers()

    @on.event
    async def take_long(event: NoteWritten, work: Work) -> None:
        begun.set()
        await may_end.wait()

    hearer = listener(rooms, OURS, THEIRS, on=on)
    async with running(hearer.run()):
        await say(rooms, OURS, "a note")
        await begun.wait()
        giving_up = asyncio.create_task(hearer.give_up(OURS))
        await asyncio.sleep(0)
        assert not giving_up.done()
        may_end.set()
        await giving_up
        assert (
            await rooms.sql(rooms.echoes, "SELECT position FROM checkpoints WHERE source = 'sample_notes'")
            == 1
        )
        assert not await rooms.sql(rooms.echoes, "SELECT bool_or(reading) FROM checkpoints")
        await say(rooms, OURS, "nobody hears this", first=2)
        await say(rooms, THEIRS, "a note")
        await read_to(hearer, THEIRS, 1)
        assert {subscription.corporation.slug for subscription in hearer.subscriptions} == {THEIRS}
        assert (
            await rooms.sql(rooms.echoes, "SELECT position FROM checkpoints WHERE source = 'sample_notes'")
            == 1
        )
        hearer.take(rooms.ours)
        await read_to(hearer, OURS, 2)


async def test_a_service_that_hears_nobody_is_alive(rooms: Rooms) -> None:
    hearer = rooms.listener(None, Handlers())
    async with running(hearer.run()):
        await eventually(lambda: is_alive(hearer))
