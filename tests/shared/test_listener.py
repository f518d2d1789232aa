"""From a stream to reactions: once, in order, and whatever fails is tried again or parked."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from buurtthuis.core.errors import Refused, why
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Work, new_id
from buurtthuis.eventlog import dead_letters
from buurtthuis.eventlog import listener as listener_room
from buurtthuis.eventlog import marks as marks_room
from buurtthuis.eventlog import retries as retries_room
from buurtthuis.eventlog import subscription as subscription_room
from buurtthuis.eventlog.dead_letters import ParkedEvent
from buurtthuis.eventlog.feed_client import FeedRefuses
from buurtthuis.eventlog.streams import reader_mark, stream_name
from buurtthuis.eventlog.subscription import Subscription
from buurtthuis.events.journal import JournalRestored
from buurtthuis.testing import eventually
from buurtthuis.testing.samples.domain import BROKEN, Echo, NoteEchoed, NoteWritten
from sqlalchemy import text
from structlog.testing import capture_logs

from tests.shared.conftest import emptied_rooms
from tests.shared.rooms import ECHOES, NOTES, OURS, Feeds, Rooms, envelope, envelopes, running

rooms = emptied_rooms

React = Callable[[NoteWritten, Work], Awaitable[None]]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    BROKEN.clear()
    monkeypatch.setattr(retries_room, "LONGEST_PAUSE", 0.01)


def reacting(*reactions: React) -> Handlers:
    """A room with these reactions."""
    on = Handlers()
    for reaction in reactions:
        on.event(reaction)
    return on


async def opened(rooms: Rooms, *handlers: Handlers, feeds: Feeds | None = None) -> Subscription:
    """A subscription that follows nobody who was killed."""
    subscription = rooms.subscription(*handlers, feeds=feeds)
    await subscription.open()
    subscription._careful_until = 0
    return subscription


async def careful(rooms: Rooms, *handlers: Handlers) -> Subscription:
    """A subscription that follows somebody who was killed."""
    await rooms.subscription(*handlers).open()
    subscription = rooms.subscription(*handlers)
    await subscription.open()
    return subscription


async def parked(rooms: Rooms) -> list[ParkedEvent]:
    async with rooms.echoes.transaction(OURS) as session:
        return await dead_letters.parked(session)


def keep_an_echo(work: Work, note: NoteWritten, line: int = 0) -> None:
    echo = Echo(new_id(), note.note_id, line)
    work.add((echo, NoteEchoed(echo_id=echo.id, note_id=note.note_id)))


# Effect-once


async def test_a_batch_is_reacted_to_and_remembered(rooms: Rooms) -> None:
    subscription = await opened(rooms)
    await subscription.receive(envelopes("one", "two"))
    assert await rooms.echoed() == 2
    assert await rooms.sql(rooms.echoes, "SELECT position FROM checkpoints") == 2


async def test_a_batch_that_comes_again_is_dropped(rooms: Rooms) -> None:
    subscription, batch = await opened(rooms), envelopes("one", "two")
    await subscription.receive(batch)
    await subscription.receive(batch)
    assert await rooms.echoed() == 2


async def test_only_what_is_new_of_an_overlapping_batch_happens(rooms: Rooms) -> None:
    subscription, batch = await opened(rooms), envelopes("one", "two", "three")
    await subscription.receive(batch[:2])
    await subscription.receive(batch[1:])
    assert await rooms.echoed() == 3


async def test_of_two_replicas_with_the_same_batch_one_acts(rooms: Rooms) -> None:
    replicas, batch = [await opened(rooms), await opened(rooms)], envelopes("one", "two")
    await asyncio.gather(*(replica.receive(batch) for replica in replicas))
    assert await rooms.echoed() == 2
    assert [replica.position for replica in replicas] == [2, 2]


async def test_events_that_nobody_reacts_to_only_move_the_checkpoint(rooms: Rooms) -> None:
    subscription = await opened(rooms)
    event = JournalRestored(service=NOTES, restored_from=0, restored_to=0)
    await subscription.receive([envelope(event, 1)])
    assert subscription.position == 1


async def test_a_batch_is_one_transaction(rooms: Rooms) -> None:
    seen: list[int] = []

    async def echo(event: NoteWritten, work: Work) -> None:
        keep_an_echo(work, event)
        seen.append(await rooms.echoed())  # what others can see meanwhile

    subscription = await opened(rooms, reacting(echo))
    await subscription.receive(envelopes("one", "two", "three"))
    assert seen == [0, 0, 0]
    assert await rooms.echoed() == 3


# Gaps


async def test_a_gap_is_filled_from_the_feed(rooms: Rooms) -> None:
    past = envelopes("one", "two", "three")
    subscription = await opened(rooms, feeds=Feeds(past=past))
    await subscription.receive(past[2:])
    assert await rooms.echoed() == 3


async def test_without_a_gap_the_feed_is_not_asked(rooms: Rooms) -> None:
    feeds = Feeds()
    subscription = await opened(rooms, feeds=feeds)
    await subscription.receive(envelopes("one"))
    assert feeds.asked == 0


async def test_a_feed_that_is_away_is_waited_for(rooms: Rooms) -> None:
    past = envelopes("one", "two", "three")

    class Shaky(Feeds):
        async def page(self, *args: object, **kwargs: object) -> list[object]:  # type: ignore[override]
            if self.asked < 2:
                self.asked += 1
                raise OSError("nobody answers")
            return await super().page(*args, **kwargs)  # type: ignore[arg-type,return-value]

    subscription = await opened(rooms, feeds=Shaky(past=past))
    await subscription.receive(past[1:])
    assert await rooms.echoed() == 3


async def test_a_feed_that_refuses_is_told_with_its_status(rooms: Rooms) -> None:
    past = envelopes("one", "two")

    class Strict(Feeds):
        async def page(self, *args: object, **kwargs: object) -> list[object]:  # type: ignore[override]
            if not self.asked:
                self.asked += 1
                raise FeedRefuses(401)
            return await super().page(*args, **kwargs)  # type: ignore[arg-type,return-value]

    subscription = await opened(rooms, feeds=Strict(past=past))
    with capture_logs() as lines:
        await subscription.receive(past[1:])
    assert [line["status"] for line in lines if line["event"] == "feed does not answer"] == [401]
    assert await rooms.echoed() == 2


# Failing reactions


async def test_one_bad_event_does_not_take_its_batch_along(rooms: Rooms) -> None:
    BROKEN.add("bad")
    subscription = await opened(rooms)
    await subscription.receive(envelopes("one", "bad", "three"))
    assert await rooms.echoed() == 2
    assert [one.position for one in await parked(rooms)] == [2]


async def test_a_reaction_is_tried_five_times(rooms: Rooms) -> None:
    tried: list[str | None] = []

    async def fail(event: NoteWritten, work: Work) -> None:
        tried.append(event.text)
        raise ValueError(event.text)

    subscription = await opened(rooms, reacting(fail))
    await subscription.receive(envelopes("bad"))
    assert len(tried) == retries_room.ATTEMPTS


async def test_a_reaction_that_succeeds_at_last_is_not_parked(rooms: Rooms) -> None:
    tried: list[str | None] = []

    async def fail_twice(event: NoteWritten, work: Work) -> None:
        keep_an_echo(work, event)
        tried.append(event.text)
        if len(tried) < 3:
            raise ValueError

    subscription = await opened(rooms, reacting(fail_twice))
    await subscription.receive(envelopes("shy"))
    assert await rooms.echoed() == 1
    assert await parked(rooms) == []
    assert await rooms.sql(rooms.echoes, "SELECT count(*) FROM attempts") == 0


async def test_only_the_reaction_that_fails_is_parked(rooms: Rooms) -> None:
    async def first(event: NoteWritten, work: Work) -> None:
        keep_an_echo(work, event)

    async def second(event: NoteWritten, work: Work) -> None:
        raise ValueError

    async def third(event: NoteWritten, work: Work) -> None:
        keep_an_echo(work, event)

    subscription = await opened(rooms, reacting(first, second, third))
    await subscription.receive(envelopes("one"))
    assert [one.reaction for one in await parked(rooms)] == ["second"]
    assert await rooms.echoed() == 2


async def test_what_the_database_refuses_is_blamed_on_the_reaction_that_wrote_it(rooms: Rooms) -> None:
    async def write_what_is_refused(event: NoteWritten, work: Work) -> None:
        keep_an_echo(work, event, line=1000)

    async def write_what_is_fine(event: NoteWritten, work: Work) -> None:
        keep_an_echo(work, event)

    subscription = await opened(rooms, reacting(write_what_is_refused, write_what_is_fine))
    await subscription.receive(envelopes("one"))
    assert [one.reaction for one in await parked(rooms)] == ["write_what_is_refused"]
    assert await rooms.echoed() == 1


async def test_an_attempt_counts_though_its_process_was_killed(rooms: Rooms) -> None:
    class Killed(BaseException):
        """Nothing catches this, as nothing catches a signal."""

    async def kill(event: NoteWritten, work: Work) -> None:
        raise Killed

    for _ in range(retries_room.ATTEMPTS):
        subscription = rooms.subscription(reacting(kill))
        await subscription.open()
        with pytest.raises(Killed):
            await subscription.receive(envelopes("deadly"))
    subscription = rooms.subscription(reacting(kill))
    await subscription.open()
    await subscription.receive(envelopes("deadly"))
    assert [one.why for one in await parked(rooms)] == ["the process stopped while it reacted"]


async def test_who_follows_somebody_that_was_killed_counts_every_event_it_may_have_held(rooms: Rooms) -> None:
    counted: list[int] = []

    async def count(event: NoteWritten, work: Work) -> None:
        counted.append(await rooms.sql(rooms.echoes, "SELECT coalesce(sum(count), 0) FROM attempts"))

    subscription = await careful(rooms, reacting(count))
    await subscription.receive(envelopes(*["word"] * (subscription_room.BATCH + 1)))
    assert counted == [1] * subscription_room.BATCH + [0]


async def test_who_follows_somebody_that_stopped_by_itself_counts_nothing(rooms: Rooms) -> None:
    counted: list[int] = []

    async def count(event: NoteWritten, work: Work) -> None:
        counted.append(await rooms.sql(rooms.echoes, "SELECT count(*) FROM attempts"))

    before = await opened(rooms)
    await before.close()
    subscription = rooms.subscription(reacting(count))
    await subscription.open()
    await subscription.receive(envelopes("one"))
    assert counted == [0]


async def test_a_listener_that_stops_leaves_no_mark_behind(rooms: Rooms) -> None:
    listener = rooms.listener()
    async with running(listener.run()):
        # The row alone can be seen before the listener knows of its own commit.
        await eventually(lambda: rooms.sql(rooms.echoes, "SELECT bool_and(reading) FROM checkpoints"))
        await eventually(lambda: _alive(listener, True))
    assert not await rooms.sql(rooms.echoes, "SELECT bool_or(reading) FROM checkpoints")


# Errors that pass


async def test_a_lock_that_somebody_holds_is_waited_for_and_never_parked(rooms: Rooms) -> None:
    tried: list[str | None] = []

    async def need_the_lock(event: NoteWritten, work: Work) -> None:
        tried.append(event.text)
        await work.session.execute(text("SET LOCAL lock_timeout = 1"))  # type: ignore[attr-defined]
        await work.session.execute(text("LOCK TABLE echoes IN SHARE ROW EXCLUSIVE MODE"))  # type: ignore[attr-defined]
        keep_an_echo(work, event)

    subscription = await careful(rooms, reacting(need_the_lock))

    async def tried_often() -> bool:
        return len(tried) > retries_room.ATTEMPTS + 1

    async with rooms.echoes.transaction(OURS) as holder:
        await holder.execute(text("LOCK TABLE echoes IN SHARE ROW EXCLUSIVE MODE"))
        receiving = asyncio.create_task(subscription.receive(envelopes("patient")))
        await eventually(tried_often, "it was tried more often than a failing reaction is")
    await receiving
    assert await parked(rooms) == []
    assert await rooms.echoed() == 1


async def test_cut_connections_are_waited_out_and_never_parked(rooms: Rooms) -> None:
    tried: list[str | None] = []

    async def lose_the_connection(event: NoteWritten, work: Work) -> None:
        tried.append(event.text)
        if len(tried) <= retries_room.ATTEMPTS + 1:
            await work.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))  # type: ignore[attr-defined]
        keep_an_echo(work, event)

    subscription = await careful(rooms, reacting(lose_the_connection))
    await subscription.receive(envelopes("unlucky"))
    assert await parked(rooms) == []
    assert await rooms.echoed() == 1


async def test_a_failing_reaction_is_counted_though_connections_were_cut_between(rooms: Rooms) -> None:
    tried: list[str | None] = []

    async def fail_or_lose(event: NoteWritten, work: Work) -> None:
        tried.append(event.text)
        if len(tried) % 2:
            await work.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))  # type: ignore[attr-defined]
        raise ValueError

    subscription = await careful(rooms, reacting(fail_or_lose))
    await subscription.receive(envelopes("bad"))
    assert len(await parked(rooms)) == 1
    assert len(tried) == 2 * (retries_room.ATTEMPTS - 1)


async def test_many_careful_subscriptions_share_a_few_connections(rooms: Rooms) -> None:
    database = type(rooms.echoes)(rooms.settings.for_service(ECHOES).database_url, pool_size=2)

    async def meet(event: NoteWritten, work: Work) -> None:
        keep_an_echo(work, event)

    subscriptions = []
    for number in range(4):
        one = rooms.subscription(reacting(meet))
        one.database, one.source = database, f"source_{number}"
        subscriptions.append(one)
    try:
        for one in subscriptions:
            await one.open()
        async with asyncio.timeout(8):  # a pool that nobody can leave gives up after ten
            await asyncio.gather(*(one.receive(envelopes(*"abcdefgh")) for one in subscriptions))
    finally:
        await database.close()
    assert await rooms.echoed() == 32


async def test_a_checkpoint_that_moved_is_read_again_though_the_database_was_away(rooms: Rooms) -> None:
    replica, other, batch = await opened(rooms), await opened(rooms), envelopes("one", "two")
    await other.receive(batch[:1])
    reread, failures = replica.reread, iter([True, True, False])

    async def reread_on_a_lost_connection() -> None:
        if next(failures, False):
            raise ConnectionResetError
        await reread()

    replica.reread = reread_on_a_lost_connection  # type: ignore[method-assign]
    await replica.receive(batch[:1])
    assert replica.position == 1


# Leaving


class Silent(Feeds):
    """A producer that takes the question, and never answers."""

    async def page(self, *_: object, **__: object) -> list[object]:  # type: ignore[override]
        self.asked += 1
        await asyncio.Event().wait()
        return []


async def test_who_waits_for_a_feed_leaves_at_once(rooms: Rooms) -> None:
    feeds = Silent()
    listener = rooms.listener(feeds)
    await rooms.write_many(2)
    await rooms.relay().relay(OURS)
    await rooms.redis.xdel(stream_name(OURS, NOTES), "1-0")
    async with asyncio.timeout(8):  # FastStream alone would wait ten seconds for it
        async with running(listener.run()):
            await eventually(lambda: _asked(feeds))
    assert not await rooms.sql(rooms.echoes, "SELECT bool_or(reading) FROM checkpoints")


async def test_who_waits_for_a_database_or_for_another_try_leaves_at_once(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries_room, "LONGEST_PAUSE", 3600)
    for trouble in (ConnectionResetError, ValueError):
        failed = asyncio.Event()

        async def fail(event: NoteWritten, work: Work, trouble: type[Exception] = trouble) -> None:
            failed.set()  # noqa: B023  it is tried in this turn
            raise trouble

        subscription = await careful(rooms, reacting(fail))
        receiving = asyncio.create_task(subscription.receive(envelopes("bad")))
        await failed.wait()
        subscription.leave()
        await receiving
    assert await parked(rooms) == []


async def _asked(feeds: Feeds) -> bool:
    return feeds.asked > 0


# What is told about a failure


def test_a_refusal_is_told_in_its_own_words() -> None:
    class TooLate(Refused):
        """The doors are closed."""

    assert why(TooLate()) == "The doors are closed."


def test_any_other_error_is_told_by_kind_and_place_and_never_quoted() -> None:
    try:
        int("Jansen, Dorpsstraat 1")
    except ValueError as error:
        told = why(error)
    assert told.startswith("ValueError at tests.shared.test_listener:")
    assert "Jansen" not in told


# Reading the stream


async def test_a_listener_reads_what_is_published(rooms: Rooms) -> None:
    listener = rooms.listener()
    async with running(listener.run()):
        await rooms.write_many(3)
        await rooms.relay().relay(OURS)
        await eventually(lambda: _echoed(rooms, 3))
    assert await rooms.sql(rooms.echoes, "SELECT count(*) FROM parked_events") == 0


async def test_a_flushed_stream_loses_nothing(rooms: Rooms) -> None:
    listener, relay = rooms.listener(), rooms.relay()
    async with running(listener.run()):
        await rooms.write_many(2)
        await relay.relay(OURS)
        await eventually(lambda: _echoed(rooms, 2))
        await rooms.write_many(3)
        await relay.relay(OURS)
        await rooms.redis.flushall()
        await relay.inspect(OURS)
        await eventually(lambda: _echoed(rooms, 5))


async def test_an_entry_that_is_no_event_is_passed_over(rooms: Rooms) -> None:
    listener, relay = rooms.listener(), rooms.relay()
    stream = stream_name(OURS, NOTES)
    async with running(listener.run()):
        await rooms.write()
        await relay.relay(OURS)
        await eventually(lambda: _echoed(rooms, 1))
        await rooms.redis.xadd(stream, {"__data__": "no event"}, id="1-5")
        await rooms.write()
        await relay.relay(OURS)
        await eventually(lambda: _echoed(rooms, 2))


async def test_readers_tell_the_speaker_how_far_they_are(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_room, "REPORT_SECONDS", 0.01)
    listener = rooms.listener()
    async with running(listener.run()):
        await rooms.write_many(2)
        await rooms.relay().relay(OURS)
        mark = reader_mark(OURS, NOTES, ECHOES)

        async def told() -> bool:
            told: Any = await rooms.redis.get(mark) or b""
            return bool(told.startswith(b"2 "))

        await eventually(told, "the reader says that it is at 2")
        assert 0 < await rooms.redis.ttl(mark) <= marks_room.KNOWN_SECONDS


async def test_a_redis_that_was_emptied_is_told_again(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener_room, "REPORT_SECONDS", 0.01)
    listener, mark = rooms.listener(), reader_mark(OURS, NOTES, ECHOES)

    async def told() -> bool:
        return bool(await rooms.redis.exists(mark))

    async with running(listener.run()):
        await eventually(told)
        await rooms.redis.flushdb()
        listener.tell_again()
        await eventually(told)


async def _echoed(rooms: Rooms, count: int) -> bool:
    return await rooms.echoed() == count


async def _alive(listener: listener_room.Listener, expected: bool) -> bool:
    return listener.alive is expected
