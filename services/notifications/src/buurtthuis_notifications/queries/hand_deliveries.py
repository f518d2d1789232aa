"""Reading what people bring."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.persistence.looking import Now
from pydantic import BaseModel
from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.addresses import NEEDED, AddressKind
from buurtthuis_notifications.domain.hand_deliveries import HandDelivery, HandState
from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.domain.planning import BY_HAND
from buurtthuis_notifications.domain.residents import Purpose
from buurtthuis_notifications.queries.residents import addresses_of
from buurtthuis_notifications.storage.hand_deliveries import hand_deliveries
from buurtthuis_notifications.storage.messages import messages
from buurtthuis_notifications.storage.residents import addresses, consents


class HandDeliveryView(BaseModel):
    """Something to bring: to which door, by which road, and what to say. Nobody but staff reads this.

    It shows a name and an address, so it shows no pseudonym, and no moment that leads to one: the days, and for what cannot
    wait the hour. `by` is what `to` is; with a `caution` whoever answers there is somebody else, and hears that alone."""

    id: UUID
    house_id: UUID | None
    channel: DeliveryChannel
    rule: str
    state: HandState
    requested_at: datetime
    expires_at: datetime
    tries: int
    done_at: datetime | None
    house: str | None = None
    by: AddressKind | None = None
    to: str | dict[str, str | None] | None = None
    door: dict[str, str | None] | None = None
    caution: str | None = None
    language: str | None = None
    subject: str | None = None
    body: str | None = None


async def list_hand_deliveries(
    session: AsyncSession,
    *,
    house: UUID | None,
    state: HandState,
    channel: DeliveryChannel | None,
    after: UUID | None,
    limit: int,
) -> Sequence[HandDelivery]:
    """Oldest first."""
    query = _wanted(house, state, channel).order_by(hand_deliveries.c.id)
    query = query.where(hand_deliveries.c.id > after) if after else query
    return list(await session.scalars(query.limit(limit)))


async def waiting(
    session: AsyncSession, *, house: UUID | None, channel: DeliveryChannel | None, limit: int
) -> Sequence[HandDelivery]:
    """What ends first comes first, so that a stack of letters keeps nothing urgent off a list."""
    query = _wanted(house, HandState.REQUESTED, channel)
    query = query.order_by(hand_deliveries.c.expires_at, hand_deliveries.c.id)
    return list(await session.scalars(query.limit(limit)))


def _wanted(house: UUID | None, state: HandState, channel: DeliveryChannel | None) -> Select[HandDelivery]:
    query = select(HandDelivery).where(hand_deliveries.c.state == state)
    query = query.where(hand_deliveries.c.house_id == house) if house else query
    return query.where(hand_deliveries.c.channel == channel) if channel else query


async def messages_of(session: AsyncSession, brought: Sequence[HandDelivery]) -> dict[UUID, Message]:
    """What each is to say, by the message's id."""
    ids = [delivery.message_id for delivery in brought]
    return {
        message.id: message
        for message in await session.scalars(select(Message).where(messages.c.id.in_(ids)))
    }


def astray(_: Now) -> Select[UUID]:
    """Those whose road does not lead to their reader any more."""
    leads = exists().where(
        addresses.c.corporation == hand_deliveries.c.corporation,
        addresses.c.resident_id == hand_deliveries.c.resident_id,
        addresses.c.failed_at.is_(None),
        or_(
            *(
                and_(hand_deliveries.c.channel == channel, addresses.c.kind.in_(NEEDED[channel]))
                for channel in sorted(BY_HAND)
            )
        ),
    )
    may_visit = exists().where(
        consents.c.corporation == hand_deliveries.c.corporation,
        consents.c.resident_id == hand_deliveries.c.resident_id,
        consents.c.purpose == Purpose.VISITS,
        consents.c.withdrawn_at.is_(None),
    )
    unwelcome = and_(hand_deliveries.c.channel == DeliveryChannel.VISIT, ~may_visit)
    query = select(hand_deliveries.c.id).where(hand_deliveries.c.state == HandState.REQUESTED)
    return query.where(or_(~leads, unwelcome)).limit(100)


def stale(now: Now) -> Select[UUID]:
    """What nobody brought in time."""
    query = select(hand_deliveries.c.id).where(
        hand_deliveries.c.state == HandState.REQUESTED, hand_deliveries.c.expires_at <= now
    )
    return query.limit(100)


__all__ = [
    "HandDeliveryView",
    "addresses_of",
    "astray",
    "list_hand_deliveries",
    "messages_of",
    "stale",
    "waiting",
]
