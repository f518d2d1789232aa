"""Who may answer as a resident: the people who belonged to the house when its survey opened; in memory."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from buurtthuis.domain.neighbours import NotOfThisHouse
from buurtthuis.events.notifications import ResidentJoined, ResidentMovedOut
from buurtthuis.events.surveys import IntakeChannel, TieRule, Voting
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_surveys.app import service
from buurtthuis_surveys.commands.ballots import CastBallot
from buurtthuis_surveys.commands.surveys import DraftSurvey, OpenSurvey
from buurtthuis_surveys.domain.ballots import Cast, Voter, VoterKind
from buurtthuis_surveys.domain.forms import Form
from buurtthuis_surveys.domain.questions import PLAIN, Given, Question, QuestionKind
from buurtthuis_surveys.domain.surveys import CameAfterOpening, Plan

from tests.speaker import hear, speaker

HOUSE, OTHER = uuid4(), uuid4()
QUESTION = Question.ask(QuestionKind.OPEN_IDEA, {PLAIN: "Wat?"})


class Town:
    """Two houses, and a survey of one of them."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.backbone = FakeBackbone(service, speaker, clock=self.clock)

    async def join(self, house: UUID = HOUSE, resident: UUID | None = None) -> UUID:
        resident = resident or uuid4()
        await hear(self.backbone, ResidentJoined(resident_id=resident, house_id=house, language="nl"))
        return resident

    async def move_out(self, resident: UUID) -> None:
        await hear(self.backbone, ResidentMovedOut(resident_id=resident, house_id=HOUSE))

    async def open(self) -> None:
        plan = Plan(Form({PLAIN: "x"}, (), (QUESTION,)), Voting.RESIDENT, TieRule.DRAW_LOTS)
        self.survey = (await self.backbone.run("surveys", DraftSurvey(HOUSE, plan))).id
        await self.backbone.run("surveys", OpenSurvey(self.survey))
        self.clock.move(timedelta(hours=1))

    async def answer(self, resident: UUID) -> None:
        cast = Cast((Given(QUESTION.id, (), "Koffie"),), IntakeChannel.WEB, PLAIN, uuid4())
        await self.backbone.run("surveys", CastBallot(self.survey, VoterKind.RESIDENT, str(resident), cast))

    async def voters(self) -> int:
        return len(await self.backbone.kept("surveys", Voter))


@pytest.fixture
def town() -> Town:
    return Town()


async def test_whoever_belonged_to_the_house_when_it_opened_answers(town: Town) -> None:
    resident = await town.join()
    await town.open()
    await town.answer(resident)
    assert await town.voters() == 1


@pytest.mark.parametrize("where", ["elsewhere", "nowhere"])
async def test_a_resident_of_another_house_is_refused_and_leaves_no_trace(town: Town, where: str) -> None:
    stranger = await town.join(OTHER) if where == "elsewhere" else uuid4()
    await town.open()
    with pytest.raises(NotOfThisHouse):
        await town.answer(stranger)
    assert await town.voters() == 0


async def test_whoever_joins_after_it_opened_is_told_that_the_next_one_is_theirs(town: Town) -> None:
    """However many mailboxes somebody has: they would have had to come before."""
    await town.open()
    for _ in range(6):
        with pytest.raises(CameAfterOpening, match="The next one is yours too"):
            await town.answer(await town.join())


async def test_whoever_moves_out_answers_no_more_and_coming_back_is_coming_later(town: Town) -> None:
    resident = await town.join()
    await town.open()
    await town.move_out(resident)
    with pytest.raises(NotOfThisHouse):
        await town.answer(resident)
    await town.join(resident=resident)
    with pytest.raises(CameAfterOpening):
        await town.answer(resident)
