"""Idea cards, in memory."""

from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.errors import NotFound
from buurtthuis.domain.allowances import TooOften
from buurtthuis.events.surveys import CardClaimRefused, IntakeChannel, Origin, ThemeSource
from buurtthuis.http.problem_json import place_of
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_surveys.app import service
from buurtthuis_surveys.commands.campaigns import PlanCampaign, StartCampaign
from buurtthuis_surveys.commands.cards import CardEntry, ClaimCard, EnterCard, EnterCards
from buurtthuis_surveys.domain.campaigns import Campaign, CardsCameBetween
from buurtthuis_surveys.domain.cards import GUESSES, ON_A_CARD, Card, CardNotClaimed, CardNumberTaken
from buurtthuis_surveys.domain.themes import Theme

HOUSE, STAFF, RESIDENT = uuid4(), uuid4(), uuid4()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def backbone(clock: Clock) -> FakeBackbone:
    return FakeBackbone(service, clock=clock)


def entry(number: str = "17", code: str | None = "K7QP-2MXD") -> CardEntry:
    return CardEntry(number, "Koffie", IntakeChannel.DOOR, STAFF, code)


async def started(backbone: FakeBackbone) -> UUID:
    campaign = (await backbone.run("surveys", PlanCampaign(HOUSE, "Actie", "Oliebollen", 40))).id
    await backbone.run("surveys", StartCampaign(campaign))
    return campaign


async def test_a_card_becomes_a_residents_theme_of_the_campaign(backbone: FakeBackbone) -> None:
    campaign = await started(backbone)
    receipt = await backbone.run("surveys", EnterCard(campaign, entry()))
    [theme] = await backbone.kept("surveys", Theme)
    assert (theme.id, theme.house_id, theme.origin, theme.captured_via, theme.entered_by) == (
        receipt.id,
        HOUSE,
        Origin.RESIDENT,
        IntakeChannel.DOOR,
        STAFF,
    )
    assert (theme.source, theme.source_id, theme.proposed_by) == (ThemeSource.CAMPAIGN, campaign, None)


async def test_a_number_is_used_once_in_a_campaign(backbone: FakeBackbone) -> None:
    campaign = await started(backbone)
    await backbone.run("surveys", EnterCard(campaign, entry()))
    with pytest.raises(CardNumberTaken) as refused:
        await backbone.run("surveys", EnterCard(campaign, entry()))
    assert place_of(refused.value) == "/number"
    assert len(await backbone.kept("surveys", Theme)) == 1


async def test_a_number_can_be_used_again_in_another_campaign(backbone: FakeBackbone) -> None:
    for _ in range(2):
        await backbone.run("surveys", EnterCard(await started(backbone), entry()))
    assert len(await backbone.kept("surveys", Theme)) == 2


async def test_cards_that_were_found_new_too_early_are_looked_at_again(backbone: FakeBackbone) -> None:
    campaign = await started(backbone)
    await backbone.run("surveys", EnterCards(campaign, 0, (entry("1"), entry("2"))))
    with pytest.raises(CardsCameBetween):
        await backbone.run("surveys", EnterCards(campaign, 0, (entry("2"), entry("3"))))
    assert (await backbone.kept("surveys", Campaign))[0].entered == 2


async def claim(
    backbone: FakeBackbone, campaign: UUID, code: str, number: str = "17", resident: UUID = RESIDENT
) -> bool:
    """Whether the card is theirs now."""
    with suppress(CardNotClaimed):
        await backbone.run("surveys", ClaimCard(campaign, number, code, resident))
    [card] = await backbone.kept("surveys", Card)
    return card.claimed_by == resident


async def with_a_card(backbone: FakeBackbone, code: str | None = "K7QP-2MXD") -> UUID:
    campaign = await started(backbone)
    await backbone.run("surveys", EnterCard(campaign, entry(code=code)))
    return campaign


@pytest.mark.parametrize("typed", ["K7QP-2MXD", "k7qp2mxd", "K7QP 2MXD"])
async def test_whoever_has_the_code_becomes_the_proposer(backbone: FakeBackbone, typed: str) -> None:
    campaign = await with_a_card(backbone)
    assert await claim(backbone, campaign, typed)
    assert (await backbone.kept("surveys", Theme))[0].proposed_by == RESIDENT


