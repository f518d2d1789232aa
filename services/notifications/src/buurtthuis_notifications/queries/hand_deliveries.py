"""Reading what people bring."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from buurtthuis.events.notifications import DeliveryChannel
from pydantic import BaseModel
from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.addresses import NEEDED, AddressKind
from buurtthuis_notifications.domain.hand_deliveries import HandDelivery, HandState
from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.domain.planning import BY_HAND
from buurtthuis_notifications.domain.residents import Purpose
from buurtthuis_notifications.queries.residents import addresses_of, agrees_to
from buurtthuis_notifications.storage.hand_deliveries import hand_deliveries
from buurtthuis_notifications.storage.messages import messages


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


ASTRAY = """
    SELECT hand_deliveries.id FROM hand_deliveries
    LEFT JOIN addresses ON addresses.resident_id = hand_deliveries.resident_id AND addresses.failed_at IS NULL
    WHERE state = 'requested'
    GROUP BY hand_deliveries.id
    HAVING coalesce(bool_or({leads}), false) IS FALSE OR channel = 'visit' AND NOT {visits}
    LIMIT 100
"""
LEADS = " OR ".join(f"channel = '{channel}' AND kind = ANY(:{channel})" for channel in sorted(BY_HAND))
VISITS = agrees_to(Purpose.VISITS, "hand_deliveries.resident_id")


async def astray(session: AsyncSession) -> Sequence[UUID]:
    """Those whose road does not lead to their reader any more."""
    needed = {channel.value: list(NEEDED[channel]) for channel in BY_HAND}
    return list(await session.scalars(text(ASTRAY.format(leads=LEADS, visits=VISITS)), needed))


async def stale(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    query = select(hand_deliveries.c.id).where(
        hand_deliveries.c.state == HandState.REQUESTED, hand_deliveries.c.expires_at <= now
    )
    return list(await session.scalars(query.limit(100)))


__all__ = [
    "HandDeliveryView",
    "addresses_of",
    "astray",
    "list_hand_deliveries",
    "messages_of",
    "stale",
    "waiting",
]
