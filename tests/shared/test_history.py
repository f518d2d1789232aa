"""How far back a journal goes: what is taken out for its age, what stays, and how a reader learns of it."""

import re
from datetime import timedelta

import pytest
from buurtthuis.core.actor import Actor
from buurtthuis.core.corporations import Corporation, Corporations, History
from buurtthuis.core.settings import Settings
from buurtthuis.core.work import Cause, new_id
from buurtthuis.eventlog.agreement import BEGINNING, HeardAt, newest_agreed
from buurtthuis.events import Audience, Event
from buurtthuis.events.notifications import RightGiven, RightTakenAway
from buurtthuis.identity.principals import Role
from buurtthuis.persistence import history, journal
from buurtthuis.runtime.installed import installed_services
from buurtthuis.telemetry.metrics import REGISTRY
from buurtthuis.testing import playground, samples
from buurtthuis.testing.samples.domain import LineAdded, NoteWritten, WriteNote
from sqlalchemy import insert

from tests.actors import STAFF
from tests.shared.conftest import emptied_rooms
from tests.shared.rooms import ECHOES, NOTES, OURS, THEIRS, Feeds, Rooms

rooms = emptied_rooms

LONG_AGO = timedelta(days=4 * 31)
#: What every service looks up in the feed before it lets anybody in by it, and what says that it ended.
CONFIRMED = {RightGiven, RightTakenAway}
A_QUARTER = History(public=3, residents=3, staff=3, system=3)


async def say(rooms: Rooms, *events: Event, ago: timedelta = LONG_AGO, by: Actor = STAFF) -> None:
    """As if it had been said then, and published."""
    said_at = rooms.notes.clock() - ago
    async with rooms.notes.transaction(OURS) as session:
        await session.execute(
            insert(journal.journal), [journal.row(event, Cause(by), said_at) for event in events]
        )
    await rooms.relay().relay(OURS)


def note(text: str = "words") -> NoteWritten:
    return NoteWritten(note_id=new_id(), text=text)


def line() -> LineAdded:
    return LineAdded(note_id=new_id(), line=1)


def with_history(rooms: Rooms, months: History) -> Corporation:
    return rooms.ours.model_copy(update={"history": months})


async def shorten(rooms: Rooms, months: History = A_QUARTER, kept: tuple[type[Event], ...] = ()) -> int:
    return await history.shorten(rooms.notes, with_history(rooms, months), kept)


async def left(rooms: Rooms) -> list[int]:
    return [envelope.position for envelope in await rooms.journalled()]


async def begins_after(rooms: Rooms, audience: Audience = Audience.SYSTEM) -> int:
    async with rooms.notes.transaction(OURS) as session:
        return await history.begins_after(session, audience)


async def test_what_is_older_than_the_corporation_says_goes_and_the_rest_keeps_its_place(
    rooms: Rooms,
) -> None:
    await say(rooms, note(), note())
    await say(rooms, note(), note(), ago=timedelta(days=92))
    assert await shorten(rooms) == 2
    assert await left(rooms) == [3, 4]
    assert await begins_after(rooms) == 2


async def test_where_nothing_is_said_all_is_kept(rooms: Rooms) -> None:
    await say(rooms, note(), note())
    assert await shorten(rooms, History()) == 0
    assert await left(rooms) == [1, 2]
    assert await begins_after(rooms) == 0


async def test_the_newest_entry_stays_however_old_it_is(rooms: Rooms) -> None:
    await say(rooms, note(), note())
    assert await shorten(rooms) == 1
    assert await shorten(rooms) == 0
    assert await left(rooms) == [2]


async def test_what_is_not_published_yet_stays_however_old_it_is(rooms: Rooms) -> None:
    await say(rooms, note(), note(), note())
    await rooms.sql(rooms.notes, "UPDATE streams SET published = 2")
    assert await shorten(rooms) == 1
    assert await left(rooms) == [2, 3]


async def test_each_audience_has_its_own_term(rooms: Rooms) -> None:
    await say(rooms, note(), line(), note(), line())
    assert await shorten(rooms, History(staff=3, system=3)) == 1
    assert await left(rooms) == [1, 3, 4]
    seen = [await begins_after(rooms, audience) for audience in Audience]
    assert seen == [0, 0, 3, 3]


async def test_what_a_resident_wrote_stays_since_nothing_else_knows_whose_words_to_take_back(
    rooms: Rooms,
) -> None:
    jan = new_id()
    await say(rooms, note("of Jan"), by=Actor.of_resident(jan))
    await say(rooms, note("of staff"), note("the newest"))
    assert await shorten(rooms) == 1
    async with rooms.notes.transaction(OURS) as session:
        assert len(await journal.redact_said_by(session, Actor.of_resident(jan).written())) == 1


