"""The outgoing queue: what is to be worked out, what is to be sent, and what waits for too long.

Senders side by side each take what nobody else holds (SKIP LOCKED), and hold it by a lease, not by a lock:
whoever dies lets go of it in time.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.persistence.unit_of_work import rows
from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, any_, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_unless
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.addresses import NEEDED
from buurtthuis_notifications.domain.announcements import Announcement, AnnouncementState
from buurtthuis_notifications.domain.messages import DIGEST, LEASE, WAITING, Message, MessageState, Part
from buurtthuis_notifications.domain.planning import BY_HAND
from buurtthuis_notifications.domain.residents import Purpose
from buurtthuis_notifications.domain.rules import Urgency, rule_named
from buurtthuis_notifications.queries.residents import agrees_to
from buurtthuis_notifications.storage.hand_deliveries import hand_deliveries
from buurtthuis_notifications.storage.messages import announcements, messages

BATCH = 200


async def next_to_address(session: AsyncSession, now: datetime) -> Announcement | None:
    """One whose audience is not worked out yet, held until the transaction ends."""
    query = (
        select(Announcement)
        .where(announcements.c.state == AnnouncementState.ADDRESSING, announcements.c.due_at <= now)
        .order_by(announcements.c.urgency != Urgency.CRITICAL, announcements.c.due_at, announcements.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).one_or_none()


#: A page of thousands is one statement: what all have in common, and arrays of what they have not.
PUT = text(
    """
    INSERT INTO messages (id, rule, topic, urgency, state, channel, language, made_at, due_at, expires_at,
                          announcement_id, resident_id, house_id, tried, attempts, reason, version)
    SELECT part.id, :rule, :topic, :urgency, part.state, part.channel, part.language, :now, part.due_at, :expires_at,
           :announcement_id, part.resident_id, :house_id, '{}', 0, part.reason, 0
    FROM unnest(CAST(:ids AS uuid[]), CAST(:residents AS uuid[]), CAST(:languages AS text[]),
                CAST(:states AS text[]), CAST(:channels AS text[]), CAST(:due AS timestamptz[]),
                CAST(:reasons AS text[]))
         AS part(id, resident_id, language, state, channel, due_at, reason)
    ON CONFLICT DO NOTHING
    """
)


async def put(
    session: AsyncSession, announcement: Announcement, parts: Sequence[Part], now: datetime
) -> None:
    """Into the queue; a message that is there already stays as it is."""
    if not parts:
        return
    common = {
        "rule": announcement.rule,
        "topic": rule_named(announcement.rule).topic,
        "urgency": announcement.urgency,
        "now": now,
        "expires_at": announcement.expires_at,
        "announcement_id": announcement.id,
        "house_id": announcement.house_id,
    }
    own = {
        "ids": [one.message_id(announcement.id) for one in parts],
        "residents": [one.resident_id for one in parts],
        "languages": [one.language for one in parts],
        "states": [one.plan.state for one in parts],
        "channels": [one.plan.channel for one in parts],
        "due": [one.plan.due_at for one in parts],
        "reasons": [one.plan.reason for one in parts],
    }
    await session.execute(PUT, common | own)


async def keep(session: AsyncSession, message: Message) -> None:
    """One more in the queue, unless it is there already."""
    await session.execute(insert_unless(messages).on_conflict_do_nothing(), rows(Message, [message]))


async def lease(session: AsyncSession, now: datetime, rule: str | None = None) -> Sequence[Message]:
    """Messages whose time has come, ours to send for a while; no newsletter keeps what is critical waiting.

    With a `rule` only what is critical and by that rule."""
    free = or_(messages.c.lease_until.is_(None), messages.c.lease_until <= now)
    due = (
        select(messages.c.id)
        .where(messages.c.state.in_(WAITING), messages.c.due_at <= now, free)
        .order_by(messages.c.due_at, messages.c.made_at, messages.c.id)
        .with_for_update(skip_locked=True)
    )
    ids: list[UUID] = []
    critical = messages.c.urgency == Urgency.CRITICAL
    for first in (and_(critical, messages.c.rule == rule),) if rule else (critical, ~critical):
        ids += await session.scalars(due.where(first).limit(BATCH - len(ids)))
    leased = (
        update(Message)
        .where(_one_of(ids))
        .values(lease_until=now + LEASE, attempts=messages.c.attempts + 1)
        .returning(Message)
        .execution_options(synchronize_session=False)
    )
    return sorted(await session.scalars(leased), key=_turn) if ids else []


def _turn(message: Message) -> tuple[bool, datetime, datetime]:
    return message.urgency is not Urgency.CRITICAL, message.due_at, message.made_at


LET_GO = text(
    "UPDATE messages SET lease_until = NULL, attempts = attempts - 1 WHERE id = :id AND lease_until = :lease_until"
)


async def let_go(session: AsyncSession, left: Sequence[Message]) -> None:
    """They were not tried, and anybody may send them at once; but for what somebody else took since."""
    await session.execute(LET_GO, [{"id": one.id, "lease_until": one.lease_until} for one in left])


async def note_sent(session: AsyncSession, arrived: Sequence[Message], now: datetime) -> None:
    """The other side took these, and what they hold."""
    query = (
        update(messages)
        .where(_one_of([one.id for one in arrived]), messages.c.state.in_(WAITING))
        .values(
            state=MessageState.SENT, sent_at=now, lease_until=None, address=None, secret=None, reason=None
        )
    )
    await session.execute(query)
    digests = [one.id for one in arrived if one.rule == DIGEST]
    if digests:
        held = messages.c.digest_id.in_(digests), messages.c.state == MessageState.MERGED
        await session.execute(update(messages).where(*held).values(state=MessageState.SENT, sent_at=now))


def _one_of(ids: Sequence[UUID]) -> ColumnElement[bool]:
    """As one array: hundreds of parameters take longer to prepare than to answer."""
    return messages.c.id == any_(literal(ids, ARRAY(Uuid)))


ADDRESSES = text(
    """
    SELECT id, resident_id, kind, secret, silences FROM addresses
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


async def hand_deliveries_astray(session: AsyncSession) -> Sequence[UUID]:
    """Those whose road does not lead to their reader any more."""
    needed = {channel.value: list(NEEDED[channel]) for channel in BY_HAND}
    return list(await session.scalars(text(ASTRAY.format(leads=LEADS, visits=VISITS)), needed))


async def stale_hand_deliveries(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """What nobody brought in time."""
    query = select(hand_deliveries.c.id).where(
        hand_deliveries.c.state == "requested", hand_deliveries.c.expires_at <= now
    )
    return list(await session.scalars(query.limit(100)))