async def test_a_wrong_code_is_counted_and_changes_nothing_else(backbone: FakeBackbone) -> None:
    campaign = await with_a_card(backbone)
    assert not await claim(backbone, campaign, "WRONGCODE")
    assert (await backbone.journal("surveys"))[-1].event() == CardClaimRefused(
        card_id=(await backbone.kept("surveys", Card))[0].id, house_id=HOUSE, tries_left=ON_A_CARD.most - 1
    )
    assert (await backbone.kept("surveys", Theme))[0].proposed_by is None


async def guess(backbone: FakeBackbone, campaign: UUID, resident: UUID, **more: str) -> None:
    """As often as one may."""
    for _ in range(GUESSES.most):
        with pytest.raises(CardNotClaimed):
            await backbone.run(
                "surveys", ClaimCard(campaign, more.get("number", "17"), "WRONGCODE", resident)
            )


async def test_whoever_was_wrong_a_few_times_waits(backbone: FakeBackbone, clock: Clock) -> None:
    campaign = await with_a_card(backbone)
    await guess(backbone, campaign, RESIDENT)
    with pytest.raises(TooOften):
        await claim(backbone, campaign, "K7QP-2MXD")
    clock.move(GUESSES.pause)
    assert await claim(backbone, campaign, "K7QP-2MXD")


async def test_a_number_that_is_not_there_is_a_guess_too(backbone: FakeBackbone) -> None:
    campaign = await with_a_card(backbone)
    await guess(backbone, campaign, RESIDENT, number="18")
    with pytest.raises(TooOften):
        await claim(backbone, campaign, "K7QP-2MXD")


async def test_a_strangers_guesses_keep_nobody_from_their_own_card(backbone: FakeBackbone) -> None:
    campaign = await with_a_card(backbone)
    await guess(backbone, campaign, uuid4())
    assert await claim(backbone, campaign, "K7QP-2MXD")


async def test_a_card_at_which_many_guess_takes_no_code_for_a_while_and_opens_by_itself(
    backbone: FakeBackbone, clock: Clock
) -> None:
    campaign = await with_a_card(backbone)
    for _ in range(ON_A_CARD.most // GUESSES.most):
        await guess(backbone, campaign, uuid4())
    assert not await claim(backbone, campaign, "K7QP-2MXD")
    clock.move(ON_A_CARD.pause)
    assert await claim(backbone, campaign, "K7QP-2MXD")


async def test_a_card_is_claimed_once(backbone: FakeBackbone) -> None:
    campaign = await with_a_card(backbone)
    await claim(backbone, campaign, "K7QP-2MXD")
    assert not await claim(backbone, campaign, "K7QP-2MXD", resident=uuid4())
    assert (await backbone.kept("surveys", Card))[0].claimed_by == RESIDENT


async def test_whoever_claims_their_own_card_again_has_it_and_has_not_guessed(backbone: FakeBackbone) -> None:
    campaign = await with_a_card(backbone)
    for _ in range(GUESSES.most + 1):
        assert await claim(backbone, campaign, "K7QP-2MXD")
    assert [type(event.event()) for event in await backbone.journal("surveys")].count(CardClaimRefused) == 0


async def test_a_card_without_a_code_cannot_be_claimed(backbone: FakeBackbone) -> None:
    assert not await claim(backbone, await with_a_card(backbone, code=None), "K7QP-2MXD")


async def test_a_number_that_is_not_there_cannot_be_claimed(backbone: FakeBackbone) -> None:
    assert not await claim(backbone, await with_a_card(backbone), "K7QP-2MXD", number="18")


async def test_a_card_of_no_campaign_is_not_entered(backbone: FakeBackbone) -> None:
    with pytest.raises(NotFound):
        await backbone.run("surveys", EnterCard(uuid4(), entry()))


async def test_a_code_is_not_kept_as_it_is(backbone: FakeBackbone) -> None:
    await with_a_card(backbone)
    [card] = await backbone.kept("surveys", Card)
    assert b"K7QP" not in (card.code or b"") + (card.salt or b"")