async def test_what_a_resident_said_without_words_or_with_words_that_were_taken_back_goes(
    rooms: Rooms,
) -> None:
    jan = Actor.of_resident(new_id())
    await say(rooms, line(), note("of Jan"), by=jan)
    await say(rooms, note("the newest"))
    async with rooms.notes.transaction(OURS) as session:
        await journal.redact_said_by(session, jan.written())
    assert await shorten(rooms) == 2
    assert await left(rooms) == [3]


async def test_what_the_service_reads_in_its_own_journal_stays(rooms: Rooms) -> None:
    await say(rooms, line(), note(), note())
    assert await shorten(rooms, kept=(LineAdded,)) == 1
    assert await left(rooms) == [1, 3]


@pytest.mark.parametrize("name", installed_services())
def test_a_service_whose_queries_read_its_journal_says_what_it_keeps(name: str) -> None:
    service = installed_services()[name]
    queries = [path.read_text() for path in (service.migrations.parent / "queries").rglob("*.py")]
    reads = any(re.search(r"\bjournal\.c\.|(?:FROM|JOIN) journal\b", query) for query in queries)
    assert reads == bool(set(service.keeps) - CONFIRMED)


async def test_it_goes_in_ranges_each_looked_at_once(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "RANGE", 2)
    await say(rooms, *(note() for _ in range(7)))
    await say(rooms, note(), ago=timedelta(0))
    assert await shorten(rooms, History(public=3, residents=3, staff=3, system=3)) == 7
    assert await left(rooms) == [8]


async def test_what_went_from_the_journal_goes_from_the_stream_too(rooms: Rooms) -> None:
    await say(rooms, note("old"), note("newest"))
    await shorten(rooms)
    await rooms.relay().inspect(OURS)
    assert [envelope.data["text"] for envelope in await rooms.streamed()] == ["newest"]


# Readers


def missed() -> float:
    """How often a reader said that it does not get everything."""
    labels = {"service": ECHOES, "corporation": OURS, "source": NOTES}
    return REGISTRY.get_sample_value("buurtthuis_readers_missed_history_total", labels) or 0


async def test_a_reader_that_was_away_for_longer_reads_on_and_takes_it_for_no_older_copy(
    rooms: Rooms,
) -> None:
    await say(rooms, note(), note())
    reader = rooms.subscription(feeds=Feeds(rooms))
    await reader.open()
    await reader.catch_up()
    await say(rooms, note(), note(), note("the newest"))
    assert await shorten(rooms) == 4
    before = missed()
    await reader.compare()
    await reader.catch_up()
    assert (reader.position, await rooms.echoed(), missed() - before) == (5, 3, 1)
    await rooms.relay().relay(OURS)  # what the producer might have said of it
    assert {envelope.type for envelope in await rooms.journalled()} == {NoteWritten.type()}


async def test_a_reader_that_begins_late_begins_with_what_there_is(rooms: Rooms) -> None:
    await say(rooms, note(), note(), note("the newest"))
    await shorten(rooms)
    reader = rooms.subscription(feeds=Feeds(rooms))
    await reader.open()
    await reader.catch_up()
    assert (reader.position, await rooms.echoed()) == (3, 1)


def test_where_an_entry_went_nothing_contradicts_but_another_event_does() -> None:
    went, here = HeardAt(2, "a"), {3: "b"}
    assert newest_agreed([went], here) is None
    assert newest_agreed([went], here, begins_after=2) == went
    assert newest_agreed([HeardAt(3, "c"), BEGINNING], here, begins_after=3) == BEGINNING


async def test_a_running_service_shortens_the_histories_of_those_who_say_so(
    sample_settings: Settings,
) -> None:
    async with playground([samples.notes], sample_settings) as place:
        service = place.service(NOTES)
        for slug in (OURS, THEIRS):
            for text in ("old", "newest"):
                await service.dispatcher.run(WriteNote(text), service.corporations[slug], Cause(STAFF))
        await place.settled()
        place.clock.move(LONG_AGO)
        ours, theirs = (service.corporations[slug] for slug in (OURS, THEIRS))
        service.corporations.become(Corporations([ours.model_copy(update={"history": A_QUARTER}), theirs]))
        await service.shorten_histories()
        assert [
            len((await place.client(Role.STAFF, corporation=slug).get(f"/{NOTES}/v1/events")).json())
            for slug in (OURS, THEIRS)
        ] == [1, 2]
        begins = await service.database.who_has_work([history.BEGINS.name])
        assert begins[history.BEGINS.name] == {OURS: 1}
