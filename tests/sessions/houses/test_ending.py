"""An end that was announced takes effect a day later, and until then is taken back without a trace; in memory."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from buurtthuis.events.sessions import Kind, Outcome
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_sessions.app import service
from buurtthuis_sessions.commands.houses import (
    AnnounceHouseEnd,
    AnonymiseHouse,
    CarryOutHouseEnd,
    EndHouse,
    OpenHouse,
    PauseHouse,
    TakeBackHouseEnd,
)
from buurtthuis_sessions.commands.seats import RegisterSeat
from buurtthuis_sessions.commands.series import StartSeries
from buurtthuis_sessions.commands.sessions import DraftSession, PlanSession
from buurtthuis_sessions.domain.houses import House, HouseCannotMove, HouseState, NoEndToTakeBack
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import SessionState

from tests.actors import STAFF
from tests.sessions.builders import a_plan, a_series_plan

MORNING = datetime(2019, 2, 22, 9, 0, tzinfo=UTC)
A_DAY, A_MINUTE = timedelta(days=1), timedelta(minutes=1)
STARTS = datetime.fromisoformat("2019-03-07T19:30")  # what the clock on the wall shows
PLAN = a_plan(STARTS, kind=Kind.WALK)
WEEKLY = a_series_plan(STARTS)


class Wingerd:
    """A house with somebody in a session, and a series."""

    def __init__(self) -> None:
        self.clock = Clock(MORNING)
        self.backbone = FakeBackbone(service, clock=self.clock)

    async def open(self) -> None:
        self.id = (await self.run(OpenHouse("Wingerd", "Waddinxveen", 96))).id
        session = (await self.run(DraftSession(self.id, "Wandelen"))).id
        await self.run(PlanSession(session, PLAN, by=STAFF))
        await self.run(RegisterSeat(session, uuid4(), by=STAFF))
        await self.run(StartSeries(self.id, "Koffietafel", WEEKLY))

    async def run(self, command: object) -> Any:
        return await self.backbone.run("sessions", command)

    async def announce(self, outcome: Outcome = Outcome.STOPPED) -> None:
        await self.run(AnnounceHouseEnd(self.id, outcome, "Geen animo meer."))

    async def wait(self, time: timedelta) -> None:
        """And what is due happens."""
        self.clock.move(time)
        await self.run(CarryOutHouseEnd(self.id))

    async def house(self) -> House:
        [one] = await self.backbone.kept("sessions", House)
        return one

    async def state(self) -> HouseState:
        return (await self.house()).state

    async def everything(self) -> list[Any]:
        """Of each session and its seats what people see."""
        kept = sorted(await self.backbone.kept("sessions", Session), key=lambda one: str(one.id))
        return [(one.id, one.state, one.sequence, [seat.state for seat in one.seats]) for one in kept]

    async def said(self) -> Counter[str]:
        return Counter(one.type.split(".")[-2] for one in await self.backbone.journal("sessions"))


@pytest.fixture
async def wingerd() -> Wingerd:
    found = Wingerd()
    await found.open()
    return found


async def test_an_end_takes_effect_a_day_after_it_was_announced(wingerd: Wingerd) -> None:
    await wingerd.announce()
    await wingerd.wait(A_DAY - A_MINUTE)
    assert await wingerd.state() is HouseState.RUNNING
    await wingerd.wait(A_MINUTE)
    assert await wingerd.state() is HouseState.STOPPED
    assert {one.state for one in await wingerd.backbone.kept("sessions", Session)} == {SessionState.CANCELLED}


async def test_until_then_nothing_is_done_and_nobody_but_staff_hears_of_it(wingerd: Wingerd) -> None:
    before, said = await wingerd.everything(), await wingerd.said()
    await wingerd.announce()
    assert await wingerd.everything() == before
    assert await wingerd.said() - said == Counter({"house-end-announced": 1})


async def test_what_was_announced_at_night_can_be_taken_back_all_of_the_next_day(wingerd: Wingerd) -> None:
    """A colleague reads it at eight in the morning, seven in UTC, and has until then the day after."""
    wingerd.clock.move_to(datetime(2019, 2, 22, 22, 30, tzinfo=UTC))
    await wingerd.announce()
    announced = (await wingerd.house()).announced_end
    assert announced
    assert announced.takes_effect_at == datetime(2019, 2, 24, 7, 0, tzinfo=UTC)


async def test_an_end_that_was_taken_back_leaves_everything_as_it_was(wingerd: Wingerd) -> None:
    before = await wingerd.everything()
    await wingerd.announce()
    await wingerd.run(TakeBackHouseEnd(wingerd.id))
    await wingerd.wait(2 * A_DAY)
    found = await wingerd.house()
    assert (await wingerd.everything(), found.state) == (before, HouseState.RUNNING)
    assert found.announced_end is None
    assert (await wingerd.said())["house-ended"] == 0


async def test_a_house_that_is_paused_stays_so_when_its_end_is_taken_back(wingerd: Wingerd) -> None:
    await wingerd.run(PauseHouse(wingerd.id, "De zaal is dicht."))
    await wingerd.announce()
    await wingerd.run(TakeBackHouseEnd(wingerd.id))
    found = await wingerd.house()
    assert (found.state, found.reason) == (HouseState.PAUSED, "De zaal is dicht.")


async def test_whoever_says_it_again_says_how_and_has_a_day_of_their_own(wingerd: Wingerd) -> None:
    await wingerd.announce(Outcome.STOPPED)
    await wingerd.wait(A_DAY / 24)
    await wingerd.announce(Outcome.HANDED_OVER)
    await wingerd.wait(A_DAY - A_MINUTE)
    assert await wingerd.state() is HouseState.RUNNING
    await wingerd.wait(A_MINUTE)
    assert await wingerd.state() is HouseState.HANDED_OVER
    assert (await wingerd.said())["house-ended"] == 1


async def test_a_second_end_is_taken_back_alone(wingerd: Wingerd) -> None:
    """It continued, and was handed over by mistake: the first end stays, with the day that was promised."""
    await wingerd.announce(Outcome.CONTINUED)
    await wingerd.wait(A_DAY)
    promised = (await wingerd.house()).anonymise_on
    await wingerd.announce(Outcome.HANDED_OVER)
    await wingerd.run(TakeBackHouseEnd(wingerd.id))
    await wingerd.wait(2 * A_DAY)
    found = await wingerd.house()
    assert (found.state, found.anonymise_on) == (HouseState.CONTINUED, promised)


async def test_what_has_taken_effect_stays(wingerd: Wingerd) -> None:
    await wingerd.announce()
    await wingerd.wait(A_DAY)
    with pytest.raises(NoEndToTakeBack):
        await wingerd.run(TakeBackHouseEnd(wingerd.id))
    with pytest.raises(HouseCannotMove):
        await wingerd.announce(Outcome.HANDED_OVER)


async def test_whoever_insists_ends_it_at_once_and_what_was_announced_is_gone(wingerd: Wingerd) -> None:
    await wingerd.announce(Outcome.CONTINUED)
    await wingerd.run(EndHouse(wingerd.id, Outcome.STOPPED, "Er is brand geweest."))
    await wingerd.wait(2 * A_DAY)
    assert (await wingerd.state(), (await wingerd.said())["house-ended"]) == (HouseState.STOPPED, 1)


async def test_it_happens_once_however_many_look(wingerd: Wingerd) -> None:
    await wingerd.announce()
    await wingerd.wait(A_DAY)
    await wingerd.run(CarryOutHouseEnd(wingerd.id))
    assert (await wingerd.said())["house-ended"] == 1


async def test_a_house_that_is_anonymised_meanwhile_has_no_end_before_it(wingerd: Wingerd) -> None:
    await wingerd.run(EndHouse(wingerd.id, Outcome.CONTINUED, "Het gaat goed."))
    wingerd.clock.move(90 * A_DAY)
    await wingerd.announce(Outcome.HANDED_OVER)
    await wingerd.run(AnonymiseHouse(wingerd.id))
    await wingerd.wait(2 * A_DAY)
    found = await wingerd.house()
    assert (found.state, found.announced_end) == (HouseState.ANONYMISED, None)
