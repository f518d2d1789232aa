"""A survey says once, a day before, that it closes; in memory."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.events.notifications import ResidentJoined, ResidentMovedOut
from buurtthuis.events.surveys import IntakeChannel, TieRule, Voting
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_surveys.app import service
from buurtthuis_surveys.commands.ballots import CastBallot
from buurtthuis_surveys.commands.surveys import (
    CloseSurvey,
    CloseSurveyInTime,
    DraftSurvey,
    OpenSurvey,
    PauseSurvey,
    RemindOfSurvey,
    ResumeSurvey,
)
from buurtthuis_surveys.domain.ballots import Cast, VoterKind
from buurtthuis_surveys.domain.forms import Form
from buurtthuis_surveys.domain.questions import PLAIN, Given, Question, QuestionKind
from buurtthuis_surveys.domain.surveys import Plan

from tests.speaker import hear, speaker

HOUSE, OTHER = uuid4(), uuid4()
A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)
QUESTION = Question.ask(QuestionKind.OPEN_IDEA, {PLAIN: "Wat?"})


class Asked:
    """One survey, and who lives in its house."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.backbone = FakeBackbone(service, speaker, clock=self.clock)

    async def open(self, lasts: timedelta | None = 14 * A_DAY, voting: Voting = Voting.RESIDENT) -> None:
        self.closes_at = self.clock() + lasts if lasts else None
        plan = Plan(Form({PLAIN: "x"}, (), (QUESTION,)), voting, TieRule.DRAW_LOTS, self.closes_at)
        self.id = (await self.run(DraftSurvey(HOUSE, plan))).id
        await self.run(OpenSurvey(self.id))

    async def run(self, command: object) -> Any:
        return await self.backbone.run("surveys", command)

    async def join(self, count: int, house: UUID = HOUSE) -> list[UUID]:
        residents = [uuid4() for _ in range(count)]
        for one in residents:
            await hear(self.backbone, ResidentJoined(resident_id=one, house_id=house, language="nl"))
        return residents

    async def answer(self, resident: UUID) -> None:
        cast = Cast((Given(QUESTION.id, (), "Koffie"),), IntakeChannel.WEB, PLAIN, uuid4())
        await self.run(CastBallot(self.id, VoterKind.RESIDENT, str(resident), cast))

    async def timer_goes_off(self, before_closing: timedelta) -> None:
        assert self.closes_at
        self.clock.move(self.closes_at - before_closing - self.clock())
        await self.run(RemindOfSurvey(self.id))

    async def said(self) -> list[dict[str, Any]]:
        journal = await self.backbone.journal("surveys")
        return [one.data for one in journal if ".survey-closing." in one.type]


@pytest.fixture
def asked() -> Asked:
    return Asked()


async def test_a_day_before_it_closes_it_says_so_and_when(asked: Asked) -> None:
    await asked.open()
    await asked.timer_goes_off(A_DAY)
    [said] = await asked.said()
    assert (said["survey_id"], datetime.fromisoformat(said["closes_at"])) == (str(asked.id), asked.closes_at)


async def test_before_that_it_says_nothing(asked: Asked) -> None:
    await asked.open()
    await asked.timer_goes_off(A_DAY + timedelta(seconds=1))
    assert await asked.said() == []


async def test_it_says_so_once_though_timers_go_off_twice(asked: Asked) -> None:
    await asked.open()
    for left in (A_DAY, A_DAY, AN_HOUR):
        await asked.timer_goes_off(left)
    assert len(await asked.said()) == 1


@pytest.mark.parametrize(("lasts", "times"), [(2 * A_DAY, 1), (2 * A_DAY - timedelta(seconds=1), 0)])
async def test_one_that_is_shorter_than_two_days_reminds_nobody(
    asked: Asked, lasts: timedelta, times: int
) -> None:
    await asked.open(lasts)
    await asked.timer_goes_off(AN_HOUR)
    assert len(await asked.said()) == times


async def test_one_without_a_closing_time_reminds_nobody(asked: Asked) -> None:
    await asked.open(None)
    asked.clock.move(30 * A_DAY)
    await asked.run(RemindOfSurvey(asked.id))
    assert await asked.said() == []


async def test_one_that_is_paused_reminds_when_it_is_resumed(asked: Asked) -> None:
    await asked.open()
    await asked.run(PauseSurvey(asked.id))
    await asked.timer_goes_off(A_DAY)
    assert await asked.said() == []
    await asked.run(ResumeSurvey(asked.id))
    await asked.timer_goes_off(AN_HOUR)
    assert len(await asked.said()) == 1


async def test_one_that_was_closed_early_reminds_nobody(asked: Asked) -> None:
    await asked.open()
    await asked.run(CloseSurvey(asked.id))
    await asked.timer_goes_off(A_DAY)
    assert await asked.said() == []


async def test_one_whose_time_has_come_reminds_nobody(asked: Asked) -> None:
    await asked.open()
    await asked.timer_goes_off(timedelta())
    assert await asked.said() == []


async def test_it_tells_which_residents_of_the_house_have_answered(asked: Asked) -> None:
    residents, gone = await asked.join(5), (await asked.join(1))[0]
    await asked.join(1, OTHER)
    await asked.open()
    for one in (*residents[:3], gone):
        await asked.answer(one)
    await hear(asked.backbone, ResidentMovedOut(resident_id=gone, house_id=HOUSE))
    await asked.timer_goes_off(A_DAY)
    [said] = await asked.said()
    assert set(said["answered"]) == {str(one) for one in residents[:3]}


async def test_it_tells_them_in_no_order(asked: Asked) -> None:
    """Of forty, the chance to lie as they came is one in 40! by accident."""
    await asked.open()
    residents = await asked.join(40)
    for one in residents:
        await asked.answer(one)
    await asked.timer_goes_off(A_DAY)
    [said] = await asked.said()
    told = said["answered"]
    assert sorted(told) == sorted(map(str, residents))
    assert told not in (list(map(str, residents)), sorted(told))


@pytest.mark.parametrize("voting", [Voting.CODE, Voting.STAND])
async def test_where_nobody_answers_as_a_resident_it_tells_nobody(asked: Asked, voting: Voting) -> None:
    await asked.open(voting=voting)
    await asked.join(2)
    await asked.timer_goes_off(A_DAY)
    [said] = await asked.said()
    assert said["answered"] == []


async def test_who_had_answered_is_taken_back_when_it_closes(asked: Asked) -> None:
    await asked.open()
    for one in await asked.join(2):
        await asked.answer(one)
    await asked.timer_goes_off(A_DAY)
    asked.clock.move(A_DAY)
    await asked.run(CloseSurveyInTime(asked.id))
    [said] = await asked.said()
    assert said["answered"] is None
