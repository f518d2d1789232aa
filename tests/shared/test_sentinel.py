"""A Redis that was emptied, or came back older, is noticed by what one process counts there."""

from collections import Counter
from typing import Any

import pytest
from buurtthuis.eventlog.sentinel import Sentinel
from redis.asyncio.client import Pipeline
from redis.exceptions import TimeoutError as NoAnswer

from tests.shared.rooms import ECHOES, Rooms


class Watched(Sentinel):
    """Counts how often it was another one."""

    def __init__(self, rooms: Rooms) -> None:
        self.noticed = Counter[str]()
        super().__init__(ECHOES, rooms.redis, lambda: self.noticed.update(["another"]))


async def test_as_long_as_redis_is_the_same_nothing_is_noticed(rooms: Rooms) -> None:
    sentinel, neighbour = Watched(rooms), Watched(rooms)
    for _ in range(3):
        await sentinel.look()
        await neighbour.look()
    assert not sentinel.noticed + neighbour.noticed


async def test_an_empty_redis_is_noticed_once(rooms: Rooms) -> None:
    sentinel = Watched(rooms)
    await sentinel.look()
    await rooms.redis.flushdb()
    await sentinel.look()
    await sentinel.look()
    assert sentinel.noticed.total() == 1


async def test_an_older_copy_is_noticed(rooms: Rooms) -> None:
    sentinel = Watched(rooms)
    await sentinel.look()
    copy: Any = await rooms.redis.get(sentinel.key)
    await sentinel.look()
    await rooms.redis.set(sentinel.key, copy)
    await sentinel.look()
    assert sentinel.noticed.total() == 1


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_count_that_nobody_confirmed_may_have_arrived_or_not(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    sentinel, execute = Watched(rooms), Pipeline.execute
    await sentinel.look()

    async def lose_the_answer(self: Any) -> Any:
        if arrived:
            await execute(self)
        raise NoAnswer

    for _ in range(2):
        with monkeypatch.context() as losing, pytest.raises(NoAnswer):
            losing.setattr(Pipeline, "execute", lose_the_answer)
            await sentinel.look()
    await sentinel.look()
    assert not sentinel.noticed
    await rooms.redis.flushdb()
    await sentinel.look()
    assert sentinel.noticed.total() == 1
