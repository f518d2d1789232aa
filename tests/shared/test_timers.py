"""What happens when it is time."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from unittest.mock import AsyncMock, Mock

import pytest
from buurtthuis.core import tasks
from buurtthuis.core.corporations import Corporation
from buurtthuis.persistence.looking import Look
from buurtthuis.runtime.running_service import RunningService
from buurtthuis.runtime.service import Service
from buurtthuis.runtime.timers import Timer
from buurtthuis.runtime.workers import Worker, Workers, Workplace
from buurtthuis.testing import Clock, eventually
from buurtthuis_surveys.queries.surveys import past_their_time
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import StartSome

pytestmark = pytest.mark.starts("surveys")

OFTEN = timedelta(milliseconds=10)
#: The databases were never told of it, so that every corporation is asked.
anything = past_their_time
ILL, WELL = "woonpartners", "de-waterlelie"


async def test_a_timer_that_fails_is_tried_again_and_the_service_lives(
    start: StartSome, templates: dict[str, Service]
) -> None:
    tries = itertools.count()
    succeeded: set[str] = set()

    async def due(session: AsyncSession, _now: datetime) -> Sequence[object]:
        if next(tries) < 3:
            raise ConnectionError("the database is away")
        succeeded.add((await session.execute(text("SELECT current_corporation()"))).scalar_one())
        return []

    async with start(
        [replace(templates["surveys"], timers=(Timer(due, looks_for=anything, every=OFTEN),))]
    ) as place:
        surveys = place.service("surveys")

        async def everybody_was_asked() -> bool:
            return succeeded == set(surveys.corporations)

        async def lives() -> bool:
            return surveys.alive  # readers may still be on their way when the timer has already been round

        await eventually(everybody_was_asked, "every corporation was asked")
        await eventually(lives, "the service lives")


async def test_what_is_due_is_told_the_moment_that_decides(
    start: StartSome, templates: dict[str, Service], clock: Clock
) -> None:
    moments: list[datetime] = []

    async def due(_session: AsyncSession, now: datetime) -> Sequence[object]:
        moments.append(now)
        return []

    timer = Timer(due, looks_for=anything, every=timedelta(hours=1))
    async with start([replace(templates["surveys"], timers=())]) as place:
        await place.service("surveys").timers.do_what_is_due(timer)
        assert set(moments) == {clock()}


async def never_ends() -> None:
    await asyncio.Event().wait()


async def fails() -> None:
    raise ValueError


class Failing:
    """Something that can be called, and has no name of its own."""

    def __init__(self) -> None:
        self.rounds = 0

    async def __call__(self, running: Workplace, corporation: Corporation) -> int:
        self.rounds += 1
        assert isinstance(running, RunningService)
        running.workers.wake(corporation.slug)
        raise ValueError


@pytest.mark.parametrize("ill", [never_ends, fails])
async def test_a_corporation_whose_timer_is_slow_or_fails_holds_up_no_other(
    start: StartSome, templates: dict[str, Service], ill: Callable[[], Awaitable[None]]
) -> None:
    asked = Counter[str]()

    async def due(session: AsyncSession, _now: datetime) -> Sequence[object]:
        slug = (await session.execute(text("SELECT current_corporation()"))).scalar_one()
        if slug == ILL:
            await ill()
        asked[slug] += 1
        return []

    async def the_other_was_asked() -> bool:
        return asked[WELL] > 3

    async with start([replace(templates["surveys"], timers=(Timer(due, looks_for=anything, every=OFTEN),))]):
        await eventually(the_other_was_asked, "the other was asked, again and again")
        assert not asked[ILL]


@pytest.mark.parametrize(("ill", "rounds"), [(never_ends, 1), (fails, 10)])
async def test_a_corporation_whose_work_is_slow_or_fails_holds_up_no_other(
    start: StartSome, templates: dict[str, Service], ill: Callable[[], Awaitable[None]], rounds: int
) -> None:
    """Nor does it come again and again because of what it commits itself."""
    begun = Counter[str]()

    async def work(running: Workplace, corporation: Corporation) -> int:
        begun[corporation.slug] += 1
        assert isinstance(running, RunningService)
        running.workers.wake(corporation.slug)
        if corporation.slug == ILL:
            await ill()
        return 0

    async def the_other_works_on() -> bool:
        return begun[WELL] > 20

    worker = Worker(work, looks_for=anything, every=OFTEN)
    async with start([replace(templates["surveys"], timers=(), workers=(worker,))]):
        await eventually(the_other_works_on, "the other's work is done, again and again")
        assert begun[ILL] <= rounds


async def test_an_eager_worker_that_failed_pauses_however_often_it_is_woken_and_whatever_it_is(
    start: StartSome, templates: dict[str, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "FIRST_PAUSE", 3600)
    monkeypatch.setattr(tasks, "LONGEST_PAUSE", 3600)
    failing, looked = Failing(), itertools.count()

    async def another(running: Workplace, corporation: Corporation) -> int:
        assert isinstance(running, RunningService)
        running.workers.wake(corporation.slug)
        return next(looked) < 50

    async def the_other_works_on() -> bool:
        return next(looked) > 50

    workers = (
        Worker(failing, looks_for=anything, every=OFTEN),
        Worker(another, looks_for=anything, every=OFTEN),
    )
    async with start([replace(templates["surveys"], timers=(), workers=workers)]) as place:
        await eventually(the_other_works_on, "the other works on, and wakes it")
        assert failing.rounds == len(place.service("surveys").corporations)


async def test_what_a_worker_commits_itself_wakes_the_others_alone() -> None:
    async def work(_running: Workplace, corporation: Corporation) -> int:
        async def commit() -> None:
            workers.wake(corporation.slug)

        await asyncio.gather(asyncio.to_thread(lambda: None), commit())
        return 0

    async def another(_running: Workplace, _corporation: Corporation) -> int:
        return 0

    both = [Worker(round, looks_for=anything, every=OFTEN) for round in (work, another)]
    lookout = Mock(ask=AsyncMock(return_value={both[0].look.name: [WELL]}))
    workers = Workers(Mock(corporations={WELL: Mock(slug=WELL)}), both, lookout)
    await workers.do_all_work(both[0])
    assert [hurried.args[0].name for hurried in lookout.hurry.call_args_list] == ["another"]


async def test_workers_are_looked_for_at_once_and_again_after_the_one_that_had_something_to_do() -> None:
    did: list[str] = []

    def worker(name: str) -> Worker:
        async def work(_running: Workplace, _corporation: Corporation) -> int:
            did.append(name)
            return 0

        work.__name__ = work.__qualname__ = name
        return Worker(work, looks_for=anything, every=OFTEN)

    async def who_has_any(*looks: Look) -> dict[str, list[str]]:
        """What the second did is work for the third."""
        asked.append([look.name for look in looks])
        has = {"second": "third"}.get(did[-1], "") if did else "second"
        return {look.name: [WELL] if look.name == has else [] for look in looks}

    asked: list[list[str]] = []
    all_of_them = [worker(name) for name in ("first", "second", "third", "fourth")]
    workers = Workers(Mock(corporations={WELL: Mock(slug=WELL)}), all_of_them, Mock(ask=who_has_any))
    await workers.do_all_work(*all_of_them)
    assert did == ["second", "third"]
    assert asked == [["first", "second", "third", "fourth"], ["third", "fourth"], ["fourth"]]


def test_a_worker_is_woken_for_the_tables_that_it_looks_into() -> None:
    async def work(_running: Workplace, _corporation: Corporation) -> int:
        return 0

    lookout = Mock()
    workers = Workers(Mock(), [Worker(work, looks_for=anything, every=OFTEN)], lookout)
    workers.wake(WELL, {"themes", "journal"})
    assert not lookout.hurry.called
    workers.wake(WELL, {"themes", "surveys"})
    assert lookout.hurry.called
