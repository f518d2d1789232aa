"""Databases come back from copies of different moments: what was acknowledged afterwards acts once, and what is lost is said."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from buurtthuis.eventlog import comparing
from buurtthuis.eventlog import listener as listener_room
from buurtthuis.eventlog import reader as reader_room
from buurtthuis.eventlog import relay as relay_room
from buurtthuis.eventlog import retries as retries_room
from buurtthuis.eventlog.streams import stream_name
from buurtthuis.events.journal import JournalRestored
from buurtthuis.persistence.engine import Database
from buurtthuis.testing import eventually
from sqlalchemy import text

from tests.shared.rooms import NOTES, OURS, Feeds, Rooms

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


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for room, name in (
        (relay_room, "POLL_SECONDS"),
        (relay_room, "INSPECT_SECONDS"),
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


@pytest.mark.parametrize("afterwards", AFTERWARDS)
@pytest.mark.parametrize("processes", STOPPED)
@pytest.mark.parametrize("redis", REDIS)
@pytest.mark.parametrize("copies", COPIES)
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
