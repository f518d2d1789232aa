"""The outgoing queue, as senders take from it and write to it: many rows in one statement each.

Senders side by side each take what nobody else holds (SKIP LOCKED), and hold it by a lease, not by a lock:
whoever dies lets go of it in time.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from buurtthuis.persistence.looking import Now
from buurtthuis.persistence.unit_of_work import rows
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_unless
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.announcements import Announcement, AnnouncementState
from buurtthuis_notifications.domain.messages import (
    DIGEST,
    LEASE,
    WAITING,
    Message,
    MessageState,
    PlannedMessage,
)
from buurtthuis_notifications.domain.rules import Urgency, rule_named
from buurtthuis_notifications.storage.messages import announcements, messages

BATCH = 200


def to_address(now: Now) -> Select[UUID]:
    """Announcements whose audience is not worked out yet."""
    return select(announcements.c.id).where(*_is_to_address(now))


def _is_to_address(now: Now) -> tuple[ColumnElement[bool], ...]:
    return announcements.c.state == AnnouncementState.ADDRESSING, announcements.c.due_at <= now


def to_send(now: Now) -> Select[UUID]:
    """Messages whose time has come, and that nobody holds."""
    free = or_(messages.c.lease_until.is_(None), messages.c.lease_until <= now)
    return select(messages.c.id).where(messages.c.state.in_(WAITING), messages.c.due_at <= now, free)


def critical_by(rule: str, now: Now) -> Select[UUID]:
    """Of those the critical ones by one rule."""
    return to_send(now).where(messages.c.urgency == Urgency.CRITICAL, messages.c.rule == rule)


async def next_to_address(session: AsyncSession, now: datetime) -> Announcement | None:
    """One of those, held until the transaction ends."""
    query = (
        select(Announcement)
        .where(*_is_to_address(now))
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


async def enqueue(
    session: AsyncSession, announcement: Announcement, parts: Sequence[PlannedMessage], now: datetime
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
        "ids": [part.message_id(announcement.id) for part in parts],
        "residents": [part.resident_id for part in parts],
        "languages": [part.language for part in parts],
        "states": [part.plan.state for part in parts],
        "channels": [part.plan.channel for part in parts],
        "due": [part.plan.due_at for part in parts],
        "reasons": [part.plan.reason for part in parts],
    }
    await session.execute(PUT, common | own)


async def enqueue_one(session: AsyncSession, message: Message) -> None:
    """One more in the queue, unless it is there already."""
    await session.execute(insert_unless(messages).on_conflict_do_nothing(), rows(Message, [message]))


async def lease(session: AsyncSession, now: datetime, rule: str | None = None) -> Sequence[Message]:
    """Messages whose time has come, ours to send for a while; no newsletter keeps what is critical waiting.

    With a `rule` only what is critical and by that rule."""
    due = (
        to_send(now)
        .order_by(messages.c.due_at, messages.c.made_at, messages.c.id)
        .with_for_update(skip_locked=True)
    )
    ids: list[UUID] = []
    critical = messages.c.urgency == Urgency.CRITICAL
    for first in (and_(critical, messages.c.rule == rule),) if rule else (critical, ~critical):
        ids += await session.scalars(due.where(first).limit(BATCH - len(ids)))
    leased = (
        update(Message)
        .where(_is_one_of(ids))
        .values(lease_until=now + LEASE, attempts=messages.c.attempts + 1)
        .returning(Message)
        .execution_options(synchronize_session=False)
    )
    return sorted(await session.scalars(leased), key=lambda message: message.turn) if ids else []


async def release(session: AsyncSession, untried: Sequence[Message]) -> None:
    """Anybody may send these at once; but for what somebody else took since."""
    held = [{"released": message.id, "held_until": message.lease_until} for message in untried]
    for message in untried:
        message.put_back()
    released = update(messages).where(
        messages.c.id == bindparam("released"), messages.c.lease_until == bindparam("held_until")
    )
    connection = await session.connection()
    await connection.execute(
        released.values(lease_until=None, attempts=bindparam("left")),
        [row | {"left": message.attempts} for row, message in zip(held, untried, strict=True)],
    )


#: What the arrival of a message changes of it.
ON_ARRIVAL = ("state", "sent_at", "lease_until", "address", "secret", "reason")
#: And what of each that a digest holds.
ON_ARRIVAL_IN_DIGEST = ("state", "sent_at", "reason")


async def record_arrivals(session: AsyncSession, arrived: Sequence[Message], now: datetime) -> None:
    """The other side took these, and what they hold; what became of one meanwhile stays so."""
    for message in arrived:
        message.arrive(now)
    await session.execute(
        update(messages)
        .where(_is_one_of([message.id for message in arrived]), messages.c.state.in_(WAITING))
        .values(_values(arrived[0], ON_ARRIVAL))
    )
    digests = [message.id for message in arrived if message.rule == DIGEST]
    if digests:
        held = messages.c.digest_id.in_(digests), messages.c.state == MessageState.MERGED
        await session.execute(update(messages).where(*held).values(_values(arrived[0], ON_ARRIVAL_IN_DIGEST)))


def _values(message: Message, names: Sequence[str]) -> dict[str, object]:
    return {name: getattr(message, name) for name in names}


def _is_one_of(ids: Sequence[UUID]) -> ColumnElement[bool]:
    """As one array: hundreds of parameters take longer to prepare than to answer."""
    return messages.c.id == any_(literal(ids, ARRAY(Uuid)))
