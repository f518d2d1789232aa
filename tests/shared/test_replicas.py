"""Which processes of a service are alive, who holds which corporation, and whether the database is the one it was."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.corporations import Corporations
from buurtthuis.eventlog import listener
from buurtthuis.eventlog.checkpoints import StillRead
from buurtthuis.eventlog.listener import Listener
from buurtthuis.eventlog.passing import Passing
from buurtthuis.eventlog.subscription import Subscription, open_together
from buurtthuis.eventlog.tail import Feed
from buurtthuis.persistence import replicas
from buurtthuis.persistence.known_revocations import Revocations
from buurtthuis.persistence.replicas import Replicas, holder_of
from buurtthuis.persistence.tenancy import NO_CORPORATION
from buurtthuis.testing import samples
from buurtthuis.testing.real import eventually
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.shared.conftest import emptied_rooms
from tests.shared.rooms import ECHOES, KEY, NOTES, OURS, Feeds, Rooms, running

rooms = emptied_rooms

SLUGS = [f"corporation-{number}" for number in range(200)]
REPLICAS = some.sets(some.uuids(), min_size=1, max_size=8)


@given(REPLICAS, some.sampled_from(SLUGS))
def test_everybody_who_knows_the_same_replicas_names_the_same_holder(alive: set[UUID], slug: str) -> None:
    assert holder_of(slug, sorted(alive)) == holder_of(slug, sorted(alive, reverse=True)) in alive


@given(REPLICAS, some.uuids())
def test_one_that_joins_or_leaves_moves_only_its_own_share(alive: set[UUID], other: UUID) -> None:
    with_it, without = alive | {other}, alive - {other} or alive
    moved = [slug for slug in SLUGS if holder_of(slug, with_it) != holder_of(slug, without)]
    assert {holder_of(slug, with_it) for slug in moved} <= {other}


def test_all_have_about_as_many() -> None:
    alive = [UUID(int=number) for number in range(1, 5)]
    shares = Counter(holder_of(slug, alive) for slug in SLUGS)
    assert set(shares) == set(alive)
    assert max(shares.values()) < 2 * min(shares.values())


@dataclass
class Told:
    """What a replica said to its process."""

    changes: int = 0
    another_databases: int = 0
    lapses: int = 0
    replicas: Replicas = field(init=False)

    def changed(self) -> None:
        self.changes += 1

    def lapsed(self) -> None:
        self.lapses += 1

    def another(self) -> None:
        self.another_databases += 1


async def joined(rooms: Rooms) -> Told:
    told = Told()
    told.replicas = Replicas(
        rooms.notes, on_changed=told.changed, on_lapsed=told.lapsed, on_another_database=told.another
    )
    await told.replicas.beat()
    return told


async def sql(rooms: Rooms, statement: str, **values: object) -> None:
    async with rooms.notes.transaction(NO_CORPORATION) as session:
        await session.execute(text(statement), values)


def held(*all_told: Told) -> list[int]:
    """How many of them hold each corporation."""
    return [sum(told.replicas.holds(slug) for told in all_told) for slug in SLUGS]


async def test_nobody_holds_anything_before_it_has_joined(rooms: Rooms) -> None:
    assert not Replicas(rooms.notes).holds(OURS)


async def test_who_is_alone_holds_every_corporation(rooms: Rooms) -> None:
    assert held(await joined(rooms)) == [1] * len(SLUGS)


async def test_two_hold_each_corporation_once_and_both_hold_some(rooms: Rooms) -> None:
    first, second = await joined(rooms), await joined(rooms)
    await first.replicas.beat()
    assert held(first, second) == [1] * len(SLUGS)
    assert 0 < sum(held(first)) < len(SLUGS)
    assert first.changes == 2


async def test_beats_that_see_nobody_new_change_nothing(rooms: Rooms) -> None:
    alone = await joined(rooms)
    await alone.replicas.beat()
    assert (alone.changes, alone.another_databases) == (1, 0)


async def test_who_leaves_leaves_its_corporations_to_the_others(rooms: Rooms) -> None:
    first, second = await joined(rooms), await joined(rooms)
    await second.replicas.leave()
    await first.replicas.beat()
    assert (sum(held(first)), sum(held(second))) == (len(SLUGS), 0)


@pytest.mark.parametrize("seconds", [7, -7])
async def test_who_says_nothing_for_seconds_is_dead_whichever_way_the_clock_went(
    rooms: Rooms, seconds: int
) -> None:
    first, second = await joined(rooms), await joined(rooms)
    await sql(
        rooms,
        "UPDATE replicas SET seen_at = now() - make_interval(secs => :seconds) WHERE id = :id",
        id=second.replicas.id,
        seconds=seconds,
    )
    await first.replicas.beat()
    assert sum(held(first)) == len(SLUGS)
    await second.replicas.beat()
    await first.replicas.beat()
    assert held(first, second) == [1] * len(SLUGS)
    assert (second.another_databases, first.lapses) == (0, 0)
    assert second.lapses == (seconds > 0)


async def test_rows_of_whoever_was_killed_long_ago_are_taken_away(rooms: Rooms) -> None:
    first = await joined(rooms)
    await sql(
        rooms,
        "INSERT INTO replicas (id, beat, seen_at) VALUES (:id, 1, now() - interval '2 days')",
        id=uuid4(),
    )
    await first.replicas.beat()
    async with rooms.notes.transaction(NO_CORPORATION) as session:
        assert list(await session.scalars(text("SELECT id FROM replicas"))) == [first.replicas.id]


@pytest.mark.parametrize(
    "older", ["DELETE FROM replicas", "UPDATE replicas SET beat = beat - 1"], ids=["gone", "older"]
)
async def test_a_database_that_does_not_know_what_we_said_last_is_another_one(
    rooms: Rooms, older: str
) -> None:
    told = await joined(rooms)
    await told.replicas.beat()
    await sql(rooms, older)
    await told.replicas.beat()
    await told.replicas.beat()
    assert told.another_databases == 1
    assert sum(held(told)) == len(SLUGS)


async def test_a_standby_that_took_over_is_another_one(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    told = await joined(rooms)
    monkeypatch.setattr(replicas, "WHICH", text("SELECT 'the next timeline'"))
    await told.replicas.beat()
    await told.replicas.beat()
    assert told.another_databases == 1


async def test_a_beat_whose_answer_was_lost_does_not_make_it_another_one(rooms: Rooms) -> None:
    told = await joined(rooms)
    await sql(rooms, "UPDATE replicas SET beat = beat + 1")
    await told.replicas.beat()
    assert told.another_databases == 0


async def test_whoever_comes_or_goes_tells_the_others_at_once(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicas, "BEAT_SECONDS", 300)
    first, revocations = await joined(rooms), Revocations(rooms.notes)
    feed = Feed(NOTES, rooms.notes, Corporations([rooms.ours]), revocations)
    url = rooms.settings.for_service(NOTES).database_url

    async def listens() -> bool:
        return revocations._listening

    async def shares() -> bool:
        return 0 < sum(held(first)) < len(SLUGS)

    async def is_alone() -> bool:
        return sum(held(first)) == len(SLUGS)

    async with running(first.replicas.run(), feed.listen(url, first.replicas, feed.wake)):
        await eventually(listens, "listening")
        second = await joined(rooms)
        await eventually(shares, "two replicas")
        await second.replicas.leave()
        await eventually(is_alone, "one replica")


async def test_who_is_killed_is_dead_at_the_next_look(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "DEAD_SECONDS", 3600)
    first, second = await joined(rooms), await joined(rooms)
    feed = Feed(NOTES, rooms.notes, Corporations([rooms.ours]), Revocations(rooms.notes))

    async def is_heard() -> bool:
        listens = second.replicas._listens is not None
        await second.replicas.beat()
        return listens

    url = rooms.settings.for_service(NOTES).database_url
    async with running(feed.listen(url, second.replicas, feed.wake)):
        await eventually(is_heard, "listening")
        await first.replicas.beat()
        assert 0 < sum(held(first)) < len(SLUGS)
    second.replicas = Replicas(rooms.notes)  # its connection is gone, and it says no more

    async def is_alone() -> bool:
        await first.replicas.beat()
        return sum(held(first)) == len(SLUGS)

    await eventually(is_alone, "one replica")


async def test_one_that_listens_no_more_may_have_been_taken_for_dead_where_there_are_others(
    rooms: Rooms,
) -> None:
    first = await joined(rooms)
    first.replicas.listening(7)
    first.replicas.listening(None)
    await first.replicas.beat()
    assert first.lapses == 0
    await joined(rooms)
    first.replicas.listening(7)
    first.replicas.listening(None)
    await first.replicas.beat()
    await first.replicas.beat()
    assert first.lapses == 1


async def test_where_nobody_may_ask_which_database_it_is_the_beats_tell(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicas, "WHICH", text("SELECT nobody_may()"))
    told = Told()
    told.replicas = Replicas(rooms.notes, on_another_database=told.another)
    with pytest.raises(DBAPIError):
        await told.replicas.beat()
    await told.replicas.beat()
    assert sum(held(told)) == len(SLUGS)
    await sql(rooms, "DELETE FROM replicas")
    await told.replicas.beat()
    assert told.another_databases == 1


async def hearers(rooms: Rooms) -> tuple[Replicas, Replicas]:
    """Two processes of the hearer that know each other."""
    first, second = Replicas(rooms.echoes), Replicas(rooms.echoes)
    for hearer in (first, second, first):
        await hearer.beat()
    return first, second


def reading(rooms: Rooms, hearer: Replicas) -> Subscription:
    reactions = samples.echoes.handlers.reactions_to(NOTES)
    return Subscription(
        ECHOES, NOTES, rooms.ours, reactions, rooms.echoes, Feeds(), hearer, Passing(rooms.echoes)
    )


async def test_what_another_reads_is_not_opened_before_it_is_given_up(rooms: Rooms) -> None:
    first, second = map(partial(reading, rooms), await hearers(rooms))
    await first.open()
    with pytest.raises(StillRead):
        await second.open()
    await first.close()
    await second.open()
    assert second._careful_until == 0


async def test_what_one_reads_that_came_since_we_looked_is_not_opened_before_it_is_given_up(
    rooms: Rooms,
) -> None:
    """It is not dead because we have never heard of it."""
    first, second = Replicas(rooms.echoes), Replicas(rooms.echoes)
    for hearer in (first, second):
        await hearer.beat()
    await reading(rooms, second).open()
    with pytest.raises(StillRead):
        await reading(rooms, first).open()
    assert first.others == {second.id}


async def test_what_was_read_by_one_that_is_dead_is_opened_at_once_and_with_care(rooms: Rooms) -> None:
    dead, living = await hearers(rooms)
    await reading(rooms, dead).open()
    await dead.leave()
    await living.beat()
    taken_over = reading(rooms, living)
    await taken_over.open()
    assert taken_over._careful_until > 0


async def test_one_that_was_taken_over_from_does_not_say_that_nobody_reads(rooms: Rooms) -> None:
    first, second = map(partial(reading, rooms), await hearers(rooms))
    await first.open()
    await open_together(rooms.echoes, [second], second.replicas, insist=True)
    await first.close()
    assert await rooms.sql(rooms.echoes, "SELECT reading FROM checkpoints")


async def test_who_cannot_say_that_it_gave_up_is_not_waited_for_for_ever(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "GIVEN_UP_WITHIN", 0)
    first, second = await hearers(rooms)
    await reading(rooms, first).open()
    waiting = Listener(
        ECHOES,
        samples.echoes.handlers,
        rooms.echoes,
        rooms.redis_url,
        rooms.redis,
        [rooms.ours],
        Feeds(),
        KEY,
        second,
    )

    async def reads() -> bool:
        return waiting.alive

    async with running(waiting.run()):
        await eventually(reads, "reading")


async def test_no_corporation_sees_the_replicas(rooms: Rooms) -> None:
    await joined(rooms)
    assert await rooms.sql(rooms.notes, "SELECT count(*) FROM replicas") == 0
