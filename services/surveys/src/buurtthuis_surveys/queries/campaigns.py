"""What can be read of campaigns and their cards."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.http.models import WallClock
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_surveys.domain.campaigns import CampaignState
from buurtthuis_surveys.storage.campaigns import campaigns
from buurtthuis_surveys.storage.cards import cards
from buurtthuis_surveys.storage.themes import themes


class StandView(BaseModel):
    """Where and when ideas are collected, by the clock on the wall, and which staff are there."""

    model_config = ConfigDict(from_attributes=True)

    place: str
    starts_at: WallClock
    ends_at: WallClock
    staff: tuple[UUID, ...]


class CampaignView(BaseModel):
    """A campaign as the people at the stand read it."""

    id: UUID
    house_id: UUID
    title: str
    incentive: str
    stock: int
    stands: tuple[StandView, ...]
    state: CampaignState
    handed_out: int
    left: int
    collected: int
    entered: int
    version: int


class TypedCards(BaseModel):
    """How many cards were typed in, today and in all, and how many were collected at the stand."""

    today: int
    in_all: int
    collected: int


class Entered(NamedTuple):
    """What was entered so far: how many cards, and which of those that were asked after."""

    cards: int
    known: frozenset[str]


VIEW = select(campaigns, (campaigns.c.stock - campaigns.c.handed_out).label("left"))


async def list_campaigns(
    session: AsyncSession, *, house: UUID | None = None, after: UUID | None = None, limit: int = 50
) -> list[CampaignView]:
    """Campaigns in the order in which they were planned."""
    query = VIEW.where(campaigns.c.house_id == house) if house else VIEW
    if after:
        query = query.where(campaigns.c.id > after)
    rows = await session.execute(query.order_by(campaigns.c.id).limit(limit))
    return [CampaignView(**row._mapping) for row in rows]


async def show_campaign(session: AsyncSession, id: UUID) -> CampaignView:
    """One campaign; raises NotFound."""
    row = (await session.execute(VIEW.where(campaigns.c.id == id))).one_or_none()
    if row is None:
        raise NotFound(what="campaign", id=id)
    return CampaignView(**row._mapping)


async def entered(session: AsyncSession, campaign: UUID, numbers: Sequence[str]) -> Entered:
    """Which of these card numbers are known; raises NotFound."""
    # In this order: what comes in between is not counted yet, and so whoever relies on the count finds out.
    count = (await show_campaign(session, campaign)).entered
    query = select(cards.c.number).where(cards.c.campaign_id == campaign, cards.c.number.in_(numbers))
    return Entered(count, frozenset(await session.scalars(query)))


async def unclaimed(session: AsyncSession, campaign: UUID, numbers: Sequence[str]) -> frozenset[str]:
    """Of these cards, those of whom nobody is known whose they are; an idea without words is nobody's for good."""
    query = select(cards.c.number).where(
        cards.c.campaign_id == campaign,
        cards.c.number.in_(numbers),
        cards.c.claimed_by.is_(None),
        themes.c.id == cards.c.theme_id,
        themes.c.title.is_not(None),
    )
    return frozenset(await session.scalars(query))


async def typed(session: AsyncSession, id: UUID, today: datetime) -> TypedCards:
    """Since `today` began, and ever; raises NotFound."""
    campaign = await show_campaign(session, id)
    lately = select(func.count()).where(
        cards.c.campaign_id == id, themes.c.id == cards.c.theme_id, themes.c.proposed_at >= today
    )
    return TypedCards(
        today=await session.scalar(lately) or 0, in_all=campaign.entered, collected=campaign.collected
    )


async def claimed(session: AsyncSession, campaign: UUID, number: str, by: UUID) -> UUID | None:
    """The theme of a card that this resident claimed; None where they did not."""
    card = select(cards.c.theme_id).where(
        cards.c.campaign_id == campaign, cards.c.number == number, cards.c.claimed_by == by
    )
    return await session.scalar(card)
