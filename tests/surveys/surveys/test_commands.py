"""What can be asked of surveys, in memory."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.errors import NotFound, Outdated
from buurtthuis.events.surveys import IntakeChannel, TieRule, Voting
from buurtthuis.testing import Clock, FakeBackbone, FakeWork
from buurtthuis_surveys.app import service
from buurtthuis_surveys.commands import surveys as commands
from buurtthuis_surveys.commands.ballots import CastBallot, MakeCodes, cast_ballot
from buurtthuis_surveys.commands.surveys import close
from buurtthuis_surveys.domain.ballots import (
    AlreadyAnswered,
    Ballot,
    Cast,
    Paper,
    UnknownCode,
    Voter,
    VoterKind,
    apart,
    voter_of,
)
from buurtthuis_surveys.domain.questions import PLAIN, Given
from buurtthuis_surveys.domain.surveys import AnsweredOtherwise, NoCodes, Plan, Survey, SurveyState

from tests.surveys.surveys.test_domain import a_choice, a_form

PLAN = Plan(a_form(), Voting.CODE, TieRule.RUNOFF)
CODES = ("one", "two")
#: Each command on a survey, given the id and the version it was read at.
MOVES: tuple[Any, ...] = (
    lambda survey, version: commands.EditSurvey(survey, PLAN, version),
    lambda survey, version: commands.OpenSurvey(survey, version),
    lambda survey, version: commands.CorrectSurvey(survey, {PLAIN: "x"}, {}, version),
    lambda survey, version: commands.CancelSurvey(survey, version),
    lambda survey, version: commands.PauseSurvey(survey, version),
    lambda survey, version: commands.ResumeSurvey(survey, version),
    lambda survey, version: commands.CloseSurvey(survey, version),
    lambda survey, version: commands.PublishResults(survey, None, version),
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def backbone(clock: Clock) -> FakeBackbone:
    return FakeBackbone(service, clock=clock)


async def a_survey(backbone: FakeBackbone, plan: Plan = PLAN, *moves: Any) -> UUID:
    receipt = await backbone.run("surveys", commands.DraftSurvey(uuid4(), plan))
    for move in moves:
        await backbone.run("surveys", move(receipt.id))
    return receipt.id


async def vote(backbone: FakeBackbone, survey: UUID, code: str, option: int) -> None:
    one = next(one for one in await backbone.kept("surveys", Survey) if one.id == survey)
    [question] = one.form.questions
    given = (Given(question.id, (question.options[option].id,)),)
    cast = Cast(given, IntakeChannel.WEB, "nl-x-b1", uuid4())
    await backbone.run("surveys", CastBallot(survey, VoterKind.CODE, code, cast))


@pytest.mark.parametrize("command", MOVES)
async def test_every_move_looks_at_the_version_that_was_read(backbone: FakeBackbone, command: Any) -> None:
    survey = await a_survey(backbone)
    with pytest.raises(Outdated):
        await backbone.run("surveys", command(survey, 7))


@pytest.mark.parametrize("command", MOVES)
async def test_every_move_of_a_survey_that_is_not_there_is_refused(
    backbone: FakeBackbone, command: Any
) -> None:
    with pytest.raises(NotFound):
        await backbone.run("surveys", command(uuid4(), None))


async def test_an_edit_makes_the_draft_a_version_older(backbone: FakeBackbone) -> None:
    survey = await a_survey(backbone)
    assert (await backbone.run("surveys", commands.EditSurvey(survey, PLAN, 1))).version == 2


async def test_a_survey_whose_time_has_not_come_stays_open(backbone: FakeBackbone, clock: Clock) -> None:
    plan = Plan(a_form(), Voting.CODE, TieRule.RUNOFF, clock() + timedelta(hours=1))
    await a_survey(backbone, plan, commands.OpenSurvey, commands.CloseSurveyInTime)
    assert [one.state for one in await backbone.kept("surveys", Survey)] == [SurveyState.OPEN]


async def test_codes_of_another_survey_are_unknown_here(backbone: FakeBackbone) -> None:
    plan = Plan(a_form(a_choice("a", "b")), Voting.CODE, TieRule.RUNOFF)
    one, other = [await a_survey(backbone, plan, commands.OpenSurvey) for _ in range(2)]
    await backbone.run("surveys", MakeCodes(one, CODES))
    with pytest.raises(UnknownCode):
        await vote(backbone, other, "one", 0)


async def test_a_survey_that_is_answered_by_residents_has_no_codes(backbone: FakeBackbone) -> None:
    survey = await a_survey(backbone, Plan(a_form(), Voting.RESIDENT, TieRule.RUNOFF))
    with pytest.raises(NoCodes):
        await backbone.run("surveys", MakeCodes(survey, CODES))


@pytest.mark.parametrize(
    ("voting", "kind"),
    [
        (voting, kind)
        for voting in Voting
        for kind in VoterKind
        if kind is not VoterKind.CARD and kind != voting.value
    ],
)
async def test_a_survey_is_answered_in_its_own_way_only(
    backbone: FakeBackbone, voting: Voting, kind: VoterKind
) -> None:
    form = a_form()
    survey = await a_survey(backbone, Plan(form, voting, TieRule.RUNOFF), commands.OpenSurvey)
    question = form.questions[0]
    given = (Given(question.id, (question.options[0].id,)),)
    with pytest.raises(AnsweredOtherwise):
        cast = Cast(given, IntakeChannel.WEB, "nl", uuid4())
        await backbone.run("surveys", CastBallot(survey, kind, "x", cast))


async def test_a_tie_opens_a_runoff_in_which_the_same_codes_are_good_once_more(
    backbone: FakeBackbone,
) -> None:
    plan = Plan(a_form(a_choice("a", "b", "c", top=1)), Voting.CODE, TieRule.RUNOFF)
    first = await a_survey(backbone, plan, commands.OpenSurvey)
    await backbone.run("surveys", MakeCodes(first, CODES))
    await vote(backbone, first, "one", 0)
    await vote(backbone, first, "two", 1)
    for command in (commands.CloseSurvey(first), commands.PublishResults(first)):
        await backbone.run("surveys", command)
    [runoff] = [one for one in await backbone.kept("surveys", Survey) if one.runoff_of == first]
    assert (runoff.state, len(runoff.form.questions[0].options)) == (SurveyState.OPEN, 2)
    await vote(backbone, runoff.id, "one", 0)
    said = [one.type.split(".")[3] for one in await backbone.journal("surveys")]
    assert said[-3:] == ["results-published", "survey-drafted", "survey-opened"]


async def test_nobody_is_told_of_codes_or_of_a_ballot(backbone: FakeBackbone) -> None:
    plan = Plan(a_form(), Voting.CODE, TieRule.RUNOFF)
    survey = await a_survey(backbone, plan, commands.OpenSurvey)
    before = len(await backbone.journal("surveys"))
    await backbone.run("surveys", MakeCodes(survey, CODES))
    await vote(backbone, survey, "one", 0)
    assert len(await backbone.journal("surveys")) == before


async def test_whoever_has_no_business_with_a_draft_does_not_find_it(backbone: FakeBackbone) -> None:
    survey = await a_survey(backbone)
    with pytest.raises(NotFound):
        await vote(backbone, survey, "one", 0)


async def test_nobody_stands_out_by_a_language_that_the_survey_does_not_speak(backbone: FakeBackbone) -> None:
    survey = await a_survey(backbone, PLAN, commands.OpenSurvey)
    await backbone.run("surveys", MakeCodes(survey, CODES))
    [question] = next(one for one in await backbone.kept("surveys", Survey)).form.questions
    cast = Cast((Given(question.id, (question.options[0].id,)),), IntakeChannel.WEB, "zz", uuid4())
    await backbone.run("surveys", CastBallot(survey, VoterKind.CODE, "one", cast))
    await backbone.run("surveys", commands.CloseSurvey(survey))
    ballots = await backbone.kept("surveys", Ballot)  # type: ignore[type-var]
    assert [one.language for one in ballots] == ["nl-x-b1"]


async def test_a_survey_that_was_open_before_there_were_boxes_knows_its_voters_and_counts_all() -> None:
    """Some answered then, in pieces as they lay, and some since."""
    survey = Survey(uuid4(), uuid4(), a_form(a_choice("a", "b")), Voting.CODE, TieRule.DRAW_LOTS)
    survey.state, survey.salts = SurveyState.OPEN, (b"a salt of before",)
    [question] = survey.form.questions
    option = question.options[0].id
    one, other = [
        Voter(voter_of(survey.salts, VoterKind.CODE, code), survey.id, VoterKind.CODE) for code in CODES
    ]
    one.answered, one.receipt = True, b"a receipt"
    before = Paper((Given(question.id, (option,)),), IntakeChannel.PAPER, "nl-x-b1")
    work = FakeWork(survey, one, other, *apart(survey.id, before))  # type: ignore[arg-type]
    cast = Cast(before.given, IntakeChannel.WEB, "nl-x-b1", uuid4())
    with pytest.raises(AlreadyAnswered):
        await cast_ballot(CastBallot(survey.id, VoterKind.CODE, "one", cast), work)
    await cast_ballot(CastBallot(survey.id, VoterKind.CODE, "two", cast), work)
    await close(await work.get(Survey, survey.id), work)
    results = (await work.get(Survey, survey.id)).results
    assert results
    assert (results.ballots, results.questions[0].options[0].marks) == (2, 2)
