"""Staff who registered whoever wrote a card say whose it is, in memory."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from buurtthuis.events.notifications import ResidentJoined
from buurtthuis.events.surveys import CardClaimed, CardClaimTakenBack
from buurtthuis.http.problem_json import place_of
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_surveys.app import service
from buurtthuis_surveys.commands.cards import ClaimCard, EnterCard, GiveCard, TakeCardBack
from buurtthuis_surveys.domain.cards import (
    Card,
    CardIsNobodys,
    CardIsSomebodys,
    CardNotClaimed,
    NotKnownInHouse,
    TooLateToTakeBack,
)
from buurtthuis_surveys.domain.themes import Theme

from tests.speaker import ask_to_be_forgotten, hear, speaker
from tests.surveys.cards.test_commands import HOUSE, entry, started

ANNA, PIET = uuid4(), uuid4()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def backbone(clock: Clock) -> FakeBackbone:
    found = FakeBackbone(service, speaker, clock=clock)
    for one in (ANNA, PIET):
        await hear(found, ResidentJoined(resident_id=one, house_id=HOUSE, language="nl"))
    return found


async def with_a_card(backbone: FakeBackbone, code: str | None = None) -> UUID:
    campaign = await started(backbone)
    await backbone.run("surveys", EnterCard(campaign, entry(code=code)))
    return campaign


async def give(backbone: FakeBackbone, campaign: UUID, resident: UUID = ANNA) -> None:
    await backbone.run("surveys", GiveCard(campaign, "17", resident))


async def whose(backbone: FakeBackbone) -> tuple[UUID | None, UUID | None]:
    """The card, and the idea on it."""
    [card], [theme] = await backbone.kept("surveys", Card), await backbone.kept("surveys", Theme)
    return card.claimed_by, theme.proposed_by


async def test_a_card_without_a_code_is_whose_staff_say_on_a_later_day_too(
    backbone: FakeBackbone, clock: Clock
) -> None:
    campaign = await with_a_card(backbone)
    clock.move(timedelta(days=3))
    await give(backbone, campaign)
    assert await whose(backbone) == (ANNA, ANNA)
    [card] = await backbone.kept("surveys", Card)
    assert (await backbone.journal("surveys"))[-1].event() == CardClaimed(
        card_id=card.id, house_id=HOUSE, theme_id=card.theme_id, resident_id=ANNA
    )


async def test_whose_it_is_is_said_once_and_nobody_claims_what_is_somebodys(backbone: FakeBackbone) -> None:
    campaign = await with_a_card(backbone, code="K7QP-2MXD")
    await give(backbone, campaign)
    with pytest.raises(CardIsSomebodys):
        await give(backbone, campaign, PIET)
    with pytest.raises(CardNotClaimed):
        await backbone.run("surveys", ClaimCard(campaign, "17", "K7QP-2MXD", PIET))
    assert await whose(backbone) == (ANNA, ANNA)


async def test_what_was_claimed_with_the_code_staff_neither_give_nor_take(backbone: FakeBackbone) -> None:
    campaign = await with_a_card(backbone, code="K7QP-2MXD")
    await backbone.run("surveys", ClaimCard(campaign, "17", "K7QP-2MXD", PIET))
    with pytest.raises(CardIsSomebodys):
        await give(backbone, campaign)
    with pytest.raises(TooLateToTakeBack):
        await backbone.run("surveys", TakeCardBack(campaign, "17"))
    assert await whose(backbone) == (PIET, PIET)


async def test_on_the_same_day_it_is_taken_back_and_then_it_is_somebody_elses(backbone: FakeBackbone) -> None:
    campaign = await with_a_card(backbone, code="K7QP-2MXD")
    await give(backbone, campaign)
    await backbone.run("surveys", TakeCardBack(campaign, "17"))
    [card] = await backbone.kept("surveys", Card)
    assert (await backbone.journal("surveys"))[-1].event() == CardClaimTakenBack(
        card_id=card.id, house_id=HOUSE, theme_id=card.theme_id, resident_id=ANNA
    )
    assert await whose(backbone) == (None, None)
    with pytest.raises(TooLateToTakeBack):
        await backbone.run("surveys", TakeCardBack(campaign, "17"))
    await backbone.run("surveys", ClaimCard(campaign, "17", "K7QP-2MXD", PIET))
    assert await whose(backbone) == (PIET, PIET)


async def test_the_next_day_it_stays(backbone: FakeBackbone, clock: Clock) -> None:
    campaign = await with_a_card(backbone)
    await give(backbone, campaign)
    clock.move(timedelta(days=1))
    with pytest.raises(TooLateToTakeBack):
        await backbone.run("surveys", TakeCardBack(campaign, "17"))
    assert await whose(backbone) == (ANNA, ANNA)


async def test_nobody_gets_a_card_whom_that_house_does_not_know(backbone: FakeBackbone) -> None:
    """A typing error, somebody of another house, or somebody who was forgotten."""
    campaign = await with_a_card(backbone)
    elsewhere = uuid4()
    await hear(backbone, ResidentJoined(resident_id=elsewhere, house_id=uuid4(), language="nl"))
    await ask_to_be_forgotten(backbone, PIET)
    for resident in (uuid4(), elsewhere, PIET):
        with pytest.raises(NotKnownInHouse) as refused:
            await give(backbone, campaign, resident)
        assert place_of(refused.value) == "/resident_id"
    assert await whose(backbone) == (None, None)


async def test_the_idea_of_whoever_asks_to_be_forgotten_goes_and_is_given_to_nobody_again(
    backbone: FakeBackbone,
) -> None:
    campaign = await with_a_card(backbone)
    await give(backbone, campaign)
    await ask_to_be_forgotten(backbone, ANNA)
    assert await whose(backbone) == (None, None)
    assert (await backbone.kept("surveys", Theme))[0].title is None
    with pytest.raises(TooLateToTakeBack):
        await backbone.run("surveys", TakeCardBack(campaign, "17"))
    with pytest.raises(CardIsNobodys):
        await give(backbone, campaign, PIET)
