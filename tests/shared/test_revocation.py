"""Tokens that were taken back: refused at once by every replica, also by one that was away, and no feed goes on."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from buurtthuis.core.corporations import Corporations
from buurtthuis.core.errors import Unauthenticated
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.settings import Settings
from buurtthuis.core.work import Cause, new_id
from buurtthuis.eventlog import tail as feed_room
from buurtthuis.eventlog.tail import Feed, View
from buurtthuis.events import Audience
from buurtthuis.identity.principals import Principal, Role
from buurtthuis.identity.tokens import LONGEST
from buurtthuis.persistence import known_revocations as known_revocations_room
from buurtthuis.persistence import revocation as revocation_room
from buurtthuis.persistence.engine import Database
from buurtthuis.persistence.known_revocations import Revocations
from buurtthuis.persistence.replicas import Replicas
from buurtthuis.testing import PATIENCE_SECONDS, Playground, eventually, playground, samples
from buurtthuis.testing.samples.domain import Revoke, WriteNote

from tests.actors import STAFF
from tests.shared.conftest import emptied_rooms
from tests.shared.rooms import NOTES, OURS, THEIRS, Rooms, running
from tests.shared.test_feed import FEED, LIVE

rooms = emptied_rooms

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)


def somebody(
    *ids: UUID, issued_at: datetime = NOON, corporation: str = OURS, roles: tuple[Role, ...] = (Role.STAFF,)
) -> Principal:
    return Principal(
        corporation, ids[0], frozenset(roles), issued_at, issued_at + timedelta(hours=1), frozenset(ids)
    )


async def revoke(
    database: Database, id: UUID, before: datetime | None = None, said_at: datetime = NOON
) -> None:
    async with database.transaction(OURS) as session:
        await revocation_room.note(session, id, before, said_at)


async def is_refused(revocations: Revocations, principal: Principal) -> bool:
    try:
        await revocations.check(principal)
    except Unauthenticated:
        return True
    return False


# Who is refused


async def test_a_token_is_refused_by_whichever_of_its_ids_was_revoked(rooms: Rooms) -> None:
    for number in range(3):
        ids = [new_id() for _ in range(3)]
        revocations = Revocations(rooms.notes)
        await revoke(rooms.notes, ids[number])
        assert await is_refused(revocations, somebody(*ids))
        assert not await is_refused(revocations, somebody(new_id()))


async def test_what_was_issued_before_the_moment_is_refused_and_what_was_issued_after_it_is_not(
    rooms: Rooms,
) -> None:
    who, revocations = new_id(), Revocations(rooms.notes)
    await revoke(rooms.notes, who, before=NOON)
    assert await is_refused(revocations, somebody(who, issued_at=NOON - MOMENT))
    assert not await is_refused(revocations, somebody(who, issued_at=NOON))


async def test_what_is_revoked_in_one_corporation_is_good_in_another(rooms: Rooms) -> None:
    who, revocations = new_id(), Revocations(rooms.notes)
    await revoke(rooms.notes, who)
    assert not await is_refused(revocations, somebody(who, corporation=THEIRS))


async def test_it_is_forgotten_once_no_token_can_be_that_old(rooms: Rooms) -> None:
    old, recent = new_id(), new_id()
    await revoke(rooms.notes, old, said_at=NOON - LONGEST - timedelta(days=1) - MOMENT)
    await revoke(rooms.notes, recent, said_at=NOON - LONGEST)
    async with rooms.notes.transaction(OURS) as session:
        await revocation_room.forget(session, NOON)
        assert await revocation_room.read(session) == {recent: None}


# How it is known


class Counted(Revocations):
    """Counts how often it reads."""

    reads = 0

    async def _read(self, corporation: str) -> None:
        self.reads += 1
        await super()._read(corporation)


async def test_while_we_would_be_told_it_is_read_once(rooms: Rooms) -> None:
    revocations = Counted(rooms.notes)
    revocations.listening(yes=True)
    for _ in range(5):
        await revocations.check(somebody(new_id()))
    await asyncio.gather(*(revocations.check(somebody(new_id())) for _ in range(5)))
    assert revocations.reads == 1


async def test_many_who_come_at_once_share_one_reading(rooms: Rooms) -> None:
    revocations = Counted(rooms.notes)
    await asyncio.gather(*(revocations.check(somebody(new_id())) for _ in range(20)))
    assert revocations.reads == 1


async def test_once_told_it_is_read_again(rooms: Rooms) -> None:
    who, revocations = new_id(), Counted(rooms.notes)
    revocations.listening(yes=True)
    assert not await is_refused(revocations, somebody(who))
    await revoke(rooms.notes, who)
    revocations.told(OURS)
    assert await is_refused(revocations, somebody(who))
    assert revocations.reads == 2


async def test_what_was_said_while_nobody_listened_is_read_when_somebody_does(rooms: Rooms) -> None:
    who, revocations = new_id(), Revocations(rooms.notes)
    revocations.listening(yes=True)
    assert not await is_refused(revocations, somebody(who))
    revocations.listening(yes=False)
    await revoke(rooms.notes, who)
    revocations.listening(yes=True)
    assert await is_refused(revocations, somebody(who))


async def test_while_nobody_would_tell_us_it_is_not_believed_for_long(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, revocations = new_id(), Revocations(rooms.notes)
    assert not await is_refused(revocations, somebody(who))
    await revoke(rooms.notes, who)
    assert not await is_refused(revocations, somebody(who))
    monkeypatch.setattr(known_revocations_room, "BELIEVED", 0)
    assert await is_refused(revocations, somebody(who))
    assert not known_revocations_room.BELIEVED


async def test_what_is_said_while_it_is_read_is_not_missed(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, revocations = new_id(), Revocations(rooms.notes)
    revocations.listening(yes=True)
    read = revocation_room.read

    async def read_and_be_overtaken(session: object) -> dict[UUID, datetime | None]:
        found = await read(session)  # type: ignore[arg-type]
        monkeypatch.setattr(revocation_room, "read", read)
        await revoke(rooms.notes, who)
        revocations.told(OURS)
        return found

    monkeypatch.setattr(revocation_room, "read", read_and_be_overtaken)
    await is_refused(revocations, somebody(who))
    assert await is_refused(revocations, somebody(who))


async def test_another_replica_tells_us(rooms: Rooms) -> None:
    who, revocations = new_id(), Revocations(rooms.notes)
    feed = Feed(NOTES, rooms.notes, Corporations([rooms.ours]), revocations)
    async with running(
        feed.listen(rooms.settings.for_service(NOTES).database_url, Replicas(rooms.notes), feed.wake)
    ):
        await eventually(lambda: _listens(revocations), "listening")
        assert not await is_refused(revocations, somebody(who))
        await revoke(rooms.notes, who)
        await eventually(lambda: is_refused(revocations, somebody(who)), "being told")
    await feed.close()


async def test_whoever_follows_is_stirred_also_where_somebody_else_read_it_first(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_room, "LOOK_SECONDS", 0.01)
    revocations = Revocations(rooms.notes)
    revocations.listening(yes=True)
    feed = Feed(NOTES, rooms.notes, Corporations([rooms.ours]), revocations)
    tail = await feed.tail(OURS)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await tail.next_stir(turn := tail.turn()).wait()  # it has looked once
        stir = tail.next_stir(turn)
        revocations.told(OURS)
        await revocations.refresh(OURS)
        await stir.wait()
    await feed.close()


@pytest.mark.parametrize(
    "hidden", [False, True], ids=["nothing new", "something new that they are not shown"]
)
async def test_a_token_taken_back_while_its_follower_is_busy_is_looked_at_before_they_wait_again(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch, hidden: bool
) -> None:
    monkeypatch.setattr(feed_room, "HEARTBEAT", 3600)
    monkeypatch.setattr(feed_room, "LOOK_SECONDS", 0.01)
    revocations = Revocations(rooms.notes)
    revocations.listening(yes=True)
    feed = Feed(NOTES, rooms.notes, Corporations([rooms.ours]), revocations)
    tail = await feed.tail(OURS)
    follower = feed.follow(OURS, None, View(Audience.PUBLIC))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await tail.next_stir(last := feed_room.TURNS - 1).wait()  # it has looked once
        await anext(follower)
        stir = tail.next_stir(last)
        revocations.told(OURS)  # the follower is still sending what it got
        if hidden:
            await rooms.write()
            await rooms.relay(feed.wake).relay(OURS)
            await eventually(lambda: tail.beyond(0, 0.01))
        await stir.wait()
        assert await anext(follower) == (b"" if hidden else b": still here\n\n")
    await feed.close()


async def _listens(revocations: Revocations) -> bool:
    return revocations._listening


def test_every_service_hears_what_another_takes_back() -> None:
    assert "revoke_tokens" in samples.echoes.handlers.reactions
    assert Handlers.merged(samples.echoes.rooms).reactions.keys() < samples.echoes.handlers.reactions.keys()


# What ends


@pytest.fixture
async def place(sample_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Playground]:
    """The sample speaker, running; it does not look by itself, so that being told has to do."""
    monkeypatch.setattr(feed_room, "LOOK_SECONDS", 3600)
    monkeypatch.setattr(feed_room, "HEARTBEAT", 3600)
    async with playground([samples.notes], sample_settings) as running:
        await eventually(lambda: _listens(running.service(NOTES).revocations), "listening")
        yield running


async def take_back(place: Playground, id: UUID) -> None:
    one = place.service(NOTES)
    await one.dispatcher.run(Revoke(id), one.corporations[OURS], Cause(STAFF))


async def refused(client: httpx.AsyncClient) -> bool:
    return (await client.get(FEED)).status_code == 401


async def test_a_token_that_was_taken_back_reads_nothing_and_says_why(place: Playground) -> None:
    who = new_id()
    client, other = place.client(Role.STAFF, subject=who), place.client(Role.STAFF)
    assert not await refused(client)
    await take_back(place, who)
    await eventually(lambda: refused(client), "being refused")
    assert "taken back" in (await client.get(FEED)).json()["detail"]
    assert not await refused(other)


@pytest.mark.parametrize("by", ["header", "cookie"])
async def test_a_live_feed_ends_when_its_token_is_taken_back_and_tells_nothing_more(
    place: Playground, by: str
) -> None:
    who = new_id()
    client = place.client(Role.STAFF, subject=who)
    if by == "cookie":
        answer = await client.post(f"{FEED}/cookie")
        client = place.client()
        client.cookies.update(answer.cookies)
    async with asyncio.timeout(PATIENCE_SECONDS), client.stream("GET", FEED, headers=LIVE) as live:
        lines = live.aiter_lines()
        assert (await anext(lines)).startswith("retry")
        await take_back(place, who)
        assert [line async for line in lines if line] == []


async def test_a_neighbours_live_feed_goes_on(place: Playground) -> None:
    async with place.client(Role.STAFF).stream("GET", FEED, headers=LIVE) as live:
        lines = live.aiter_lines()
        assert (await anext(lines)).startswith("retry")
        await take_back(place, new_id())
        one = place.service(NOTES)
        await one.dispatcher.run(WriteNote("whole"), one.corporations[OURS], Cause(STAFF))
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert [line async for line in _until(lines, "id:")]


async def _until(lines: AsyncIterator[str], start: str) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if line.startswith(start):
            return


async def test_a_page_that_somebody_waits_for_is_not_given_to_a_token_that_was_taken_back_meanwhile(
    place: Playground,
) -> None:
    who = new_id()
    client, one = place.client(Role.STAFF, subject=who), place.service(NOTES)
    async with running(client.get(FEED, params={"wait": 30})) as (waiting,):
        await eventually(lambda: _is_open(place), "waiting")
        await take_back(place, who)
        await eventually(lambda: refused(client), "being refused")
        await one.dispatcher.run(WriteNote("secret"), one.corporations[OURS], Cause(STAFF))
        assert (await waiting).status_code == 401


async def _is_open(place: Playground) -> bool:
    return any(tail.is_open for tail in place.service(NOTES).feed._tails.values())
