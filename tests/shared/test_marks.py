"""What readers tell the producers: what changed, now and then the rest, and only what makes sense is believed."""

import time

import pytest
from buurtthuis.eventlog import marks as marks_room
from buurtthuis.eventlog.marks import Mark, Marks, marks_of
from buurtthuis.eventlog.streams import reader_mark

from tests.shared.conftest import emptied_rooms
from tests.shared.rooms import ECHOES, NOTES, OURS, THEIRS, Rooms

rooms = emptied_rooms

OF_OURS, OF_THEIRS = (OURS, NOTES), (THEIRS, NOTES)


async def told(rooms: Rooms) -> dict[str, int]:
    """Corporation -> what is on Redis; it is taken away, so what is there the next time was told meanwhile."""
    found = await marks_of(rooms.redis, NOTES, [OURS, THEIRS], [ECHOES])
    await rooms.redis.delete(*(reader_mark(slug, NOTES, ECHOES) for slug in found))
    return {slug: marks[ECHOES].position for slug, marks in found.items() if marks}


async def test_what_has_not_changed_is_not_told_again(rooms: Rooms) -> None:
    marks = Marks(ECHOES, rooms.redis)
    await marks.tell({OF_OURS: 1, OF_THEIRS: 1})
    assert await told(rooms) == {OURS: 1, THEIRS: 1}
    await marks.tell({OF_OURS: 2, OF_THEIRS: 1})
    assert await told(rooms) == {OURS: 2}


async def test_before_anybody_doubts_it_what_has_not_changed_is_told(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = Marks(ECHOES, rooms.redis)
    await marks.tell({OF_OURS: 1})
    await told(rooms)
    monkeypatch.setattr(marks_room, "REFRESH_SECONDS", -1)
    await marks.tell({OF_OURS: 1})
    assert await told(rooms) == {OURS: 1}


async def test_another_redis_is_told_everything(rooms: Rooms) -> None:
    marks = Marks(ECHOES, rooms.redis)
    await marks.tell({OF_OURS: 1})
    await told(rooms)
    marks.forget()
    await marks.tell({OF_OURS: 1})
    assert await told(rooms) == {OURS: 1}


async def test_a_corporation_that_was_given_up_and_taken_again_is_told_again(rooms: Rooms) -> None:
    marks = Marks(ECHOES, rooms.redis)
    for positions in ({OF_OURS: 1}, {}, {OF_OURS: 1}):
        await marks.tell(positions)
    assert await told(rooms) == {OURS: 1}


@pytest.mark.parametrize("written", ["", "abc", "-1", "1 x", "1 2 3", "9" * 20, "1 " + "9" * 12, "٥", "1e5"])
async def test_what_makes_no_sense_is_no_mark(rooms: Rooms, written: str) -> None:
    await rooms.redis.set(reader_mark(OURS, NOTES, ECHOES), written)
    found = await marks_of(rooms.redis, NOTES, [OURS], [ECHOES])
    assert found == {OURS: {}}


async def test_a_mark_without_a_moment_is_of_now(rooms: Rooms) -> None:
    await rooms.redis.set(reader_mark(OURS, NOTES, ECHOES), "7")
    mark = (await marks_of(rooms.redis, NOTES, [OURS], [ECHOES]))[OURS][ECHOES]
    assert mark.position == 7
    assert mark.is_fresh


def test_a_mark_is_doubted_after_an_hour_and_from_the_future() -> None:
    now = int(time.time())
    assert Mark(1, now - marks_room.MARK_SECONDS // 2).is_fresh
    assert not Mark(1, now - marks_room.MARK_SECONDS - 1).is_fresh
    assert not Mark(1, now + 10 * marks_room.MARK_SECONDS).is_fresh
