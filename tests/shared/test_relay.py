"""From the journal to the stream: dense numbers, no repeats, no losses, whatever happens to Redis or the database."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock
from uuid import UUID

import pytest
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.work import Cause, new_id
from buurtthuis.embedded import ValkeyServer, socket_folder
from buurtthuis.eventlog import lost_positions, stream_care
from buurtthuis.eventlog import positions as positions_room
from buurtthuis.eventlog import relay as relay_room
from buurtthuis.eventlog.marks import MARK_SECONDS
from buurtthuis.eventlog.relay import Relay
from buurtthuis.eventlog.stream_care import AppendOnlyFile
from buurtthuis.eventlog.streams import connect, last_published, last_published_of, reader_mark, stream_name
from buurtthuis.events.journal import JournalRestored
from buurtthuis.persistence import journal
from buurtthuis.persistence.dispatcher import Dispatcher
from buurtthuis.testing import eventually, samples
from buurtthuis.testing.samples.domain import NoteIsTorn, Redact, TearNote, WriteNote
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, ResponseError
from sqlalchemy import event, text
from structlog.testing import capture_logs

from tests.actors import STAFF
from tests.shared.conftest import emptied_rooms
from tests.shared.rooms import ECHOES, NOTES, OURS, THEIRS, Feeds, Rooms, running

rooms = emptied_rooms

STREAM = stream_name(OURS, NOTES)
WAITS = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM streams FOR UPDATE%')"


def ids(envelopes: list[Any]) -> list[str]:
    return [one.id for one in envelopes]


def positions(envelopes: list[Any]) -> list[int]:
    return [one.position for one in envelopes]


# What it does, ordinarily


async def test_what_was_committed_is_numbered_and_published_in_order(rooms: Rooms) -> None:
    await rooms.write_many(3)
    assert await rooms.relay().relay(OURS) == 3
    assert [(one.position, one.data["text"]) for one in await rooms.streamed()] == [
        (1, "note 1"),
        (2, "note 2"),
        (3, "note 3"),
    ]


async def test_nothing_is_published_twice(rooms: Rooms) -> None:
    await rooms.write()
    await rooms.relay().relay(OURS)
    assert await rooms.relay().relay(OURS) == 0


async def test_more_than_a_batch_is_relayed_at_once(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_room, "BATCH", 4)
    await rooms.write_many(9)
    await rooms.relay().relay(OURS)
    assert positions(await rooms.streamed()) == list(range(1, 10))


async def test_another_corporations_events_stay_off_our_stream(rooms: Rooms) -> None:
    await rooms.write("theirs", corporation=THEIRS)
    await rooms.write("ours")
    await rooms.relay().relay(OURS)
    assert [one.data["text"] for one in await rooms.streamed()] == ["ours"]


async def test_the_feed_is_told_when_something_is_numbered(rooms: Rooms) -> None:
    told: list[str] = []
    await rooms.write()
    await rooms.relay(told.append).relay(OURS)
    assert told == [OURS]


async def test_numbers_are_dense_under_many_writers_that_roll_back_and_two_relays(rooms: Rooms) -> None:
    note = await rooms.write()
    dispatcher = Dispatcher(samples.notes.handlers.commands, rooms.notes)

    async def writer(number: int) -> int:
        done = 0
        for turn in range(12):
            command = TearNote(note.id) if (number + turn) % 5 == 0 else WriteNote(f"{number}/{turn:02}")
            try:
                await dispatcher.run(command, rooms.ours, Cause(STAFF))
                done += 1
            except NoteIsTorn:
                pass
        return done

    relays = [rooms.relay(), rooms.relay()]
    writing = asyncio.gather(*(writer(number) for number in range(16)))
    while not writing.done():
        await asyncio.gather(relays[0].relay(OURS), relays[1].relay_together([OURS]))
    written = 1 + sum(await writing)
    await relays[0].relay(OURS)
    streamed = await rooms.streamed()
    assert positions(streamed) == list(range(1, written + 1))
    assert await rooms.sql(rooms.notes, "SELECT published FROM streams") == written
    assert ids(streamed) == ids(await rooms.journalled())
    for number in range(16):  # each writer's events in the order in which it committed them
        mine = [one.data["text"] for one in streamed if one.data["text"].startswith(f"{number}/")]
        assert mine == sorted(mine)


async def test_who_waited_for_another_relay_publishes_what_comes_after(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_room, "BATCH", 2)
    await rooms.write_many(4)
    first, second = rooms.relay(), rooms.relay()
    await first._check(OURS)
    while await first._number(OURS):
        pass
    async with rooms.notes.transaction(OURS) as session:
        [one, two] = await session.execute(relay_room.PUBLISH, {"slugs": [OURS], "most": 2})
        waiting = asyncio.create_task(second._publish(OURS))
        await eventually(lambda: rooms.sql(rooms.notes, WAITS), "the other one waits for the lock")
    assert (one.position, two.position) == (1, 2)
    assert await waiting == 2
    assert positions(await rooms.streamed()) == [3, 4]
    assert await rooms.sql(rooms.notes, "SELECT published FROM streams") == 4


async def test_how_far_was_published_need_not_wait_for_the_disk(rooms: Rooms) -> None:
    await rooms.write()
    relay = rooms.relay()
    await relay._check(OURS)
    await relay._number(OURS)
    async with rooms.notes.transaction(OURS) as session:
        await session.execute(relay_room.PUBLISH, {"slugs": [OURS], "most": 1})
        assert await session.scalar(text("SHOW synchronous_commit")) == "off"


async def test_it_relays_what_it_is_woken_for(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_room, "POLL_SECONDS", 3600)
    monkeypatch.setattr(stream_care, "INSPECT_SECONDS", 3600)
    relay = rooms.relay()
    async with running(relay.run()):
        await rooms.write()
        relay.wake(OURS)
        assert positions(await eventually(rooms.streamed)) == [1]


async def test_it_finds_what_nobody_woke_it_for(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_room, "POLL_SECONDS", 0.01)
    relay = rooms.relay()
    async with running(relay.run(), rooms.lookout(relay).run()):
        await rooms.write()
        assert positions(await eventually(rooms.streamed)) == [1]


@pytest.mark.parametrize("damage", ["lost", "replaced", "made up"])
async def test_it_finds_a_stream_that_is_not_where_its_journal_is(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setattr(stream_care, "INSPECT_SECONDS", 0.01)
    relay, name = rooms.relay(), stream_name(OURS, NOTES)
    await rooms.write_many(3)

    async def all_are_there() -> bool:
        return positions(await rooms.streamed()) == [1, 2, 3]

    async with running(relay.run()):
        relay.wake(OURS)
        await eventually(all_are_there, "all are published")
        if damage == "made up":
            await rooms.redis.xadd(name, {"x": "y"}, id="9-0")
        else:
            await rooms.redis.delete(name)
        if damage == "replaced":
            await rooms.redis.set(name, "something else")

        async def has_the_latest() -> bool:
            if await rooms.redis.type(name) != b"stream":
                return False
            found: Any = await rooms.redis.xrange(name)
            return [id for id, _ in found] == [b"3-0"]

        await eventually(has_the_latest, "readers see what they have missed")


async def test_it_takes_off_what_was_redacted_without_being_told(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_care, "INSPECT_SECONDS", 0.01)
    house, relay = new_id(), rooms.relay()
    await write_in(rooms, house, "gone")
    await relay.relay(OURS)
    await told(rooms, Redact(house))

    async def is_off() -> bool:
        return 1 not in positions(await rooms.streamed())

    async with running(relay.run(), rooms.lookout(relay).run()):
        await eventually(is_off, "it is off the stream")


async def test_at_rest_it_asks_as_much_for_many_corporations_as_for_one(rooms: Rooms) -> None:
    """And locks nothing, and opens no stream for anybody who has said nothing."""
    asked: list[str] = []
    event.listen(rooms.notes.engine.sync_engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    for many in (1, 40):
        relay = rooms.relay(corporations={f"corporation-{number}": rooms.ours for number in range(many)})
        await relay.care.compare()
        await relay.finish()
        assert len(asked) == 2
        assert all("who_has_work" in statement for statement in asked)
        asked.clear()


# Several corporations at once


def both(rooms: Rooms) -> dict[str, Corporation]:
    return {slug: rooms.corporations[slug] for slug in (THEIRS, OURS)}


async def opened_for_both(rooms: Rooms) -> Relay:
    """A relay that knows where they are, and events of both that wait for it."""
    relay = rooms.relay(corporations=both(rooms))
    for slug in both(rooms):
        await rooms.write(corporation=slug)
        await relay.relay(slug)
        await rooms.write(corporation=slug)
    return relay


async def ends(rooms: Rooms) -> list[int | None]:
    return [await last_published(rooms.redis, stream_name(slug, NOTES)) for slug in (OURS, THEIRS)]


async def test_what_several_say_is_numbered_in_one_statement_and_published_in_one_transaction(
    rooms: Rooms,
) -> None:
    relay, asked = await opened_for_both(rooms), list[str]()
    event.listen(rooms.notes.engine.sync_engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    assert await relay.relay_together([THEIRS, OURS]) == set()
    assert [one for one in ("number_journals", "publish_journals") if one in " ".join(asked)] == [
        "number_journals",
        "publish_journals",
    ]
    assert len(asked) == 2
    assert await ends(rooms) == [2, 2]
    for slug in (OURS, THEIRS):
        async with rooms.notes.transaction(slug) as session:
            assert (await session.execute(positions_room.REACHED)).one() == (2, 2)
            told = await session.scalars(text("SELECT corporation FROM journal WHERE position = 2"))
            assert list(told) == [slug]


async def test_whose_stream_was_seen_to_be_in_its_place_is_together_with_others_from_its_first_event_on(
    rooms: Rooms,
) -> None:
    relay = rooms.relay(corporations=both(rooms))
    for slug in both(rooms):
        await rooms.write(corporation=slug)
    await relay.care.compare()
    assert await relay.relay_together([THEIRS, OURS]) == set()
    assert await ends(rooms) == [1, 1]


async def test_whose_stream_was_seen_to_be_in_its_place_says_its_first_event_alone_too(rooms: Rooms) -> None:
    relay = rooms.relay()
    await relay.care.compare()
    await rooms.write()
    assert await relay.relay(OURS) == 1


async def test_what_was_seen_of_a_database_says_nothing_of_another(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = rooms.relay(corporations=both(rooms))
    await rooms.write()
    read = last_published_of

    async def meanwhile(redis: Redis, streams: Sequence[str]) -> list[int | None]:
        relay.forget()
        return await read(redis, streams)

    monkeypatch.setattr(stream_care, "last_published_of", meanwhile)
    await relay.care.compare()
    assert await relay.relay_together([OURS]) == {OURS}


async def test_a_journal_that_was_compared_and_then_restored_gives_no_position_twice(rooms: Rooms) -> None:
    await rooms.write_many(3)
    await rooms.relay().relay(OURS)
    relay = rooms.relay()
    await relay.care.compare()
    await restore_to(rooms, 1)
    await rooms.write("after the restore")
    assert await relay.relay_together([OURS]) == {OURS}
    assert positions(await rooms.streamed()) == [1, 2, 3]


async def test_entries_that_were_published_together_say_what_came_before_each(rooms: Rooms) -> None:
    relay = await opened_for_both(rooms)
    await rooms.write()
    await relay.relay_together([THEIRS, OURS])
    streamed = await rooms.streamed()
    assert [one.previous for one in streamed] == [journal.NO_EVENT, *ids(streamed)[:-1]]


@pytest.mark.parametrize("in_place", ["something else", "an entry far ahead"])
async def test_a_stream_that_refuses_what_comes_next_takes_nothing_from_the_others(
    rooms: Rooms, in_place: str
) -> None:
    relay, name = await opened_for_both(rooms), stream_name(THEIRS, NOTES)
    if in_place == "something else":
        await rooms.redis.delete(name)
        await rooms.redis.set(name, "nonsense")
    else:
        await rooms.redis.xadd(name, {"x": "y"}, id="9-0")
    assert await relay.relay_together([THEIRS, OURS]) == {THEIRS}
    assert positions(await rooms.streamed()) == [1, 2]
    async with rooms.notes.transaction(THEIRS) as session:
        assert (await session.execute(positions_room.REACHED)).one() == (2, 1)
    await relay.relay(THEIRS)
    await relay.inspect(THEIRS)
    assert await ends(rooms) == [2, 2]


async def test_where_the_first_is_refused_nothing_that_follows_is_added(rooms: Rooms) -> None:
    """Before it is seen whose event stands there, in a journal that came back from an older copy."""
    relay = await opened_for_both(rooms)
    await rooms.write()
    await rooms.redis.xadd(stream_name(OURS, NOTES), {"x": "y"}, id="2-0")
    assert await relay.relay_together([OURS]) == {OURS}
    assert await ends(rooms) == [2, 1]


async def test_one_whose_events_cannot_be_numbered_keeps_no_other_from_it(rooms: Rooms) -> None:
    relay = await opened_for_both(rooms)
    async with rooms.notes.transaction(THEIRS) as session:
        await session.execute(text("UPDATE streams SET numbered = 9223372036854775807"))
    assert await relay.relay_together([THEIRS, OURS]) == {THEIRS}
    assert await ends(rooms) == [2, 1]


@pytest.mark.parametrize("step", ["_number_together", "_publish_together"])
async def test_one_that_somebody_holds_is_waited_for_by_nobody(rooms: Rooms, step: str) -> None:
    relay = await opened_for_both(rooms)
    if step == "_publish_together":
        assert await relay._number_together([OURS, THEIRS]) == [THEIRS, OURS]
    async with rooms.notes.transaction(THEIRS) as session:
        await session.execute(lost_positions.LOCK)
        assert set(await getattr(relay, step)([OURS, THEIRS])) == {OURS}


async def test_more_than_is_done_together_is_left_to_be_done_alone(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_room, "EACH", 2)
    relay = await opened_for_both(rooms)
    await rooms.write_many(3)
    assert await relay.relay_together([THEIRS, OURS]) == {OURS}
    assert await ends(rooms) == [1, 2]
    async with running(relay.run()):
        relay.wake(OURS)

        async def all_there() -> bool:
            return await ends(rooms) == [5, 2]

        await eventually(all_there, "the rest follows")


async def test_a_journal_that_knows_less_than_was_seen_is_published_by_nobody_until_that_is_said(
    rooms: Rooms,
) -> None:
    relay = await opened_for_both(rooms)
    await relay.relay_together([THEIRS, OURS])
    await restore_to(rooms, 1)
    await rooms.write("after the restore")
    assert await relay.relay_together([THEIRS, OURS]) == {OURS}
    async with running(relay.run()):
        relay.wake(OURS)

        async def said() -> list[Any]:
            return [one for one in await rooms.streamed() if one.position > 3]

        assert positions(await eventually(said)) == [4]
    assert isinstance((await rooms.streamed())[2].event(), JournalRestored)


# After a crash


async def test_a_repeat_after_a_crash_between_redis_and_commit_does_no_harm(rooms: Rooms) -> None:
    await rooms.write_many(3)
    await rooms.relay().relay(OURS)
    before = ids(await rooms.streamed())
    await rooms.sql(rooms.notes, "UPDATE streams SET published = 1")
    await rooms.write()
    await rooms.relay().relay(OURS)
    streamed = await rooms.streamed()
    assert ids(streamed)[:3] == before
    assert positions(streamed) == [1, 2, 3, 4]
    assert await rooms.sql(rooms.notes, "SELECT published FROM streams") == 4


# When Redis lost something


async def test_after_a_flush_the_latest_entry_is_added_again(rooms: Rooms) -> None:
    await rooms.write_many(3)
    relay = rooms.relay()
    await relay.relay(OURS)
    await rooms.redis.flushall()
    await relay.inspect(OURS)
    assert positions(await rooms.streamed()) == [3]


async def test_after_a_flush_new_entries_follow_where_the_old_ones_ended(rooms: Rooms) -> None:
    await rooms.write_many(3)
    relay = rooms.relay()
    await relay.relay(OURS)
    await rooms.redis.flushall()
    await rooms.write()
    await relay.relay(OURS)
    assert positions(await rooms.streamed()) == [4]


async def test_a_stream_that_is_as_far_as_its_journal_is_left_alone(rooms: Rooms) -> None:
    await rooms.write_many(2)
    relay = rooms.relay()
    await relay.relay(OURS)
    before = ids(await rooms.streamed())
    await relay.inspect(OURS)
    assert ids(await rooms.streamed()) == before


# When the database came back from an older copy


async def restore_to(rooms: Rooms, position: int) -> None:
    """What a database looks like that was restored from a copy of when this was the last position."""
    await rooms.sql(rooms.notes, "DELETE FROM journal WHERE position > :last", last=position)
    await rooms.sql(rooms.notes, "UPDATE streams SET numbered = :last, published = :last", last=position)


async def test_a_restored_journal_says_which_positions_are_lost(rooms: Rooms) -> None:
    await rooms.write_many(5)
    await rooms.relay().relay(OURS)
    await restore_to(rooms, 2)
    await rooms.relay().relay(OURS)
    last = (await rooms.streamed())[-1]
    assert (last.position, last.event()) == (
        6,
        JournalRestored(service=NOTES, restored_from=2, restored_to=5),
    )


async def test_a_restored_journal_gives_no_position_twice(rooms: Rooms) -> None:
    await rooms.write_many(5)
    await rooms.relay().relay(OURS)
    known = ids(await rooms.streamed())
    await restore_to(rooms, 2)
    await rooms.write("after the restore")
    await rooms.relay().relay(OURS)
    streamed = await rooms.streamed()
    assert ids(streamed)[:5] == known
    assert positions(streamed) == [1, 2, 3, 4, 5, 6, 7]
    assert streamed[6].data["text"] == "after the restore"


async def test_rows_that_were_numbered_but_not_published_get_new_numbers_after_a_jump(rooms: Rooms) -> None:
    await rooms.write_many(5)
    await rooms.relay().relay(OURS)
    await restore_to(rooms, 2)
    await rooms.write("numbered by the copy")
    await rooms.sql(rooms.notes, "UPDATE journal SET position = 3 WHERE position IS NULL")
    await rooms.sql(rooms.notes, "UPDATE streams SET numbered = 3")
    await rooms.relay().relay(OURS)
    assert [(one.position, one.data.get("text")) for one in await rooms.journalled()][2:] == [
        (6, None),
        (7, "numbered by the copy"),
    ]


async def test_a_relay_that_was_running_during_the_restore_puts_nothing_over_what_is_known(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_room, "POLL_SECONDS", 3600)
    monkeypatch.setattr(stream_care, "INSPECT_SECONDS", 3600)
    relay = rooms.relay()
    await rooms.write_many(5)
    async with running(relay.run()):
        relay.wake(OURS)

        async def all_published() -> list[Any] | None:
            there = await rooms.streamed()
            return there if len(there) == 5 else None

        known = ids(await eventually(all_published))
        await restore_to(rooms, 2)
        for number in range(8):  # more than were lost, so that the numbers pass the end of the stream
            await rooms.write(f"after {number}")

        async def all_there() -> bool:
            relay.wake(OURS)
            return len(await rooms.streamed()) >= 5 + 1 + 8

        await eventually(all_there, "everything is on the stream")
    streamed = await rooms.streamed()
    assert ids(streamed)[:5] == known
    assert [one.data.get("text") for one in streamed[5:]] == [
        None,
        *(f"after {number}" for number in range(8)),
    ]
    assert ids(streamed)[5:] == ids(await rooms.journalled())[2:]


async def test_a_copy_from_before_the_first_event_is_no_end_either(rooms: Rooms) -> None:
    relay = rooms.relay()
    await rooms.write_many(2)
    await relay.relay(OURS)
    await rooms.sql(rooms.notes, "DELETE FROM journal")
    await rooms.sql(rooms.notes, "DELETE FROM streams")
    await rooms.write("after the restore")
    async with running(relay.run()):
        relay.wake(OURS)

        async def there() -> bool:
            return (await rooms.streamed())[-1].data.get("text") == "after the restore"

        await eventually(there, "the new event is on the stream")


# The window


async def test_the_stream_keeps_what_the_slowest_known_reader_needs(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_care, "KEPT_ENTRIES", 10)
    await rooms.write_many(400)
    relay = rooms.relay()
    await relay.relay(OURS)
    relay.care.readers = ("slow", "fast")
    for reader, position in (("slow", "150"), ("fast", "400")):
        await rooms.redis.set(reader_mark(OURS, NOTES, reader), position)
    await relay.inspect(OURS)
    first = (await rooms.streamed())[0].position
    assert 1 < first <= 151


async def test_the_stream_is_bounded_though_a_reader_never_comes_back(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_care, "KEPT_ENTRIES", 10)
    monkeypatch.setattr(stream_care, "MOST_ON_STREAM", 100)
    await rooms.write_many(400)
    relay = rooms.relay()
    await relay.relay(OURS)
    await rooms.redis.set(reader_mark(OURS, NOTES, ECHOES), "0")
    await relay.inspect(OURS)
    assert (await rooms.streamed())[0].position > 100
    assert (await rooms.streamed())[-1].position == 400


async def test_a_reader_that_was_silent_for_long_keeps_nothing_and_its_lag_is_known(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_care, "KEPT_ENTRIES", 10)
    await rooms.write_many(400)
    relay = rooms.relay()
    await relay.relay(OURS)
    long_ago = int(time.time()) - MARK_SECONDS - 1
    await rooms.redis.set(reader_mark(OURS, NOTES, ECHOES), f"100 {long_ago}")
    await relay.inspect(OURS)
    assert (await rooms.streamed())[0].position > 250
    assert await relay.care.lags() == {(ECHOES, OURS): 300}


async def test_a_reader_that_nobody_knows_keeps_nothing(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_care, "KEPT_ENTRIES", 10)
    await rooms.write_many(400)
    relay = rooms.relay()
    await relay.relay(OURS)
    await rooms.redis.set(reader_mark(OURS, NOTES, "dashboard"), "0")
    await relay.inspect(OURS)
    assert (await rooms.streamed())[0].position > 250


# What may go wrong meanwhile


async def test_it_goes_on_by_itself_when_redis_was_away(rooms: Rooms) -> None:
    await rooms.write()
    relay = rooms.relay()
    relay.streams.redis = connect("redis://127.0.0.1:1")
    with capture_logs() as lines:
        async with running(relay.run(), rooms.lookout(relay).run()):

            async def failed() -> bool:
                return any(line["event"] == "relay failed" for line in lines)

            await eventually(failed, "the relay cannot publish")
            relay.streams.redis = rooms.redis
            assert positions(await eventually(rooms.streamed)) == [1]


async def test_it_goes_on_by_itself_when_its_connections_were_cut(rooms: Rooms) -> None:
    relay = rooms.relay()
    async with running(relay.run()):
        for number in range(3):
            await rooms.sql(
                rooms.notes,
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database() AND usename = current_user",
            )
            await eventually(partial(_written, rooms, number))
            relay.wake(OURS)

        async def all_there() -> bool:
            return positions(await rooms.streamed()) == [1, 2, 3]

        await eventually(all_there, "everything is on the stream")


async def _written(rooms: Rooms, number: int) -> bool:
    """A writer whose pooled connection was cut tries again."""
    try:
        await rooms.write(f"note {number}")
    except Exception:
        return False
    return True


# Words that are taken back


async def write_in(rooms: Rooms, house: UUID, *texts: str) -> None:
    for words in texts:
        await told(rooms, WriteNote(words, house))


async def told(rooms: Rooms, command: object) -> None:
    dispatcher = Dispatcher(samples.notes.handlers.commands, rooms.notes)
    await dispatcher.run(command, rooms.ours, Cause(STAFF))


async def test_what_was_redacted_comes_off_the_stream_and_its_neighbours_stay(rooms: Rooms) -> None:
    house, relay = new_id(), rooms.relay()
    await rooms.write("before")
    await write_in(rooms, house, "gone", "gone too")
    await rooms.write("after")
    await relay.relay(OURS)
    await told(rooms, Redact(house))
    await relay.inspect(OURS)
    assert [(one.position, one.data["text"]) for one in await rooms.streamed()] == [
        (1, "before"),
        (4, "after"),
    ]


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[tuple[Redis, Path]]:
    """One whose files can be looked at, and its folder."""
    with socket_folder() as sockets:
        async with ValkeyServer(tmp_path, sockets) as server:
            client = connect(server.url)
            yield client, server.folder
            await client.aclose()


def written_down(folder: Path) -> bytes:
    """All that is in the files of a Redis; one may go while we look."""
    found = b""
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):
            found += file.read_bytes() if file.is_file() else b""
    return found


async def test_what_came_off_the_stream_is_in_no_file_of_redis_either(
    rooms: Rooms, valkey: tuple[Redis, Path]
) -> None:
    redis, folder = valkey
    relay, house = replace(rooms, redis=redis).relay(), new_id()
    await write_in(rooms, house, "Taart bij Jansen")
    await relay.relay(OURS)
    assert b"Taart bij Jansen" in written_down(folder)
    await told(rooms, Redact(house))
    await relay.inspect(OURS)

    async def is_gone() -> bool:
        return b"Taart bij Jansen" not in written_down(folder)

    await eventually(is_gone, "the append-only file is written anew")


async def test_the_file_is_written_anew_once_an_hour_at_most_and_once_more_where_it_was_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moments, redis = [0.0], AsyncMock()
    monkeypatch.setattr("buurtthuis.eventlog.stream_care.time.monotonic", lambda: moments[-1])
    file = AppendOnlyFile(redis)
    for now, soiled, answer, asked in (
        (1.0, False, None, 0),  # nothing to do
        (2.0, True, ResponseError("in progress"), 1),
        (3.0, False, None, 2),
        (4.0, True, None, 2),  # so soon after
        (3604.0, False, NoPermissionError("no"), 3),
        (9999.0, False, None, 3),
    ):
        moments.append(now)
        redis.bgrewriteaof.side_effect = answer
        if soiled:
            file.soil()
        await file.clean()
        assert redis.bgrewriteaof.await_count == asked


async def test_words_that_were_taken_back_before_they_were_published_never_are(rooms: Rooms) -> None:
    house, relay = new_id(), rooms.relay()
    await write_in(rooms, house, "gone")
    await told(rooms, Redact(house))
    await relay.relay(OURS)
    assert [one.data["text"] for one in await rooms.streamed()] == [None, "(1, 1, 0)"]


async def test_what_redis_could_not_take_off_comes_off_later(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, relay = new_id(), rooms.relay()
    await write_in(rooms, house, "gone")
    await relay.relay(OURS)
    await told(rooms, Redact(house))
    with monkeypatch.context() as broken, pytest.raises(ConnectionError):
        broken.setattr(relay.streams.redis, "xdel", AsyncMock(side_effect=ConnectionError))
        await relay.inspect(OURS)
    await relay.inspect(OURS)
    assert positions(await rooms.streamed()) == []


async def test_a_stream_whose_last_entry_came_off_goes_on_where_it_was(rooms: Rooms) -> None:
    house, relay = new_id(), rooms.relay()
    await write_in(rooms, house, "gone")
    await relay.relay(OURS)
    await told(rooms, Redact(house))
    for _ in range(2):
        await relay.inspect(OURS)
        await relay.relay(OURS)
    assert [(one.position, one.data["text"]) for one in await rooms.streamed()] == [(2, "(1, 1, 0)")]


async def test_a_reader_that_meets_the_gap_hears_what_is_left(rooms: Rooms) -> None:
    house, relay = new_id(), rooms.relay()
    await write_in(rooms, house, "gone")
    await rooms.write("after")
    await relay.relay(OURS)
    await told(rooms, Redact(house))
    await relay.inspect(OURS)
    reader = rooms.subscription(feeds=Feeds(rooms))
    await reader.receive(await rooms.streamed())
    assert (reader.position, await rooms.echoed()) == (2, 2)


async def test_a_corporation_whose_journal_is_held_holds_up_no_other(rooms: Rooms) -> None:
    await rooms.write(corporation=THEIRS)
    await rooms.write()
    relay = rooms.relay(corporations={slug: rooms.corporations[slug] for slug in (THEIRS, OURS)})
    for slug in relay.corporations:
        await relay._check(slug)
        async with rooms.notes.transaction(slug) as session:
            await session.execute(lost_positions.OPEN_STREAM)

    async def is_published() -> bool:
        return bool(await rooms.streamed())

    async with rooms.notes.transaction(THEIRS) as session:
        await session.execute(lost_positions.LOCK)
        async with running(relay.run(), rooms.lookout(relay).run()):
            await eventually(is_published, "ours is published while theirs is held")
