"""Tasks that run until they are cancelled, whatever a library does with the cancellation."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from buurtthuis.core import tasks
from buurtthuis.core.tasks import SideBySide, stop_if_cancelled
from buurtthuis.eventlog.relay import Relay
from buurtthuis.testing import Playground


async def test_a_loop_that_lost_its_cancellation_still_ends() -> None:
    begun = asyncio.Event()

    async def endless() -> None:
        while True:
            stop_if_cancelled()
            begun.set()
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    task = asyncio.create_task(endless())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_loop_that_nobody_cancelled_goes_on() -> None:
    stop_if_cancelled()


@pytest.mark.starts("surveys")
async def test_a_service_stops_though_its_relay_loses_the_cancellation(
    place: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else this test would never end."""
    tending = asyncio.Event()

    async def swallowing(*_: object) -> None:
        tending.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    monkeypatch.setattr(Relay, "inspect", swallowing)
    service = place.service("surveys")
    service.relay.suspect("woonpartners")
    await tending.wait()
    await service.stop()
    assert not service.alive


@dataclass
class Work:
    """Somebody's, who is held until they are let go, and fails where that is said."""

    held: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    begun: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    async def __call__(self, one: str) -> None:
        self.begun[one] += 1
        if one in self.failing:
            raise ValueError(one)
        if one in self.held:
            await self.let_go.wait()
        self.ended[one] += 1

    def side_by_side(self, places: int = 2) -> SideBySide:
        return SideBySide(self, lambda one, _: self.failures.append(one), places)


async def soon(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_one_that_is_slow_holds_up_no_other() -> None:
    work = Work(held={"slow"})
    async with work.side_by_side() as many:
        for one in ("slow", "a", "b", "c"):
            many.ask(one)
        await soon(lambda: work.ended == {"a": 1, "b": 1, "c": 1})
        assert not work.let_go.is_set()


async def test_more_slow_ones_than_places_hold_up_nobody_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "PATIENCE", 0.01)
    slow = {f"slow{number}" for number in range(10)}
    work = Work(held=slow)
    async with work.side_by_side(places=2) as many:
        for one in (*slow, "a"):
            many.ask(one)
        await soon(lambda: bool(work.ended["a"]))
        assert work.begun.total() == 11


async def test_no_more_are_begun_at_once_than_there_are_places() -> None:
    work = Work(held={"a", "b", "c"})
    async with work.side_by_side(places=2) as many:
        for one in ("a", "b", "c"):
            many.ask(one)
        await soon(lambda: work.begun.total() == 2)
        for _ in range(10):
            await asyncio.sleep(0)
        assert work.begun.total() == 2
        work.let_go.set()
        await soon(lambda: work.ended.total() == 3)


async def test_whoever_is_asked_for_meanwhile_comes_once_more_and_never_twice_at_once() -> None:
    work = Work(held={"a"})
    async with work.side_by_side() as many:
        many.ask("a")
        await soon(lambda: work.begun["a"] == 1)
        for _ in range(5):
            many.ask("a")
            await asyncio.sleep(0)
        assert work.begun["a"] == 1
        work.let_go.set()
        await soon(lambda: work.ended["a"] == 2)
        assert work.begun["a"] == 2


async def test_one_that_fails_is_left_alone_however_often_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "FIRST_PAUSE", 3600)
    monkeypatch.setattr(tasks, "LONGEST_PAUSE", 3600)
    work = Work(failing={"a"})
    async with work.side_by_side() as many:
        for _ in range(100):
            many.ask("a")
            many.ask("b")
            await asyncio.sleep(0)
        await soon(lambda: bool(work.ended["b"]))
        assert (work.begun["a"], work.failures) == (1, ["a"])


async def test_one_that_failed_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "FIRST_PAUSE", 0)
    work = Work(failing={"a"})
    async with work.side_by_side() as many:
        many.ask("a")
        await soon(lambda: work.failures == ["a"])
        work.failing.clear()
        many.ask("a")
        await soon(lambda: work.ended["a"] == 1)


async def test_at_the_end_nobody_is_left_at_work() -> None:
    ended = asyncio.Event()

    async def thorough(_: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.set()

    async with SideBySide(thorough, lambda *_: None) as many:
        many.ask("a")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert ended.is_set()
