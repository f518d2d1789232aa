"""Whoever reaches Redis can write there. What they write acts nowhere, hides nothing, and moves no number."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.settings import Settings, SettingsError
from buurtthuis.core.work import Work, new_id
from buurtthuis.eventlog import retries as retries_room
from buurtthuis.eventlog import subscription as subscription_room
from buurtthuis.eventlog.envelope import Envelope, sequence
from buurtthuis.eventlog.streams import DATA_FIELD, MAC_FIELD, StreamKey, reader_mark, stream_name
from buurtthuis.events import Audience, Event
from buurtthuis.telemetry.metrics import REGISTRY
from buurtthuis.testing import eventually
from buurtthuis.testing.samples.domain import Echo, NoteEchoed, NoteWritten
from structlog.testing import capture_logs

from tests.shared.conftest import emptied_rooms
from tests.shared.rooms import ECHOES, KEY, NOTES, OURS, Feeds, Rooms, envelope, running

rooms = emptied_rooms

STREAM = stream_name(OURS, NOTES)
FAR = 10**15
Entry = tuple[str, dict[bytes, bytes]]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription_room, "WATCH_SECONDS", 0.02)


def entry(at: int | str, key: StreamKey | None = None, **changed: Any) -> Entry:
    """What somebody adds who knows how ours look; with a key, who has that too."""
    position = at if isinstance(at, int) else 3
    id = f"{at}-0" if isinstance(at, int) else at
    said = envelope(NoteWritten(note_id=new_id(), text="forged"), position).attributes() | changed
    document = json.dumps(said).encode()
    mac = {MAC_FIELD: key.mac(STREAM, id, document)} if key else {}
    return id, {b"type": b"x", DATA_FIELD: document, **mac}


async def copied(rooms: Rooms) -> Entry:
    """A true entry, in another place."""
    found: Any = await rooms.redis.xrange(STREAM, "2-0", "2-0")
    return "3-0", found[0][1]


#: The speaker has said 1 and 2.
FORGED: dict[str, Callable[[Rooms], Entry | Awaitable[Entry]]] = {
    "at the next position": lambda _: entry(3),
    "at a far position": lambda _: entry(FAR),
    "with another secret's mark": lambda _: entry(3, StreamKey("somebody else's secret, long enough")),
    "with a true entry's mark": copied,
    "another corporation's": lambda _: entry(3, KEY, corporation="de-waterlelie"),
    "another source's": lambda _: entry(3, KEY, source="urn:nld:kvknr:90000022:systeem:sample_notes"),
    "another service's": lambda _: entry(3, KEY, source="urn:nld:kvknr:90000011:systeem:notifications"),
    "with another sequence": lambda _: entry(3, KEY, sequence=sequence(FAR)),
    "far away, with a near sequence": lambda _: entry(f"{FAR}-0", KEY),
    "between two positions": lambda _: entry("2-5", KEY),
    "no event": lambda _: ("3-0", {b"hello": b"world"}),
}


async def forge(rooms: Rooms, how: str) -> None:
    made = FORGED[how](rooms)
    id, fields = made if isinstance(made, tuple) else await made
    await rooms.redis.xadd(STREAM, fields, id=id)  # type: ignore[arg-type]


@asynccontextmanager
async def two_notes_heard(rooms: Rooms) -> AsyncIterator[None]:
    await rooms.write_many(2)
    await rooms.relay().relay(OURS)
    async with running(rooms.listener().run()):
        await eventually(lambda: echoed(rooms, 2))
        yield


async def echoed(rooms: Rooms, count: int) -> bool:
    return await rooms.echoed() == count


async def texts(rooms: Rooms) -> list[Any]:
    return [(one.position, one.data.get("text")) for one in await rooms.journalled()]


def refused() -> float:
    labels = {"service": ECHOES, "corporation": OURS, "source": NOTES}
    return REGISTRY.get_sample_value("buurtthuis_foreign_entries_total", labels) or 0


@pytest.mark.parametrize("how", FORGED)
async def test_a_forged_entry_is_refused_and_counted_and_hides_nothing(rooms: Rooms, how: str) -> None:
    before = refused()
    async with two_notes_heard(rooms):
        with capture_logs() as lines:
            await forge(rooms, how)
            await eventually(lambda: was_refused(before))
        assert "somebody wrote to a stream what its producer did not say" in {line["event"] for line in lines}
        assert await rooms.echoed() == 2
        relay = rooms.relay()
        await rooms.write("true")
        await relay.relay(OURS)
        await relay.inspect(OURS)
        await eventually(lambda: echoed(rooms, 3))
        await rooms.write("true too")
        await relay.relay(OURS)
        await eventually(lambda: echoed(rooms, 4))
    assert await texts(rooms) == [(1, "note 1"), (2, "note 2"), (3, "true"), (4, "true too")]
    notes = await rooms.sql(
        rooms.notes, "SELECT string_agg(data->>'note_id', ' ' ORDER BY position) FROM journal"
    )
    heard = await rooms.sql(rooms.echoes, "SELECT string_agg(note_id::text, ' ') FROM echoes WHERE line = 0")
    assert sorted(heard.split()) == sorted(notes.split())


async def was_refused(before: float) -> bool:
    return refused() > before


@pytest.mark.parametrize("how", FORGED)
async def test_a_forged_entry_is_gone_once_its_speaker_has_looked(rooms: Rooms, how: str) -> None:
    relay = rooms.relay()
    await rooms.write_many(2)
    await relay.relay(OURS)
    await forge(rooms, how)
    await relay.inspect(OURS)
    assert [one.position for one in await rooms.streamed()] == [2]


#: What somebody may have put where a stream belongs.
NO_STREAMS: dict[str, Callable[[Rooms], Awaitable[Any]]] = {
    "a text": lambda rooms: rooms.redis.set(STREAM, "x"),
    "a list": lambda rooms: rooms.redis.rpush(STREAM, "x"),
    "a hash": lambda rooms: rooms.redis.hset(STREAM, "x", "y"),
    "a set": lambda rooms: rooms.redis.sadd(STREAM, "x"),
    "an ordered set": lambda rooms: rooms.redis.zadd(STREAM, {"x": 1}),
}


@pytest.mark.parametrize("what", NO_STREAMS)
async def test_what_is_no_stream_where_one_belongs_stops_nothing_and_is_told(rooms: Rooms, what: str) -> None:
    async with two_notes_heard(rooms):
        relay = rooms.relay()
        await rooms.redis.delete(STREAM)
        await NO_STREAMS[what](rooms)
        with capture_logs() as lines:
            await rooms.write("true")
            await relay.relay(OURS)
        assert "somebody wrote to a stream what we did not say, it begins anew" in {
            line["event"] for line in lines
        }
        await eventually(lambda: echoed(rooms, 3))
    assert await texts(rooms) == [(1, "note 1"), (2, "note 2"), (3, "true")]


@pytest.mark.parametrize("what", NO_STREAMS)
async def test_what_is_no_stream_is_gone_once_its_speaker_has_looked(rooms: Rooms, what: str) -> None:
    relay = rooms.relay()
    await rooms.write_many(2)
    await relay.relay(OURS)
    await rooms.redis.delete(STREAM)
    await NO_STREAMS[what](rooms)
    await relay.inspect(OURS)
    assert [one.position for one in await rooms.streamed()] == [2]


async def test_whoever_asks_how_far_readers_are_is_answered_where_there_is_no_stream(rooms: Rooms) -> None:
    await rooms.redis.set(STREAM, "x")
    await rooms.redis.set(reader_mark(OURS, NOTES, ECHOES), "1")
    assert await rooms.relay().care.lags() == {(ECHOES, OURS): 0}


async def test_an_end_that_was_moved_far_away_moves_no_number(rooms: Rooms) -> None:
    relay = rooms.relay()
    await rooms.write_many(2)
    await relay.relay(OURS)
    await rooms.redis.xadd(STREAM, {"x": "y"}, id=f"{FAR}-0")
    await rooms.redis.xdel(STREAM, f"{FAR}-0")
    for _ in range(2):
        await rooms.write()
        await relay.relay(OURS)
        await relay.inspect(OURS)
    assert [one.position for one in await rooms.streamed()] == [3, 4]
    assert [position for position, _ in await texts(rooms)] == [1, 2, 3, 4]


async def test_a_restored_journal_is_noticed_under_a_forged_end(rooms: Rooms) -> None:
    await rooms.write_many(5)
    await rooms.relay().relay(OURS)
    await rooms.sql(rooms.notes, "DELETE FROM journal WHERE position > 2")
    await rooms.sql(rooms.notes, "UPDATE streams SET numbered = 2, published = 2")
    await rooms.redis.xadd(STREAM, {"x": "y"}, id=f"{FAR}-0")
    await rooms.write("after the restore")
    await rooms.relay().relay(OURS)
    assert (await texts(rooms))[2:] == [(6, None), (7, "after the restore")]


NONSENSE = [
    "abc",
    str(2**63 - 1),
    "9" * 400,
    "-5",
    "1e5",
    "٥",
    " 1",
    "",
    "1 x",
    "1 -5",
    "1 " + "9" * 400,
    "1 2 3",
]


@pytest.mark.parametrize("mark", NONSENSE)
async def test_what_readers_note_stops_no_relay_and_moves_no_number(rooms: Rooms, mark: str) -> None:
    await rooms.redis.set(reader_mark(OURS, NOTES, ECHOES), mark)
    await _relay_two_notes(rooms)


async def test_a_mark_of_another_kind_stops_no_relay(rooms: Rooms) -> None:
    for key in (reader_mark(OURS, NOTES, ECHOES), f"{STREAM}:readers"):
        await rooms.redis.hset(key, "x", "abc")
    await _relay_two_notes(rooms)


async def test_what_readers_say_that_they_know_moves_no_number_after_a_restore(rooms: Rooms) -> None:
    await rooms.write_many(2)
    await rooms.redis.set(reader_mark(OURS, NOTES, ECHOES), "5")
    await rooms.relay().relay(OURS)
    assert [one.position for one in await rooms.streamed()] == [1, 2]


async def _relay_two_notes(rooms: Rooms) -> None:
    relay = rooms.relay()
    for _ in range(2):
        await rooms.write()
        await relay.relay(OURS)
        await relay.inspect(OURS)
    assert [one.position for one in await rooms.streamed()] == [1, 2]


# What cannot be undone


class NoteBurnt(
    Event, name="sample_notes.note-burnt.v1", subject="note_id", audience=Audience.SYSTEM, irreversible=True
):
    """Nothing brings it back."""

    note_id: Any


burning = Handlers()


@burning.event
async def echo_what_burnt(event: NoteBurnt, work: Work) -> None:
    note = event.note_id
    echo = Echo(new_id(), note, 0)
    work.add((echo, NoteEchoed(echo_id=echo.id, note_id=note)))


class Speaker(Feeds):
    """A feed that can be away."""

    away = False

    async def page(self, *args: Any) -> Any:
        self.asked += 1
        if self.away:
            raise OSError("nobody answers")
        return [one for one in self.past if one.position > args[2]]


async def on_the_stream(rooms: Rooms, burnt: Envelope) -> None:
    """With everything that makes it look true."""
    document = json.dumps(burnt.attributes()).encode()
    id = f"{burnt.position}-0"
    fields = {b"type": b"x", DATA_FIELD: document, MAC_FIELD: KEY.mac(STREAM, id, document)}
    await rooms.redis.xadd(STREAM, fields, id=id)  # type: ignore[arg-type]


async def test_what_cannot_be_undone_is_not_done_where_the_feed_does_not_say_it(rooms: Rooms) -> None:
    feed = Speaker()
    async with running(rooms.listener(feed, burning).run()):
        await on_the_stream(rooms, envelope(NoteBurnt(note_id=str(new_id())), 1))

        async def asked_often() -> bool:
            return feed.asked > 5

        await eventually(asked_often, "the feed was asked")
    assert await rooms.echoed() == 0


async def test_what_cannot_be_undone_is_done_as_the_feed_says_it(rooms: Rooms) -> None:
    true = envelope(NoteBurnt(note_id=str(new_id())), 1)
    feed = Speaker(past=[true])
    async with running(rooms.listener(feed, burning).run()):
        await on_the_stream(rooms, envelope(NoteBurnt(note_id=str(new_id())), 1))
        await eventually(lambda: echoed(rooms, 1))
    heard = await rooms.sql(rooms.echoes, "SELECT note_id::text FROM echoes WHERE line = 0")
    assert heard == true.data["note_id"]


async def test_what_cannot_be_undone_waits_while_the_feed_is_away_and_all_behind_it(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries_room, "LONGEST_PAUSE", 0.02)
    said = [envelope(NoteBurnt(note_id=str(new_id())), position) for position in (1, 2)]
    feed = Speaker(past=said)
    feed.away = True
    async with running(rooms.listener(feed, burning).run()):
        for one in said:
            await on_the_stream(rooms, one)

        async def asked_often() -> bool:
            return feed.asked > 5

        await eventually(asked_often, "the feed was asked")
        assert await rooms.echoed() == 0
        feed.away = False
        await eventually(lambda: echoed(rooms, 2))


async def test_a_service_that_does_nothing_about_it_asks_no_feed(rooms: Rooms) -> None:
    feed = Speaker()
    async with running((listener := rooms.listener(feed)).run()):
        await on_the_stream(rooms, envelope(NoteBurnt(note_id=str(new_id())), 1))

        async def moved_on() -> bool:
            return any(one.position == 1 for one in listener.subscriptions)

        await eventually(moved_on, "the reader is behind it")
    assert feed.asked == 0


async def test_a_feed_that_shows_anothers_events_is_not_believed(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries_room, "LONGEST_PAUSE", 0.02)
    true = envelope(NoteBurnt(note_id=str(new_id())), 1)
    foreign = Envelope(
        **{name: getattr(true, name) for name in true.__slots__} | {"corporation": "de-waterlelie"}
    )
    feed = Speaker(past=[foreign])
    async with running(rooms.listener(feed, burning).run()):
        await on_the_stream(rooms, true)

        async def asked_often() -> bool:
            return feed.asked > 3

        await eventually(asked_often, "the feed was asked")
        assert await rooms.echoed() == 0
        feed.past = [true]
        await eventually(lambda: echoed(rooms, 1))


# The secret


def test_the_secret_is_asked_for_by_name() -> None:
    with pytest.raises(SettingsError, match="Set STREAM_KEY"):
        StreamKey.of(Settings())
    with pytest.raises(SettingsError, match="STREAM_KEY: it is shorter than 32 letters"):
        StreamKey.of(Settings(stream_key="geheim"))
