"""What it is time for."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from buurtthuis.persistence.looking import Now
from sqlalchemy import ColumnElement, CompoundSelect, Select, exists, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.known import KnownSeat, KnownSession, SessionStanding, Standing
from buurtthuis_notifications.domain.messages import MessageState
from buurtthuis_notifications.domain.reminders import (
    A_DAY_BEFORE,
    JUST_OFFERED,
    OFFER,
    SOON,
    TODAY,
    TOMORROW,
    Reminder,
    of_offer,
    of_session,
)
from buurtthuis_notifications.storage.known import known_seats, known_sessions
from buurtthuis_notifications.storage.messages import announcements, messages


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


def residents_with_a_digest(now: Now) -> Select[UUID]:
    """Those for whom it is time to get several messages in one."""
    merged = messages.c.state == MessageState.MERGED, messages.c.digest_id.is_(None)
    return select(messages.c.resident_id).where(*merged, messages.c.due_at <= now).distinct().limit(500)


# What is looked for in all corporations at once: somewhat more than there is to remind of


def unsaid_of_sessions(now: Now) -> CompoundSelect[UUID]:
    """Sessions that come soon, by each reminder that was not said."""
    coming = select(known_sessions.c.id).where(known_sessions.c.standing == SessionStanding.COMING)
    return union_all(
        coming.where(
            known_sessions.c.begins > now + 2 * SOON,
            known_sessions.c.begins <= now + A_DAY_BEFORE,
            _unsaid(TOMORROW, known_sessions.c.begins),
        ),
        coming.where(
            known_sessions.c.begins > now,
            known_sessions.c.begins <= now + SOON,
            _unsaid(TODAY, known_sessions.c.begins),
        ),
    )


def unsaid_of_offers(now: Now) -> Select[UUID]:
    """Offers that somebody has for a while, until it is said that they run out."""
    open_for_a_while = known_seats.c.expires_at > now, known_seats.c.since <= now - JUST_OFFERED
    return (
        select(known_seats.c.id)
        .join(known_sessions, known_sessions.c.id == known_seats.c.session_id)
        .where(known_seats.c.standing == Standing.OFFERED, *open_for_a_while)
        .where(
            _unsaid(OFFER, known_seats.c.expires_at, announcements.c.resident_id == known_seats.c.resident_id)
        )
    )


def _unsaid(rule: str, ends: ColumnElement[datetime], *whose: ColumnElement[bool]) -> ColumnElement[bool]:
    said = exists().where(
        announcements.c.session_id == known_sessions.c.id,
        announcements.c.rule == rule,
        announcements.c.expires_at == ends,
        *whose,
    )
    return ~said


async def _not_said(session: AsyncSession, due: Sequence[Reminder]) -> Sequence[UUID]:
    """What they are of."""
    query = select(announcements.c.id).where(announcements.c.id.in_([reminder.id for reminder in due]))
    said = set(await session.scalars(query)) if due else set()
    return list(dict.fromkeys(reminder.of for reminder in due if reminder.id not in said))
