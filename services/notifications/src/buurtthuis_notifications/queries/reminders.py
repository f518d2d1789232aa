"""What it is time for."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.known import KnownSeat, KnownSession, SessionStanding, Standing
from buurtthuis_notifications.domain.reminders import A_DAY_BEFORE, Reminder, of_offer, of_session
from buurtthuis_notifications.storage.known import known_seats, known_sessions
from buurtthuis_notifications.storage.messages import announcements


async def sessions_to_remind_of(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Sessions that come soon, and of which not everything is said."""
    query = select(KnownSession).where(
        known_sessions.c.standing == SessionStanding.COMING,
        known_sessions.c.begins > now,
        known_sessions.c.begins <= now + A_DAY_BEFORE,
    )
    due = [
        reminder
        for session_copy in await session.scalars(query)
        for reminder in of_session(session_copy, now)
    ]
    return await _not_said(session, due)


async def offers_to_remind_of(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Offers that run out soon, and of which nothing is said."""
    query = (
        select(KnownSeat, known_sessions.c.time_zone)
        .join(known_sessions, known_sessions.c.id == known_seats.c.session_id)
        .where(known_seats.c.standing == Standing.OFFERED, known_seats.c.expires_at > now)
    )
    offers = await session.execute(query)
    due = [reminder for seat, zone in offers for reminder in of_offer(seat, zone, now)]
    return await _not_said(session, due)


DIGESTS = text(
    "SELECT DISTINCT resident_id FROM messages WHERE state = 'merged' AND digest_id IS NULL AND due_at <= :now LIMIT 500"
)


async def residents_with_a_digest(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    """Those for whom it is time to get several messages in one."""
    return list(await session.scalars(DIGESTS, {"now": now}))


async def _not_said(session: AsyncSession, due: Sequence[Reminder]) -> Sequence[UUID]:
    """What they are of."""
    query = select(announcements.c.id).where(announcements.c.id.in_([reminder.id for reminder in due]))
    said = set(await session.scalars(query)) if due else set()
    return list(dict.fromkeys(reminder.of for reminder in due if reminder.id not in said))
