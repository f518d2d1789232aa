"""The outgoing queue: what is to be worked out, what is to be sent, and what waits for too long.

Senders side by side each take what nobody else holds (SKIP LOCKED), and hold it by a lease, not by a lock:
whoever dies lets go of it in time.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_unless
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.announcements import Announcement, AnnouncementState
from buurtthuis_notifications.domain.messages import DIGEST, LEASE, WAITING, Message, MessageState
from buurtthuis_notifications.storage.hand_deliveries import hand_deliveries
from buurtthuis_notifications.storage.messages import announcements, messages

BATCH = 100


async def next_to_address(session: AsyncSession, now: datetime) -> Announcement | None:
    """One whose audience is not worked out yet, held until the transaction ends."""
    query = (
        select(Announcement)
        .where(announcements.c.state == AnnouncementState.ADDRESSING, announcements.c.due_at <= now)
        .order_by(announcements.c.due_at, announcements.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).one_or_none()


async def put(session: AsyncSession, planned: Sequence[Message]) -> None:
    """Into the queue; a message that is there already stays as it is."""
    if planned:
        columns = [column.name for column in messages.c if column.name != "corporation"]
        rows = [{name: getattr(one, name) for name in columns} for one in planned]
        await session.execute(insert_unless(messages).on_conflict_do_nothing(), rows)


async def lease(session: AsyncSession, now: datetime) -> Sequence[Message]:
    """Messages whose time has come, ours to send for a while."""
    free = or_(messages.c.lease_until.is_(None), messages.c.lease_until <= now)
    query = (
        select(Message)
        .where(messages.c.state.in_(WAITING), messages.c.due_at <= now, free)
        .order_by(messages.c.due_at, messages.c.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    taken = list(await session.scalars(query))
    for message in taken:
        message.lease_until = now + LEASE
        message.attempts += 1
    await session.flush()
    return taken


async def note_sent(session: AsyncSession, ids: Sequence[UUID], now: datetime) -> None:
    """The other side took these."""
    query = (
        update(messages)
        .where(messages.c.id.in_(ids), messages.c.state.in_(WAITING))
        .values(state=MessageState.SENT, sent_at=now, lease_until=None, address=None, secret=None)
    )
    await session.execute(query)
    held = messages.c.digest_id.in_(ids), messages.c.state == MessageState.MERGED
    await session.execute(update(messages).where(*held).values(state=MessageState.SENT, sent_at=now))


ADDRESSES = text(
    """
    SELECT id, resident_id, kind, secret FROM addresses
    WHERE resident_id = ANY(:residents) AND failed_at IS NULL ORDER BY id
    """
)


async def addresses_of(session: AsyncSession, residents: Sequence[UUID]) -> Sequence[Any]:
    """Where these residents can be reached, sealed."""
    return (await session.execute(ADDRESSES, {"residents": list(residents)})).all() if residents else []


async def announcements_of(session: AsyncSession, told: Sequence[Message]) -> dict[UUID, Announcement]:
    """What these messages are about, by id."""
    ids = {one.announcement_id for one in told if one.announcement_id}
    found = await session.scalars(select(Announcement).where(announcements.c.id.in_(ids)))
    return {one.id: one for one in found}


async def merged_in(session: AsyncSession, told: Sequence[Message]) -> dict[UUID, list[Message]]:
    """What digests among these hold, by the digest's id."""
    ids = [one.id for one in told if one.rule == DIGEST]
    found: dict[UUID, list[Message]] = {}
    if ids:
        query = (
            select(Message).where(messages.c.digest_id.in_(ids)).order_by(messages.c.made_at, messages.c.id)
        )
        for one in await session.scalars(query):
            found.setdefault(one.digest_id or one.id, []).append(one)
    return found


CONCLUDED = text(
    """
    SELECT id FROM announcements
    WHERE state = 'telling' AND NOT EXISTS (
        SELECT FROM messages WHERE announcement_id = announcements.id AND state IN ('queued', 'deferred', 'merged')
    )
    LIMIT 100
    """
)


async def concluded(session: AsyncSession) -> Sequence[UUID]:
    """Announcements all of whose messages have come to rest."""
    return list(await session.scalars(CONCLUDED))


UNSEEN = text(
    """
    SELECT id FROM messages
    WHERE state = 'sent' AND expires_at > :now AND channel IN ('push', 'email')
      AND (urgency = 'critical' AND sent_at <= :now - interval '10 minutes'
           OR urgency = 'urgent' AND sent_at <= :now - interval '2 hours')
    LIMIT 100
    """
)


async def unseen(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Messages that should have been seen by now, as `rules.SEEN_WITHIN` has it."""
    return list(await session.scalars(UNSEEN, {"now": now}))


async def stale_hand_deliveries(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """What nobody brought in time."""
    query = select(hand_deliveries.c.id).where(
        hand_deliveries.c.state == "requested", hand_deliveries.c.expires_at <= now
    )
    return list(await session.scalars(query.limit(100)))
