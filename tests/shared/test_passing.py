"""Past what nobody reacts to: many checkpoints in one statement, and each as if it were alone."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from buurtthuis.eventlog import checkpoints
from buurtthuis.eventlog import passing as passing_room
from buurtthuis.eventlog.agreement import BEGINNING, HeardAt
from buurtthuis.eventlog.checkpoints import HeardBatch
from buurtthuis.eventlog.envelope import Envelope
from buurtthuis.eventlog.passing import Passing
from sqlalchemy import event, text

from tests.shared.rooms import NOTES, OURS, THEIRS, Rooms, envelopes

BATCHES = {OURS: envelopes("a", "b"), THEIRS: envelopes("c")}


@pytest.fixture(autouse=True)
async def _opened(rooms: Rooms) -> None:
    for slug in BATCHES:
        async with rooms.echoes.transaction(slug) as session:
            await checkpoints.read(session, NOTES)


async def pass_over(passing: Passing, batches: Mapping[str, Sequence[Envelope]] = BATCHES) -> list[bool]:
    asked = (passing.pass_over(slug, NOTES, BEGINNING, batch) for slug, batch in batches.items())
    return await asyncio.gather(*asked)


async def stands_at(rooms: Rooms, slug: str) -> tuple[HeardAt, Sequence[HeardBatch]]:
    async with rooms.echoes.transaction(slug) as session:
        checkpoint = await checkpoints.read(session, NOTES)
        return checkpoint.heard_at, await checkpoints.heard_before(session, NOTES)


async def test_checkpoints_of_several_move_in_one_statement_and_it_is_kept_what_that_was(
    rooms: Rooms,
) -> None:
    asked: list[str] = []
    event.listen(
        rooms.echoes.engine.sync_engine, "before_cursor_execute", lambda *told: asked.append(told[2])
    )
    assert await pass_over(Passing(rooms.echoes)) == [True, True]
    assert len(asked) == 1
    for slug, batch in BATCHES.items():
        heard_at, heard = await stands_at(rooms, slug)
        assert heard_at == HeardAt.of(batch[-1])
        assert [list(one.places) for one in heard] == [list(map(HeardAt.of, batch))]


async def test_one_that_stands_elsewhere_is_left_where_it_is_and_the_others_move(rooms: Rooms) -> None:
    passing = Passing(rooms.echoes)
    assert await pass_over(passing, {OURS: BATCHES[OURS]}) == [True]
    assert await pass_over(passing) == [False, True]
    assert len((await stands_at(rooms, OURS))[1]) == 1


async def test_one_that_somebody_holds_is_waited_for_by_nobody(rooms: Rooms) -> None:
    async with rooms.echoes.transaction(OURS) as session:
        await session.execute(text("SELECT FROM checkpoints FOR UPDATE"))
        assert await pass_over(Passing(rooms.echoes)) == [False, True]


async def test_whoever_comes_while_a_statement_is_under_way_comes_into_the_next(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passing_room, "TOGETHER", 1)
    assert await pass_over(Passing(rooms.echoes)) == [True, True]


async def test_where_the_database_does_not_answer_nothing_is_said_to_have_moved(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_away(*_: object) -> None:
        raise ConnectionError

    passing = Passing(rooms.echoes)
    with monkeypatch.context() as away:
        away.setattr(rooms.echoes, "at_once", is_away)
        assert await pass_over(passing) == [False, False]
    assert await pass_over(passing) == [True, True]
