"""What can be asked of idea cards."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.core.errors import NotFound
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work
from buurtthuis.domain.neighbours import NotOfThisHouse, stays_neighbour
from buurtthuis.events.surveys import (
    CardClaimed,
    CardClaimTakenBack,
    IntakeChannel,
    Origin,
    ThemeCorrected,
    ThemeProposed,
    ThemeSource,
)

from buurtthuis_surveys.commands.themes import correct
from buurtthuis_surveys.domain.campaigns import Campaign
from buurtthuis_surveys.domain.cards import (
    GUESSES,
    ON_A_CARD,
    Card,
    CardIsNobodys,
    CardNotClaimed,
    CardNumberTaken,
    Guesses,
    NotKnownInHouse,
)
from buurtthuis_surveys.domain.themes import Theme

on = Handlers()


@dataclass(frozen=True)
class CardEntry:
    """What staff read on a card."""

    number: str
    title: str
    captured_via: IntakeChannel
    entered_by: UUID
    code: str | None = None


@dataclass(frozen=True)
class EnterCard:
    campaign_id: UUID
    card: CardEntry


@on.command
async def enter_card(command: EnterCard, work: Work) -> ThemeProposed:
    campaign = await work.get(Campaign, command.campaign_id)
    number = command.card.number
    if await work.find(Card, campaign_id=campaign.id, number=number):
        raise CardNumberTaken(number=number, field="number")
    campaign.enter(1)
    return _enter(command.card, campaign, work)


@dataclass(frozen=True)
class EnterCards:
    """Cards that are all new, as somebody found who read that the campaign had `after` of them."""

    campaign_id: UUID
    after: int
    cards: tuple[CardEntry, ...]


@on.command
async def enter_cards(command: EnterCards, work: Work) -> Result:
    campaign = await work.get(Campaign, command.campaign_id)
    campaign.enter(len(command.cards), after=command.after)
    return Result(campaign, [_enter(card, campaign, work) for card in command.cards])


@dataclass(frozen=True)
class CorrectCard:
    """What was typed in as the card with this number, as it stands on the card."""

    campaign_id: UUID
    number: str
    card: CardEntry


@on.command
async def correct_card(command: CorrectCard, work: Work) -> ThemeCorrected:
    campaign = await work.get(Campaign, command.campaign_id)
    card = await _card(campaign, command.number, work)
    number = command.card.number
    if number != card.number and await work.find(Card, campaign_id=campaign.id, number=number):
        raise CardNumberTaken(number=number, field="number")
    theme = await work.get(Theme, card.theme_id)
    corrected = await correct(theme, command.card.title, command.card.captured_via, work)
    card.correct(number, command.card.code)
    return corrected


@dataclass(frozen=True)
class UnlockCard:
    """Its owner is known to staff, and need not wait since others guessed."""

    campaign_id: UUID
    number: str


@on.command
async def unlock_card(command: UnlockCard, work: Work) -> Result:
    campaign = await work.get(Campaign, command.campaign_id)
    card = await _card(campaign, command.number, work)
    await work.forget(Guesses, id=Guesses.id_at(card.id))
    return Result(campaign)


async def _card(campaign: Campaign, number: str, work: Work) -> Card:
    """Raises NotFound."""
    card = await work.find_one(Card, campaign_id=campaign.id, number=number)
    if card is None:
        raise NotFound(what="card", id=number)
    return card


@dataclass(frozen=True)
class ClaimCard:
    campaign_id: UUID
    number: str
    code: str
    resident_id: UUID


@on.command
async def claim_card(command: ClaimCard, work: Work) -> CardClaimed | Result:
    """Raises TooOften, or CardNotClaimed for a wrong code and a wrong number alike: those are counted."""
    campaign, now = await work.get(Campaign, command.campaign_id), await work.time()
    own = await work.get_or_keep(Guesses(command.resident_id, now))
    own.check(GUESSES, now)
    card = await work.find_one(Card, campaign_id=campaign.id, number=command.number)
    if card is None:
        own.take(GUESSES, now)
        raise CardNotClaimed().keeping()
    if card.claimed_by == command.resident_id:
        return Result(card)
    tried = await work.get_or_keep(Guesses.at(card.id, now))
    if tried.left(ON_A_CARD, now) and card.opens_with(command.code):
        (await work.get(Theme, card.theme_id)).claim(command.resident_id)
        return card.claim(command.resident_id, campaign.house_id)
    own.take(GUESSES, now)
    if tried.left(ON_A_CARD, now):
        tried.take(ON_A_CARD, now)
    raise CardNotClaimed().keeping(card.refuse(campaign.house_id, tried.left(ON_A_CARD, now)))


@dataclass(frozen=True)
class GiveCard:
    """By staff, who registered the resident with the contact that stands on the card."""

    campaign_id: UUID
    number: str
    resident_id: UUID


@on.command
async def give_card(command: GiveCard, work: Work) -> CardClaimed:
    """What follows from a claim follows from this."""
    campaign = await work.get(Campaign, command.campaign_id)
    card = await _card(campaign, command.number, work)
    await _check_known(campaign.house_id, command.resident_id, work)
    theme = await work.get(Theme, card.theme_id)
    if theme.is_erased:
        raise CardIsNobodys
    claimed = card.give(command.resident_id, campaign.house_id, work.now)
    theme.claim(command.resident_id)
    return claimed


async def _check_known(house: UUID, resident: UUID, work: Work) -> None:
    """Also of somebody who is being forgotten meanwhile: nothing new is theirs. Raises NotKnownInHouse."""
    try:
        await stays_neighbour(house, resident, work)
    except NotOfThisHouse:
        raise NotKnownInHouse(field="resident_id") from None


@dataclass(frozen=True)
class TakeCardBack:
    """Staff said by mistake whose it is."""

    campaign_id: UUID
    number: str


@on.command
async def take_card_back(command: TakeCardBack, work: Work) -> CardClaimTakenBack:
    campaign = await work.get(Campaign, command.campaign_id)
    card = await _card(campaign, command.number, work)
    taken_back = card.take_back(campaign.house_id, work.now, ZoneInfo(work.corporation.time_zone))
    (await work.get(Theme, card.theme_id)).belong_to_nobody()
    return taken_back


def _enter(entry: CardEntry, campaign: Campaign, work: Work) -> ThemeProposed:
    theme, proposed = Theme.propose(
        campaign.house_id,
        entry.title,
        Origin.RESIDENT,
        entry.captured_via,
        now=work.now,
        entered_by=entry.entered_by,
        source=ThemeSource.CAMPAIGN,
        source_id=campaign.id,
    )
    work.add((Card.of(campaign.id, entry.number, theme.id, entry.code), proposed))
    return work.add((theme, proposed))
