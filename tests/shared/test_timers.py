"""What happens when it is time."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from buurtthuis.service import Service, Timer
from buurtthuis.testing import Clock, eventually
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import StartSome

pytestmark = pytest.mark.starts("surveys")

OFTEN = timedelta(milliseconds=10)


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

    async with start([replace(templates["surveys"], timers=(Timer(due, OFTEN),))]) as place:
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

    timer = Timer(due, timedelta(hours=1))
    async with start([replace(templates["surveys"], timers=())]) as place:
        await place.service("surveys").do_what_is_due(timer)
        assert set(moments) == {clock()}
