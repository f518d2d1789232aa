"""The journal over HTTP: pages, long poll, server-sent events, and who may see what."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from buurtthuis.core.actor import Actor
from buurtthuis.core.corporations import Corporations, History
from buurtthuis.core.settings import Settings
from buurtthuis.core.work import Cause, Receipt, new_id
from buurtthuis.eventlog import tail as tail_room
from buurtthuis.eventlog.tail import Feed, View
from buurtthuis.events import Audience
from buurtthuis.http import feed as feed_room
from buurtthuis.http.feed import COOKIES, LiveStream
from buurtthuis.identity.principals import Role
from buurtthuis.persistence import history
from buurtthuis.persistence.known_revocations import Revocations
from buurtthuis.persistence.replicas import Replicas
from buurtthuis.runtime.running_service import RunningService
from buurtthuis.testing import PATIENCE_SECONDS, Playground, eventually, playground, samples
from buurtthuis.testing.samples.domain import AddLine, WriteNote
from sqlalchemy import text

from tests.actors import STAFF
from tests.shared.conftest import emptied_rooms
from tests.shared.rooms import NOTES, OURS, THEIRS, Rooms, running

rooms = emptied_rooms

FEED = f"/{NOTES}/v1/events"
LIVE = {"Accept": "text/event-stream"}
EVERYTHING = View(Audience.SYSTEM)


@pytest.fixture
async def place(sample_settings: Settings) -> AsyncIterator[Playground]:
    """The sample speaker, running."""
    async with playground([samples.notes], sample_settings) as running:
        yield running


def speaker(place: Playground) -> RunningService:
    return place.service(NOTES)


async def say(place: Playground, *commands: object, corporation: str = OURS) -> list[Receipt]:
    """Have the speaker say something, and wait until it is published."""
    one = speaker(place)
    receipts = [
        await one.dispatcher.run(command, one.corporations[corporation], Cause(STAFF)) for command in commands
    ]
    await place.settled()
    return receipts


def words(page: list[dict[str, Any]]) -> list[str]:
    return [one["data"].get("text", "a line") for one in page]


@asynccontextmanager
async def following(
    client: httpx.AsyncClient, headers: dict[str, str] | None = None, **params: Any
) -> AsyncIterator[AsyncIterator[dict[str, str]]]:
    """Server-sent events of the feed, one by one, each as its fields; a comment is the field ''."""
    async with client.stream("GET", FEED, params=params, headers={**LIVE, **(headers or {})}) as answer:
        assert answer.status_code == 200
        yield _frames(answer)


async def _frames(answer: httpx.Response) -> AsyncIterator[dict[str, str]]:
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.strip()
        elif fields:
            if "retry" not in fields:
                yield fields
            fields = {}


async def _shown(frames: AsyncIterator[dict[str, str]]) -> dict[str, str]:
    """The next that is no comment."""
    while (frame := await anext(frames)) == {"": "still here"}:
        pass
    return frame


async def take(frames: AsyncIterator[dict[str, str]], count: int) -> list[int]:
    """The ids of the next events."""
    return [int((await _shown(frames))["id"]) for _ in range(count)]


# Pages


async def test_a_playground_reads_also_what_has_no_position_yet(place: Playground) -> None:
    await say(place, WriteNote("early"))  # which makes the row that is locked below
    one = speaker(place)
    async with one.database.transaction(OURS) as held:
        await held.execute(text("SELECT FROM streams FOR UPDATE"))  # nobody gives out positions meanwhile
        await one.dispatcher.run(WriteNote("late"), one.corporations[OURS], Cause(STAFF))
        reading = asyncio.create_task(place.events(NOTES))
        assert words((await place.client(Role.OPERATOR).get(FEED)).json()) == ["early"]
    assert words(await reading) == ["early", "late"]


async def test_a_page_has_cloudevents_in_order(place: Playground) -> None:
    await say(place, WriteNote("one"), WriteNote("two"))
    answer = await place.client(Role.STAFF).get(FEED)
    assert answer.headers["content-type"] == "application/cloudevents-batch+json"
    assert words(answer.json()) == ["one", "two"]


async def test_a_page_begins_after_a_position(place: Playground) -> None:
    await say(place, *(WriteNote(str(number)) for number in range(4)))
    answer = await place.client(Role.STAFF).get(FEED, params={"after": 1, "limit": 2})
    assert words(answer.json()) == ["1", "2"]


async def test_following_the_link_to_the_next_page_reads_everything_once(place: Playground) -> None:
    await say(place, *(WriteNote(str(number)) for number in range(5)))
    client, found, next_page = place.client(Role.STAFF), [], f"{FEED}?limit=2"
    while page := (answer := await client.get(next_page)).json():
        found += words(page)
        next_page = answer.links["next"]["url"]
    assert found == ["0", "1", "2", "3", "4"]


async def shortened(place: Playground) -> None:
    """Two of three entries are too old."""
    await say(place, WriteNote("one"), WriteNote("two"), WriteNote("three"))
    place.clock.move(timedelta(days=94))
    one = speaker(place)
    quarter = one.corporations[OURS].model_copy(
        update={"history": History(public=3, residents=3, staff=3, system=3)}
    )
    assert await history.shorten(one.database, quarter, ()) == 2


async def test_a_page_says_where_history_begins_to_whom_asks_for_more(place: Playground) -> None:
    await shortened(place)
    client = place.client(Role.STAFF)
    from_the_start = await client.get(FEED)
    assert words(from_the_start.json()) == ["three"]
    assert from_the_start.headers["History-Begins-After"] == "2"
    assert "History-Begins-After" not in (await client.get(FEED, params={"after": 2})).headers
    assert "History-Begins-After" not in (await client.get(FEED, params={"after": 3})).headers


async def test_a_live_stream_says_where_history_begins_to_whom_asks_for_more(place: Playground) -> None:
    await shortened(place)
    async with following(place.client(Role.STAFF), after=0) as frames:
        assert await anext(frames) == {"event": "history", "data": '{"begins_after": 2}'}
        assert "three" in (await anext(frames))["data"]
    async with following(place.client(Role.STAFF), after=2) as frames:
        assert "three" in (await anext(frames))["data"]


async def test_a_page_can_show_one_type_only(place: Playground) -> None:
    (note,) = await say(place, WriteNote("one"))
    await say(place, AddLine(note.id))
    answer = await place.client(Role.STAFF).get(FEED, params={"type": "sample_notes.line-added.v1"})
    assert [one["data"]["line"] for one in answer.json()] == [2]


async def test_a_page_can_show_one_house_only(place: Playground) -> None:
    house = new_id()
    await say(place, WriteNote("elsewhere", new_id()), WriteNote("here", house), WriteNote("nowhere"))
    answer = await place.client(Role.STAFF).get(FEED, params={"house": str(house)})
    assert words(answer.json()) == ["here"]


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.RESIDENT, ["one"]),
        (Role.CHAIN_PARTNER, ["one"]),
        (Role.GUIDE, ["one", "a line"]),
        (Role.STAFF, ["one", "a line"]),
        (Role.OPERATOR, ["one", "a line"]),
    ],
)
async def test_a_page_shows_what_is_meant_for_the_readers_role(
    place: Playground, role: Role, seen: list[str]
) -> None:
    (note,) = await say(place, WriteNote("one"))
    await say(place, AddLine(note.id))
    assert words((await place.client(role).get(FEED)).json()) == seen


async def test_a_page_shows_events_of_ones_houses_only_whatever_is_asked_for(place: Playground) -> None:
    here, there, elsewhere = new_id(), new_id(), new_id()
    await say(place, WriteNote("here", here), WriteNote("there", there), WriteNote("nowhere"))
    await say(place, WriteNote("elsewhere", elsewhere))
    partner = place.client(Role.CHAIN_PARTNER, houses=[here, there])
    assert words((await partner.get(FEED)).json()) == ["here", "there"]
    assert words((await partner.get(FEED, params={"house": str(there)})).json()) == ["there"]
    assert words((await partner.get(FEED, params={"house": str(elsewhere)})).json()) == []


async def test_a_live_stream_shows_events_of_ones_houses_only_also_of_the_past(place: Playground) -> None:
    here, there = new_id(), new_id()
    await say(place, WriteNote("there", there), WriteNote("here", here), WriteNote("nowhere"))
    async with (
        following(place.client(Role.GUIDE, houses=[here]), after=0) as some,
        following(place.client(Role.GUIDE), after=0) as every,
    ):
        assert await take(every, 3) == [1, 2, 3]
        await say(place, WriteNote("there", there), WriteNote("nowhere"), WriteNote("here", here))
        assert await take(every, 3) == [4, 5, 6]
        assert await take(some, 2) == [2, 6]


async def test_another_corporation_sees_none(place: Playground) -> None:
    await say(place, WriteNote("ours"))
    assert (await place.client(Role.OPERATOR, corporation=THEIRS).get(FEED)).json() == []


async def test_nobody_reads_without_a_token(place: Playground) -> None:
    assert (await place.client().get(FEED)).status_code == 401


async def test_the_cookie_lets_a_browser_in_where_it_cannot_send_a_header(place: Playground) -> None:
    await say(place, WriteNote("one"))
    answer = await place.client(Role.RESIDENT).post(f"{FEED}/cookie")
    assert answer.status_code == 204
    told = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", f"path={FEED}"} <= {part.strip() for part in told.split(";")}
    browser = place.client()
    [(name, token)] = answer.cookies.items()
    page = await browser.get(FEED, headers={"Cookie": f"{name}={token}"})
    assert words(page.json()) == ["one"]


async def test_over_https_only_this_origin_itself_can_have_set_the_cookie(sample_settings: Settings) -> None:
    public = sample_settings.model_copy(update={"public_url": "https://buurtthuis.example.nl"})
    there = {"Host": "buurtthuis.example.nl"}
    async with playground([samples.notes], public) as place:
        answer = await place.client(Role.RESIDENT).post(f"{FEED}/cookie", headers=there)
        name, _, token = answer.headers["set-cookie"].split(";")[0].partition("=")
        assert name == "__Secure-buurtthuis_feed"
        assert "; Secure" in answer.headers["set-cookie"]
        asked = [
            await place.client().get(FEED, headers={**there, "Cookie": f"{each}={token}"})
            for each in COOKIES.values()
        ]
    assert [one.status_code for one in asked] == [200, 401]


JAN = UUID("0190a8b0-0000-7000-8000-000000000001")
JAN_ACTS = Actor.of_resident(JAN).written()


async def said_by_jan(place: Playground, text: str) -> None:
    one, cause = speaker(place), Cause(Actor.of_resident(JAN), JAN)
    await one.dispatcher.run(WriteNote(text), one.corporations[OURS], cause)
    await place.settled()


@pytest.mark.parametrize(
    ("role", "actor"),
    [
        (Role.RESIDENT, "resident"),
        (Role.CHAIN_PARTNER, "resident"),
        (Role.GUIDE, JAN_ACTS),
        (Role.STAFF, JAN_ACTS),
        (Role.SYSTEM, JAN_ACTS),
    ],
)
async def test_below_staff_nobody_is_shown_who_did_something_on_a_page_in_the_past_or_live(
    place: Playground, role: Role, actor: str
) -> None:
    client = place.client(role)
    await said_by_jan(place, "past")
    assert [one["actor"] for one in (await client.get(FEED)).json()] == [actor]
    async with following(client, after=0) as frames:
        past = await _shown(frames)
        await said_by_jan(place, "live")
        live = await _shown(frames)
    assert [json.loads(one["data"])["actor"] for one in (past, live)] == [actor] * 2
    assert (str(JAN) in past["data"] + live["data"]) is (actor != "resident")


# Long poll


async def test_a_page_that_waits_comes_as_soon_as_there_is_something(place: Playground) -> None:
    client = place.client(Role.STAFF)
    waiting = asyncio.create_task(client.get(FEED, params={"wait": 30}))
    await eventually(lambda: _tail_is_open(place), "the reader waits")
    await say(place, WriteNote("at last"))
    assert words((await waiting).json()) == ["at last"]


async def test_a_page_that_waits_in_vain_is_empty(place: Playground) -> None:
    answer = await place.client(Role.STAFF).get(FEED, params={"wait": 0.01})
    assert answer.json() == []


# Server-sent events


async def test_a_live_stream_shows_the_past_and_then_what_happens(place: Playground) -> None:
    await say(place, WriteNote("one"), WriteNote("two"))
    async with following(place.client(Role.STAFF), after=0) as frames:
        assert await take(frames, 2) == [1, 2]
        await say(place, WriteNote("three"))
        frame = await _shown(frames)
    assert (frame["id"], json.loads(frame["data"])["data"]["text"]) == ("3", "three")


async def test_a_live_stream_without_a_beginning_begins_now(place: Playground) -> None:
    await say(place, WriteNote("before"))
    async with following(place.client(Role.STAFF)) as frames:
        await eventually(lambda: _tail_is_open(place))
        await say(place, WriteNote("now"))
        assert await take(frames, 1) == [2]


async def test_a_live_stream_resumes_without_gap_or_repeat(place: Playground) -> None:
    await say(place, *(WriteNote(str(number)) for number in range(3)))
    client = place.client(Role.STAFF)
    async with following(client, after=0) as frames:
        seen = await take(frames, 2)
    await say(place, WriteNote("while away"))
    async with following(client, {"Last-Event-ID": str(seen[-1])}, after=0) as frames:
        seen += await take(frames, 2)
    assert seen == [1, 2, 3, 4]


async def test_a_live_stream_hides_what_is_not_for_its_reader(place: Playground) -> None:
    async with following(place.client(Role.RESIDENT), after=0) as frames:
        (note,) = await say(place, WriteNote("one"))
        await say(place, AddLine(note.id), WriteNote("two"))
        assert await take(frames, 2) == [1, 3]


async def test_many_who_come_first_at_once_each_see_an_event_once(place: Playground) -> None:
    feed = speaker(place).feed
    tails = await asyncio.gather(*(feed.tail(OURS) for _ in range(20)))
    await say(place, WriteNote("one"))
    await eventually(lambda: tails[0].beyond(0, 0.01))
    await say(place, WriteNote("two"))
    await eventually(lambda: tails[0].beyond(1, 0.01))
    assert tails[0].since(0, EVERYTHING).count(b"id: ") == 2


async def test_what_is_said_while_the_past_is_read_is_not_skipped(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = Feed(NOTES, rooms.notes, Corporations([rooms.ours]), Revocations(rooms.notes))
    relay = rooms.relay(feed.wake)
    await rooms.write("past")
    await relay.relay(OURS)
    tail, page = await feed.tail(OURS), feed.page

    async def page_while_something_is_said(*args: Any) -> Any:
        entries = await page(*args)
        await rooms.write("meanwhile")
        await relay.relay(OURS)
        await eventually(lambda: tail.beyond(1, 0.01), "the tail has the new event")
        return entries

    monkeypatch.setattr(feed, "page", page_while_something_is_said)
    found = b""
    async for chunk in feed.follow(OURS, 0, EVERYTHING):
        found += chunk
        if b"id: 2" in found or b"still here" in found:
            break
    await feed.close()
    assert found.count(b"id: ") == 2


async def test_a_quiet_stream_sends_a_heartbeat(place: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_room, "HEARTBEAT", 0.01)
    async with following(place.client(Role.STAFF), after=0) as frames:
        assert await anext(frames) == {"": "still here"}


async def test_a_client_that_is_too_slow_is_told_where_to_begin_again(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_room, "KEPT", 3)
    feed = Feed(NOTES, rooms.notes, Corporations([rooms.ours]), Revocations(rooms.notes))
    tail = await feed.tail(OURS)
    slow = feed.follow(OURS, 0, EVERYTHING)
    assert (await anext(slow)).startswith(b"retry")
    async with running(_said(slow)) as (first,):
        await asyncio.sleep(0)  # it is past the past
        await rooms.write()
        await rooms.relay(feed.wake).relay(OURS)
        assert (await first).startswith(b"id: 1\n")
    await rooms.write_many(5)
    await rooms.relay(feed.wake).relay(OURS)
    await eventually(lambda: tail.beyond(5, 0.01))
    assert [chunk async for chunk in slow] == [b'event: reset\nid: 1\ndata: {"after": 1}\n\n']
    await feed.close()


ANEW = {"event": "reset", "id": "0", "data": '{"after": 0}'}


@pytest.mark.parametrize("position", [3, 2**62])
async def test_whoever_resumes_past_the_end_of_the_journal_begins_anew(
    place: Playground, position: int
) -> None:
    await say(place, WriteNote("one"), WriteNote("two"))
    async with following(place.client(Role.RESIDENT), after=position) as frames:
        assert await _shown(frames) == ANEW
        assert [frame async for frame in frames] == []


async def test_a_browser_that_resumes_past_the_end_of_the_journal_reads_it_all(place: Playground) -> None:
    await say(place, WriteNote("one"), WriteNote("two"))
    client = place.client(Role.STAFF)
    async with following(client, {"Last-Event-ID": "61"}, after=40) as frames:
        last = await _shown(frames)
    async with following(client, {"Last-Event-ID": last["id"]}, after=40) as frames:
        assert await take(frames, 2) == [1, 2]


async def test_positions_of_another_corporation_are_past_the_end_of_ours(place: Playground) -> None:
    await say(place, WriteNote("one"), WriteNote("two"), corporation=THEIRS)
    async with following(place.client(Role.STAFF), {"Last-Event-ID": "2"}) as frames:
        assert await _shown(frames) == ANEW
        assert [frame async for frame in frames] == []


async def _said(follower: AsyncIterator[bytes]) -> bytes:
    """The next chunk that says something; whenever the tail looks around there may be one that does not."""
    while (chunk := await anext(follower)) in (b"", b": still here\n\n"):
        pass
    return chunk


async def test_whoever_is_ahead_of_this_replica_alone_goes_on(rooms: Rooms) -> None:
    feed = Feed(NOTES, rooms.notes, Corporations([rooms.ours]), Revocations(rooms.notes))
    tail = await feed.tail(OURS)
    await rooms.write_many(2)
    await rooms.relay().relay(OURS)  # as another replica's
    assert tail.position == 0
    follower = feed.follow(OURS, 2, EVERYTHING)
    assert (await anext(follower)).startswith(b"retry")
    async with running(_said(follower)) as (first,):
        await rooms.write()
        await rooms.relay(feed.wake).relay(OURS)
        assert (await first).startswith(b"id: 3\n")
    await feed.close()


async def test_whoever_follows_while_the_journal_is_restored_begins_anew(rooms: Rooms) -> None:
    feed = Feed(NOTES, rooms.notes, Corporations([rooms.ours]), Revocations(rooms.notes))
    tail = await feed.tail(OURS)
    await rooms.write_many(3)
    await rooms.relay(feed.wake).relay(OURS)
    await eventually(lambda: tail.beyond(2, 0.01))
    follower = feed.follow(OURS, 3, EVERYTHING)
    assert (await anext(follower)).startswith(b"retry")
    async with running(_said(follower)) as (told,):
        await rooms.sql(rooms.notes, "DELETE FROM journal WHERE position > 1")
        await rooms.sql(rooms.notes, "UPDATE streams SET numbered = 1, published = 1")
        feed.wake(OURS)
        assert await told == b'event: reset\nid: 0\ndata: {"after": 0}\n\n'
    assert [chunk async for chunk in follower] == []
    again = feed.follow(OURS, 0, EVERYTHING)
    assert [(await _said(again))[:6] for _ in range(2)] == [b"retry:", b"id: 1\n"]
    await feed.close()


async def test_a_stream_ends_with_its_token(place: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_room, "HEARTBEAT", 0.01)
    token = place.process.issuer.issue(OURS, [Role.STAFF], lifetime=timedelta(seconds=1))
    client = place.client()
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        following(client, {"Authorization": f"Bearer {token}"}, after=0) as frames,
    ):
        async for frame in frames:
            assert frame == {"": "still here"}


async def test_a_stop_lets_every_follower_go_at_once(rooms: Rooms) -> None:
    feed = Feed(NOTES, rooms.notes, Corporations([rooms.ours]), Revocations(rooms.notes))
    tail = await feed.tail(OURS)
    follower = feed.follow(OURS, 0, EVERYTHING)
    await anext(follower)

    async def rest() -> list[bytes]:
        return [chunk async for chunk in follower]

    async with running(rest()) as (following_on,):
        await asyncio.sleep(0)
        await feed.close()
        async with asyncio.timeout(
            tail_room.HEARTBEAT / 3
        ):  # without being told it would wait for the heartbeat
            await following_on
    assert not await tail.beyond(0, 0.01)


async def test_a_stop_ends_the_wait_of_a_page(rooms: Rooms) -> None:
    feed = Feed(NOTES, rooms.notes, Corporations([rooms.ours]), Revocations(rooms.notes))
    async with running(feed_room._page(feed, OURS, 0, 10, EVERYTHING, 30)) as (waiting,):

        async def open_() -> bool:
            return any(tail.is_open for tail in feed._tails.values())

        await eventually(open_)
        await feed.close()
        async with asyncio.timeout(10):
            assert await waiting == []


async def test_another_replicas_events_wake_the_feed(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_room, "POLL_SECONDS", 3600)
    feed = Feed(NOTES, rooms.notes, Corporations([rooms.ours]), Revocations(rooms.notes))
    url = rooms.settings.for_service(NOTES).database_url
    async with running(feed.listen(url, Replicas(rooms.notes), feed.wake)):
        tail = await feed.tail(OURS)

        async def listening() -> bool:
            found = await rooms.sql(
                rooms.notes,
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' "
                "AND datname = current_database()",
            )
            return bool(found)

        await eventually(listening)
        await rooms.write()
        await rooms.relay().relay(OURS)  # another process's: it does not know this feed
        assert await eventually(lambda: tail.beyond(0, 0.1))
    await feed.close()


async def _tail_is_open(place: Playground) -> bool:
    return any(tail.is_open for tail in speaker(place).feed._tails.values())


async def test_whoever_begins_to_wait_after_a_stop_is_let_go(rooms: Rooms) -> None:
    feed = Feed(NOTES, rooms.notes, Corporations([rooms.ours]), Revocations(rooms.notes))
    tail = await feed.tail(OURS)
    await feed.close()
    async with asyncio.timeout(tail_room.HEARTBEAT / 3):
        await tail.next_stir(tail.turn()).wait()


async def _two_chunks() -> AsyncGenerator[bytes]:
    yield b"data: 1\n\n"
    yield b"data: 2\n\n"


async def _never() -> Any:
    await asyncio.Event().wait()


@pytest.mark.parametrize("offered", [False, True], ids=["by itself", "left with whoever offers to go on"])
async def test_a_live_stream_is_a_whole_answer(offered: bool) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    streams: list[LiveStream] = []
    scope = {"extensions": {feed_room.LIVE: streams} if offered else {}}
    await LiveStream(_two_chunks())(scope, _never, send)
    for stream in streams:
        assert [message["type"] for message in sent] == ["http.response.start"]
        await stream.go_on(_never, send)
    assert [message.get("body") for message in sent] == [None, b"data: 1\n\n", b"data: 2\n\n", b""]
    assert not sent[-1].get("more_body", False)
