"""Databases come back from copies of different moments: what was acknowledged afterwards acts once, and what is lost is said."""

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Work, new_id
from buurtthuis.eventlog import checkpoints, comparing, stream_care
from buurtthuis.eventlog import listener as listener_room
from buurtthuis.eventlog import reader as reader_room
from buurtthuis.eventlog import relay as relay_room
from buurtthuis.eventlog import retries as retries_room
from buurtthuis.eventlog.agreement import HeardAt
from buurtthuis.eventlog.envelope import Envelope
from buurtthuis.eventlog.streams import stream_name
from buurtthuis.eventlog.subscription import Subscription
from buurtthuis.events.journal import JournalRestored
from buurtthuis.persistence.engine import Database
from buurtthuis.testing import eventually
from buurtthuis.testing.samples.domain import NoteWritten
from sqlalchemy import text

from tests.shared.conftest import emptied_rooms
from tests.shared.rooms import NOTES, OURS, Feeds, Rooms, envelopes

pytestmark = pytest.mark.waits
rooms = emptied_rooms
STREAM = stream_name(OURS, NOTES)
#: What each database has of ours; what refers to others last.
TABLES = {
    "producer": ("journal", "streams", "notes", "pages"),
    "reader": ("journal", "streams", "echoes", "checkpoints", "heard", "attempts", "parked_events"),
}
#: How many of eight words the producer's copy has, and the reader's.
COPIES = {
    "the producer is older": (5, 8),
    "the reader is older": (8, 5),
    "both are older, the reader is ahead": (2, 5),
    "both are older, the producer is ahead": (5, 2),
}
REDIS = ("Redis is kept", "Redis is flushed", "Redis is older")
#: What is stopped for the restore, and started after it in this order.
STOPPED: dict[str, tuple[str, ...]] = {
    "all run on": (),
    "all are restarted": ("producer", "reader"),
    "the producer is restarted": ("producer",),
}
#: How many words are said before anybody can notice: fewer than were lost, and more.
AFTERWARDS = (1, 12)
MIXTURES = [
    mixture
    for mixture in itertools.product(COPIES, REDIS, STOPPED, AFTERWARDS)
    if mixture[0] != "the reader is older" or mixture[3] == 1  # no number is given out anew
]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for room, name in (
        (relay_room, "POLL_SECONDS"),
        (stream_care, "INSPECT_SECONDS"),
        (retries_room, "LONGEST_PAUSE"),
        (listener_room, "REPORT_SECONDS"),
        (comparing, "ROUND_SECONDS"),
    ):
        monkeypatch.setattr(room, name, 0.1)
    monkeypatch.setattr(reader_room, "BLOCK_MS", 100)


@dataclass
class Moment:
    """What two databases and Redis held, for a restore."""

    tables: dict[str, dict[str, str]]
    stream: bytes | None


