"""A host who withdraws starts the same clock as one who never came; in memory."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.events.sessions import Kind, SeatRole
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_sessions.app import service
from buurtthuis_sessions.commands.follow_ups import CountCards, DecideVote, OpenVote
from buurtthuis_sessions.commands.houses import OpenHouse
from buurtthuis_sessions.commands.leading import FarewellHost, WelcomeHost
from buurtthuis_sessions.commands.seats import TakeRole, WithdrawSeat
from buurtthuis_sessions.commands.series import LookAfterSeries
from buurtthuis_sessions.commands.sessions import DraftSession, HoldSession, LapseConfirmation, PlanSession
from buurtthuis_sessions.domain.follow_ups.counting import Counts
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.domain.tasks import Task

from tests.actors import STAFF
from tests.sessions.builders import a_plan
from tests.sessions.follow_ups.people import AFTER, ASKED, BEFORE, COFFEE, DECORATION, STARTS

JAN = uuid4()
PLAN = a_plan(STARTS, kind=Kind.WALK)
#: On the 25th at half past ten at night people have read it at eight the next morning, and have a week from then on.
AT_NIGHT, A_WEEK_ON = (
    datetime(2019, 1, 25, 21, 30, tzinfo=UTC),
    datetime(2019, 2, 2, 7, 0, tzinfo=UTC),
)


class Decided:
    """A weekly table and an afternoon that the room wanted; Jan takes on both at once."""

    def __init__(self) -> None:
        self.clock = Clock(BEFORE)
        self.backbone = FakeBackbone(service, clock=self.clock)

    async def begin(self) -> None:
        self.house = (await self.run(OpenHouse("Wingerd", "Waddinxveen", 96))).id
        session = (await self.run(DraftSession(self.house, "Meet & Greet"))).id
        await self.run(PlanSession(session, PLAN, by=STAFF))
        self.clock.move_to(AFTER)
        await self.run(HoldSession(session, (), by=STAFF, walk_ins=4))
        vote = (await self.run(OpenVote(session, ASKED, by=STAFF))).id
        await self.run(CountCards(vote, Counts(4, {COFFEE.id: 3, DECORATION.id: 2}), by=STAFF))
        await self.run(DecideVote(vote, by=STAFF))
        [series] = await self.backbone.kept("sessions", Series)
        self.series = series.id
        self.draft = next(
            one.id for one in await self.backbone.kept("sessions", Session) if one.state is SessionState.DRAFT
        )
        await self.run(WelcomeHost(self.series, JAN, by=STAFF))
        await self.run(TakeRole(self.draft, JAN, SeatRole.HOST, by=STAFF))
        self.clock.move_to(AT_NIGHT)

    async def run(self, command: object) -> Any:
        return await self.backbone.run("sessions", command)

    async def the_series(self) -> Series:
        [one] = await self.backbone.kept("sessions", Series)
        return one

    async def the_draft(self) -> Session:
        return next(one for one in await self.backbone.kept("sessions", Session) if one.id == self.draft)

    async def asked(self, about: UUID) -> int:
        """How often staff were asked for a host of this."""
        tasks = await self.backbone.kept("sessions", Task)
        return sum(about in (one.session_id, one.series_id) for one in tasks)


@pytest.fixture
async def decided() -> Decided:
    found = Decided()
    await found.begin()
    return found


async def test_a_series_on_trial_whose_host_withdraws_waits_a_week_for_another(decided: Decided) -> None:
    await decided.run(FarewellHost(decided.series, JAN))
    assert (await decided.the_series()).confirm_by == A_WEEK_ON
    assert await decided.asked(decided.series) == 1


async def test_a_draft_whose_host_withdraws_waits_a_week_for_another(decided: Decided) -> None:
    await decided.run(WithdrawSeat(decided.draft, JAN))
    assert (await decided.the_draft()).confirm_by == A_WEEK_ON
    assert await decided.asked(decided.draft) == 1


async def test_whoever_takes_over_stops_the_clock(decided: Decided) -> None:
    await decided.run(FarewellHost(decided.series, JAN))
    await decided.run(WithdrawSeat(decided.draft, JAN))
    await decided.run(WelcomeHost(decided.series, JAN, by=STAFF))
    await decided.run(TakeRole(decided.draft, JAN, SeatRole.HOST, by=STAFF))
    assert ((await decided.the_series()).confirm_by, (await decided.the_draft()).confirm_by) == (None, None)
    open_tasks = [one for one in await decided.backbone.kept("sessions", Task) if one.done_at is None]
    assert open_tasks == []


async def test_staff_who_were_asked_are_not_asked_twice(decided: Decided) -> None:
    """The week is over, and the question is still open."""
    await decided.run(FarewellHost(decided.series, JAN))
    await decided.run(WithdrawSeat(decided.draft, JAN))
    decided.clock.move_to(A_WEEK_ON)
    await decided.run(LookAfterSeries(decided.series, decided.house))
    await decided.run(LapseConfirmation(decided.draft))
    assert (await decided.asked(decided.series), await decided.asked(decided.draft)) == (1, 1)
