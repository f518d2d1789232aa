"""What surveys does when a resident asks to be forgotten, in memory."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import AskedToBeForgotten
from buurtthuis.core.work import Cause
from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.events.notifications import ResidentJoined, ResidentMovedOut
from buurtthuis.events.surveys import IntakeChannel, TieRule, Voting
from buurtthuis.testing import FakeBackbone
from buurtthuis_surveys.app import service
from buurtthuis_surveys.commands import themes as commands
from buurtthuis_surveys.commands.ballots import CastBallot
from buurtthuis_surveys.commands.campaigns import PlanCampaign, StartCampaign
from buurtthuis_surveys.commands.cards import CardEntry, ClaimCard, EnterCard
from buurtthuis_surveys.commands.surveys import CloseSurvey, DraftSurvey, OpenSurvey
from buurtthuis_surveys.domain.ballots import Ballot, Cast, Mark, Voter, VoterKind
from buurtthuis_surveys.domain.cards import Card, CardNotClaimed
from buurtthuis_surveys.domain.forms import Form
from buurtthuis_surveys.domain.questions import PLAIN, Given, Option, Question, QuestionKind
from buurtthuis_surveys.domain.surveys import Plan
from buurtthuis_surveys.domain.themes import Proposer, Theme

from tests.speaker import ask_to_be_forgotten, hear, speaker

HOUSE, OTHER, JAN, PIET, STAFF = (uuid4() for _ in range(5))
OPTIONS = tuple(Option(uuid4(), {PLAIN: word}) for word in ("koffie", "thee"))
QUESTION = Question.ask(QuestionKind.SINGLE_CHOICE, {PLAIN: "Wat?"}, OPTIONS, top=1)
KINDS = ("themes", "support", "cards", "voters", "guesses", "closing questions", "houses", "journal")
NOTHING = dict.fromkeys(KINDS, 0)


@pytest.fixture
async def backbone() -> FakeBackbone:
    found = FakeBackbone(service, speaker)
    for one in (JAN, PIET):
        await hear(found, ResidentJoined(resident_id=one, house_id=HOUSE, language="nl"))
    return found


async def a_theme(backbone: FakeBackbone, by: UUID = JAN) -> UUID:
    """On the list, as a resident proposed it."""
    propose = commands.ProposeTheme(HOUSE, "Ontmoeten bij Jansen", Proposer(Actor.of_resident(by)))
    theme = (await backbone.run("surveys", propose, cause=Cause(Actor.of_resident(by), by))).id
    await backbone.run("surveys", commands.AdmitTheme(theme))
    return theme


async def a_claimed_card(backbone: FakeBackbone) -> ClaimCard:
    campaign = (await backbone.run("surveys", PlanCampaign(HOUSE, "Actie", "Oliebollen", 40, ()))).id
    await backbone.run("surveys", StartCampaign(campaign))
    entry = CardEntry("7", "Taart van Jansen", IntakeChannel.PAPER, STAFF, "K7QP")
    await backbone.run("surveys", EnterCard(campaign, entry))
    claim = ClaimCard(campaign, "7", "K7QP", JAN)
    await backbone.run("surveys", claim)
    return claim


async def a_ballot(backbone: FakeBackbone) -> UUID:
    plan = Plan(Form({PLAIN: "x"}, (), (QUESTION,)), Voting.RESIDENT, TieRule.DRAW_LOTS)
    survey = (await backbone.run("surveys", DraftSurvey(HOUSE, plan))).id
    await backbone.run("surveys", OpenSurvey(survey))
    cast = Cast((Given(QUESTION.id, (OPTIONS[0].id,)),), IntakeChannel.WEB, PLAIN, uuid4())
    for resident in (JAN, PIET):
        await backbone.run("surveys", CastBallot(survey, VoterKind.RESIDENT, str(resident), cast))
    return survey


async def themes(backbone: FakeBackbone) -> dict[UUID, Theme]:
    return {one.id: one for one in await backbone.kept("surveys", Theme)}


async def said(backbone: FakeBackbone, what: str) -> list[dict[str, Any]]:
    return [one.data for one in await backbone.journal("surveys") if f".{what}." in one.type]


async def counts(backbone: FakeBackbone) -> dict[str, int]:
    """As they were said last."""
    return dict((await said(backbone, "resident-data-erased"))[-1]["counts"])


async def test_a_theme_loses_its_words_and_its_proposer_and_nothing_else(backbone: FakeBackbone) -> None:
    theme = await a_theme(backbone)
    before = (await themes(backbone))[theme]
    await ask_to_be_forgotten(backbone, JAN)
    after = (await themes(backbone))[theme]
    assert (after.title, after.proposed_by) == (None, None)
    assert (after.state, after.origin, after.listed) == (before.state, before.origin, before.listed)
    assert after.version == before.version + 1


async def test_what_others_proposed_keeps_its_words(backbone: FakeBackbone) -> None:
    theme = await a_theme(backbone, by=PIET)
    await ask_to_be_forgotten(backbone, JAN)
    assert (await themes(backbone))[theme].title == "Ontmoeten bij Jansen"


async def test_whatever_was_said_of_it_has_no_words_whoever_said_it(backbone: FakeBackbone) -> None:
    theme = await a_theme(backbone)
    await backbone.run("surveys", commands.SelectTheme(theme))
    await ask_to_be_forgotten(backbone, JAN)
    titled = [one for one in await backbone.journal("surveys") if "title" in one.data]
    assert [one.data["title"] for one in titled] == [None, None, None]
    assert (await counts(backbone))["journal"] == 3


async def test_others_are_told_which_themes_have_no_words(backbone: FakeBackbone) -> None:
    theme = await a_theme(backbone)
    await a_theme(backbone, by=PIET)
    await ask_to_be_forgotten(backbone, JAN)
    assert [one["theme_id"] for one in await said(backbone, "theme-erased")] == [str(theme)]


async def test_support_is_taken_back_and_told(backbone: FakeBackbone) -> None:
    theme = await a_theme(backbone, by=PIET)
    for resident in (JAN, PIET):
        await backbone.run("surveys", commands.SupportTheme(theme, resident))
    await ask_to_be_forgotten(backbone, JAN)
    assert [one.resident_id for one in (await themes(backbone))[theme].supports] == [PIET]
    assert [one["supporters"] for one in await said(backbone, "theme-support-taken-back")] == [1]


async def test_a_card_is_nobodys_and_its_idea_has_no_words(backbone: FakeBackbone) -> None:
    await a_claimed_card(backbone)
    await ask_to_be_forgotten(backbone, JAN)
    [card] = await backbone.kept("surveys", Card)
    assert (card.claimed_by, (await themes(backbone))[card.theme_id].title) == (None, None)


async def test_a_card_that_became_nobodys_is_claimed_by_nobody_again(backbone: FakeBackbone) -> None:
    claim = await a_claimed_card(backbone)
    await ask_to_be_forgotten(backbone, JAN)
    with pytest.raises(CardNotClaimed):
        await backbone.run("surveys", ClaimCard(claim.campaign_id, claim.number, claim.code, PIET))
    assert [one.claimed_by for one in await backbone.kept("surveys", Card)] == [None]


async def test_that_somebody_answered_is_forgotten_and_the_answer_counts(backbone: FakeBackbone) -> None:
    survey = await a_ballot(backbone)
    await ask_to_be_forgotten(backbone, JAN)
    await backbone.run("surveys", CloseSurvey(survey))
    kinds: tuple[type[Any], ...] = (Voter, Ballot, Mark)
    kept = [len(await backbone.kept("surveys", kind)) for kind in kinds]
    assert (kept, (await counts(backbone))["voters"]) == ([1, 2, 2], 1)


async def test_everything_is_counted_by_kind(backbone: FakeBackbone) -> None:
    await backbone.run("surveys", commands.SupportTheme(await a_theme(backbone), JAN))
    await a_claimed_card(backbone)
    await a_ballot(backbone)
    await ask_to_be_forgotten(backbone, JAN)
    assert await counts(backbone) == {
        "themes": 2,
        "support": 1,
        "cards": 1,
        "voters": 1,
        "guesses": 1,
        "closing questions": 0,
        "houses": 1,
        "journal": 3,
    }


async def test_about_somebody_nobody_knows_the_answer_is_nothing(backbone: FakeBackbone) -> None:
    request = await ask_to_be_forgotten(backbone, uuid4())
    [answer] = await said(backbone, "resident-data-erased")
    assert (answer["request_id"], answer["counts"]) == (str(request), NOTHING)


async def test_a_second_request_is_answered_and_finds_nothing(backbone: FakeBackbone) -> None:
    await a_theme(backbone)
    for _ in range(2):
        await ask_to_be_forgotten(backbone, JAN)
    assert len(await said(backbone, "resident-data-erased")) == 2
    assert await counts(backbone) == NOTHING


async def test_the_same_request_that_comes_twice_is_answered_once(backbone: FakeBackbone) -> None:
    await ask_to_be_forgotten(backbone, JAN)
    await backbone.deliver_again("surveys", "notifications")
    await backbone.settled()
    assert len(await said(backbone, "resident-data-erased")) == 1


async def test_whoever_was_forgotten_proposes_nothing_with_the_token_that_is_left(
    backbone: FakeBackbone,
) -> None:
    await ask_to_be_forgotten(backbone, JAN)
    with pytest.raises(AskedToBeForgotten):
        await a_theme(backbone)


async def test_whoever_moves_out_of_a_house_leaves_their_ideas_there(backbone: FakeBackbone) -> None:
    theme = await a_theme(backbone)
    await hear(backbone, ResidentJoined(resident_id=JAN, house_id=OTHER, language="nl"))
    await hear(backbone, ResidentMovedOut(resident_id=JAN, house_id=HOUSE))
    known = await backbone.kept("surveys", Neighbour)
    assert [one.house_id for one in known if one.resident_id == JAN] == [OTHER]
    assert (await themes(backbone))[theme].title == "Ontmoeten bij Jansen"


async def test_a_claimed_card_of_somebody_else_stays_theirs(backbone: FakeBackbone) -> None:
    await a_claimed_card(backbone)
    await ask_to_be_forgotten(backbone, PIET)
    assert [one.claimed_by for one in await backbone.kept("surveys", Card)] == [JAN]