@dataclass
class Pair:
    """A producer and a reader with their databases and Redis, each stopped and restored as a machine may be."""

    rooms: Rooms
    at_work: dict[str, tuple[Any, asyncio.Task[Any]]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        room: Any = self.rooms.relay() if name == "producer" else self.rooms.listener(Feeds(self.rooms))
        self.at_work[name] = room, asyncio.create_task(room.run())

    async def stop(self, *names: str) -> None:
        for name in names:
            _, job = self.at_work.pop(name)
            job.cancel()
            await asyncio.gather(job, return_exceptions=True)

    def tell_that_another_came_back(self, *, redis: bool) -> None:
        """As a process sees by what it wrote there last."""
        for room, _ in self.at_work.values():
            room.forget()
        if redis and "reader" in self.at_work:
            self.at_work["reader"][0].tell_again()

    def database(self, name: str) -> Database:
        return self.rooms.notes if name == "producer" else self.rooms.echoes

    async def moment(self) -> Moment:
        """A copy of all."""
        tables = {name: {table: await self._rows(name, table) for table in TABLES[name]} for name in TABLES}
        return Moment(tables, await self.rooms.redis.dump(STREAM))

    async def _rows(self, name: str, table: str) -> str:
        found = f"SELECT coalesce(jsonb_agg(to_jsonb(row)), '[]')::text FROM {table} AS row"
        return str(await self.rooms.sql(self.database(name), found))

    async def restore(self, name: str, moment: Moment) -> None:
        """A database is as it was, at once, under whoever is connected."""
        async with self.database(name).transaction(OURS) as session:
            for table in reversed(TABLES[name]):
                await session.execute(text(f"DELETE FROM {table}"))
            for table in TABLES[name]:
                put_back = (
                    f"INSERT INTO {table} OVERRIDING SYSTEM VALUE "
                    f"SELECT * FROM jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb))"
                )
                await session.execute(text(put_back), {"rows": moment.tables[name][table]})
            if name == "producer":  # its last event was committed, and had no number yet
                await session.execute(
                    text("UPDATE journal SET position = NULL WHERE position = (SELECT numbered FROM streams)")
                )
                await session.execute(
                    text("UPDATE streams SET numbered = numbered - 1, published = numbered - 1")
                )

    async def restore_redis(self, state: str, moment: Moment) -> None:
        if state != "Redis is kept":
            await self.rooms.redis.flushdb()
        if state == "Redis is older" and moment.stream:
            await self.rooms.redis.restore(STREAM, 0, moment.stream)

    async def say(self, words: int) -> None:
        for _ in range(words):
            await self.rooms.write()
        if "producer" in self.at_work:
            self.at_work["producer"][0].wake(OURS)

    async def is_heard(self) -> bool:
        """Whether all that the producer knows to have said has had its effect."""
        said = await self.rooms.sql(self.rooms.notes, "SELECT array_agg(id) FROM notes")
        return set(said) <= set(await self.effects())

    async def effects(self) -> Counter[Any]:
        heard = "SELECT array_agg(note_id) FROM echoes WHERE line = 0"
        return Counter(await self.rooms.sql(self.rooms.echoes, heard) or ())

    async def losses(self) -> list[JournalRestored]:
        """What the producer says to have lost."""
        said = [envelope.event() for envelope in await self.rooms.journalled()]
        return [event for event in said if isinstance(event, JournalRestored)]


@pytest.fixture
async def pair(rooms: Rooms) -> Any:
    """Nothing runs yet."""
    both = Pair(rooms)
    yield both
    await both.stop(*both.at_work)


async def said_and_heard(pair: Pair, words: int) -> None:
    await pair.say(words)
    await eventually(pair.is_heard, "all that was said is heard")


@pytest.mark.parametrize(("copies", "redis", "processes", "afterwards"), MIXTURES)
async def test_what_is_acknowledged_after_a_restore_acts_once_and_what_is_lost_is_said(
    pair: Pair, copies: str, redis: str, processes: str, afterwards: int
) -> None:
    moments = {}
    pair.start("producer")
    pair.start("reader")
    for number, words in ((2, 2), (5, 3), (8, 3)):
        await said_and_heard(pair, words)
        moments[number] = await pair.moment()
    await pair.stop(*STOPPED[processes])
    producer, reader = COPIES[copies]
    if reader < 8:
        await pair.restore("reader", moments[reader])
    if producer < 8:
        await pair.restore("producer", moments[producer])
    await pair.restore_redis(redis, moments[2])
    pair.tell_that_another_came_back(redis=redis != "Redis is kept")
    for name in STOPPED[processes]:  # what is said is numbered before a reader is there to notice
        pair.start(name)
        await pair.say(afterwards if name == "producer" else 0)
    if processes == "all run on":
        await pair.say(afterwards)
    await eventually(pair.is_heard, "all that was said is heard")
    await said_and_heard(pair, 1)
    assert max((await pair.effects()).values()) == 1
    known = 8 if redis == "Redis is kept" or processes == "all run on" else reader
    if known > producer:
        losses = await eventually(pair.losses, "what was lost is said")
        assert min(loss.restored_from for loss in losses) in (producer - 1, producer)
        assert max(loss.restored_to for loss in losses) >= known


# What a reader tells the producer


async def test_a_claim_that_cannot_be_true_moves_no_number(rooms: Rooms) -> None:
    relay = rooms.relay()
    await rooms.write_many(2)
    await relay.relay(OURS)
    known = HeardAt.of((await rooms.journalled())[-1])
    assert await relay.agree(OURS, [HeardAt(10**15, str(new_id())), known]) == known
    assert await rooms.sql(rooms.notes, "SELECT numbered FROM streams") == 2
    assert [type(one.event()) for one in await rooms.journalled()] == [NoteWritten, NoteWritten]


async def test_what_was_lost_is_said_once_however_many_heard_it(rooms: Rooms) -> None:
    await rooms.write_many(2)
    await rooms.relay().relay(OURS)
    known = HeardAt.of((await rooms.journalled())[-1])
    for position in (7, 5):
        await rooms.relay().agree(OURS, [HeardAt(position, str(new_id())), known])
    await rooms.write()
    await rooms.relay().relay(OURS)
    loss = JournalRestored(service=NOTES, restored_from=2, restored_to=7)
    assert [(one.position, one.event()) for one in await rooms.journalled()][2:3] == [(8, loss)]
    assert [one.position for one in await rooms.journalled()] == [1, 2, 8, 9]


async def test_numbers_that_were_given_out_anew_stay_and_the_loss_is_said_after_them(rooms: Rooms) -> None:
    await rooms.write_many(5)
    await rooms.relay().relay(OURS)
    known = HeardAt.of((await rooms.journalled())[1])
    await rooms.relay().agree(OURS, [HeardAt(4, str(new_id())), known])
    await rooms.relay().relay(OURS)
    last = (await rooms.streamed())[-1]
    loss = JournalRestored(service=NOTES, restored_from=2, restored_to=4)
    assert (last.position, last.event()) == (6, loss)


# What a reader remembers


async def test_an_event_of_the_same_number_is_parked_beside_the_one_before_the_restore(rooms: Rooms) -> None:
    async def fail(event: NoteWritten, work: Work) -> None:
        raise ValueError

    on = Handlers()
    on.event(fail)
    feeds = Feeds(past=envelopes("lost"))
    reading = await opened(rooms, on, feeds=feeds)
    await reading.receive(feeds.past)
    feeds.past = envelopes("said instead")
    await reading.compare()
    parked = "SELECT array_agg(envelope -> 'data' ->> 'text' ORDER BY id) FROM parked_events"
    assert await rooms.sql(rooms.echoes, parked) == ["lost", "said instead"]


async def test_what_is_older_than_any_copy_is_forgotten_and_the_last_of_each_producer_stays(
    rooms: Rooms,
) -> None:
    reading = await opened(rooms)
    for position, word in enumerate(("one", "two"), 1):
        await reading.receive(envelopes(word, first=position))
    async with rooms.echoes.transaction(OURS) as session:
        await checkpoints.forget(session, reading_time())
    assert await rooms.sql(rooms.echoes, "SELECT array_agg(last) FROM heard") == [2]


async def test_behind_a_copy_that_is_older_than_what_is_remembered_only_what_is_newer_is_heard(
    rooms: Rooms,
) -> None:
    past = envelopes("long ago", "heard", "lost")
    past = [replace(envelope, time=envelope.time + timedelta(days=40 * n)) for n, envelope in enumerate(past)]
    feeds = Feeds(past=past)
    reading = await opened(rooms, feeds=feeds)
    for envelope in past:
        await reading.receive([envelope])
    await rooms.sql(rooms.echoes, "DELETE FROM heard WHERE last < 3")
    new = replace(envelopes("new", first=2)[0], time=past[-1].time + timedelta(days=1))
    feeds.past = [past[0], new]
    await reading.compare()
    assert (reading.position, await rooms.echoed()) == (2, 4)


async def test_a_checkpoint_that_was_moved_by_hand_is_read_on_from(rooms: Rooms) -> None:
    past = envelopes("one", "two", "three")
    reading = await opened(rooms, feeds=Feeds(past=past))
    await reading.receive(past)
    await rooms.sql(rooms.echoes, "UPDATE checkpoints SET said_before = now()")
    await rooms.sql(rooms.echoes, "UPDATE checkpoints SET position = 0")
    reading.forget()
    await reading.compare()
    await reading.receive(past)
    assert await rooms.echoed() == 6


async def test_a_reader_whose_database_is_another_one_hears_again_what_it_does_not_know(rooms: Rooms) -> None:
    """Without a new event, and though its process ran on."""
    past = envelopes("one", "two", "three")
    reading = await opened(rooms, feeds=Feeds(past=past))
    await reading.receive(past[:1])
    copy = await rooms.sql(rooms.echoes, "SELECT event_id::text FROM checkpoints")
    await reading.receive(past[1:])
    await rooms.sql(rooms.echoes, "DELETE FROM echoes WHERE note_id <> :first", first=note_of(past[0]))
    await rooms.sql(rooms.echoes, "DELETE FROM heard WHERE last > 1")
    await rooms.sql(
        rooms.echoes, "UPDATE checkpoints SET position = 1, event_id = CAST(:id AS uuid)", id=copy
    )
    reading.forget()
    await reading.compare()
    await reading.receive([])
    assert (reading.position, await rooms.echoed()) == (3, 3)


async def opened(rooms: Rooms, *handlers: Handlers, feeds: Feeds | None = None) -> Subscription:
    reading = rooms.subscription(*handlers, feeds=feeds)
    await reading.open()
    return reading


def note_of(envelope: Envelope) -> str:
    return str(envelope.data["note_id"])


def reading_time() -> datetime:
    """When all that these tests say is long past."""
    return datetime(2019, 11, 12, tzinfo=UTC)
