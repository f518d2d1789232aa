"""Reading messages, and how far announcements have come."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.persistence.looking import NOW, Look, Now
from pydantic import BaseModel
from sqlalchemy import Select, and_, exists, func, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.announcements import Announcement, AnnouncementState
from buurtthuis_notifications.domain.messages import DIGEST, Message, MessageState
from buurtthuis_notifications.domain.planning import NO_ROAD, UNREACHABLE
from buurtthuis_notifications.domain.rules import CAN_SAY_SEEN, SEEN_WITHIN, Urgency
from buurtthuis_notifications.storage.messages import announcements, messages


class AnnouncementView(BaseModel):
    """One event by its rule. `counts` is how many messages are in each state, and by which road; `no_road` of them
    could not go because the road that somebody has is not set up here."""

    id: UUID
    rule: str
    cause: UUID
    house_id: UUID | None
    urgency: Urgency
    state: AnnouncementState
    made_at: datetime
    told_at: datetime | None
    counts: dict[str, dict[str, int]]
    no_road: int


async def list_own(
    session: AsyncSession, resident: UUID, after: UUID | None, limit: int
) -> Sequence[Message]:
    """A resident's, newest first; `after` is the last one of the page before."""
    query = select(Message).where(messages.c.resident_id == resident)
    last = await session.get(Message, after) if after else None
    if last:
        earlier = (messages.c.made_at, messages.c.id)
        query = query.where(_row(earlier) < _row((last.made_at, last.id)))
    query = query.order_by(messages.c.made_at.desc(), messages.c.id.desc()).limit(limit)
    return list(await session.scalars(query))


async def list_announcements(
    session: AsyncSession, after: UUID | None, limit: int, *, missed: bool = False
) -> list[AnnouncementView]:
    """Newest first; `after` is the last one of the page before. With `missed` those that somebody was not told of."""
    query = select(Announcement).where(MISSED) if missed else select(Announcement)
    last = await session.get(Announcement, after) if after else None
    if last:
        earlier = (announcements.c.made_at, announcements.c.id)
        query = query.where(_row(earlier) < _row((last.made_at, last.id)))
    query = query.order_by(announcements.c.made_at.desc(), announcements.c.id.desc()).limit(limit)
    found = list(await session.scalars(query))
    counts = await _counts(session, [announcement.id for announcement in found])
    return [_view(announcement, counts.get(announcement.id, [])) for announcement in found]


async def one_announcement(session: AsyncSession, id: UUID) -> AnnouncementView:
    """Raises NotFound."""
    found = await session.get(Announcement, id)
    if found is None:
        raise NotFound(what="announcement", id=id)
    return _view(found, (await _counts(session, [id])).get(id, []))


#: Nobody came by it in time, or could; but for who did not want it.
MISSED = exists().where(
    messages.c.announcement_id == announcements.c.id,
    messages.c.state.in_((MessageState.FAILED, MessageState.EXPIRED))
    | ((messages.c.state == MessageState.SUPPRESSED) & (messages.c.reason.in_((UNREACHABLE, NO_ROAD)))),
)
COUNTS = text(
    """
    SELECT announcement_id, state, coalesce(channel, 'none') AS channel, count(*) AS many,
           count(*) FILTER (WHERE reason = 'no_road') AS no_road
    FROM messages WHERE announcement_id = ANY(:ids) GROUP BY announcement_id, state, channel
    """
)


async def _counts(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in await session.execute(COUNTS, {"ids": list(ids)}):
        found.setdefault(row.announcement_id, []).append(row)
    return found


def _view(announcement: Announcement, counted: Sequence[Any]) -> AnnouncementView:
    counts: dict[str, dict[str, int]] = {}
    for row in counted:
        counts.setdefault(row.state, {})[row.channel] = row.many
    return AnnouncementView(
        id=announcement.id,
        rule=announcement.rule,
        cause=announcement.cause,
        house_id=announcement.house_id,
        urgency=announcement.urgency,
        state=announcement.state,
        made_at=announcement.made_at,
        told_at=announcement.told_at,
        counts=counts,
        no_road=sum(row.no_road for row in counted),
    )


def _row(values: tuple[Any, ...]) -> Any:
    return tuple_(*values)


async def announcements_of(session: AsyncSession, told: Sequence[Message]) -> dict[UUID, Announcement]:
    """What these messages are about, by id."""
    ids = {message.announcement_id for message in told if message.announcement_id}
    found = await session.scalars(select(Announcement).where(announcements.c.id.in_(ids)))
    return {announcement.id: announcement for announcement in found}


async def merged_in(session: AsyncSession, told: Sequence[Message]) -> dict[UUID, list[Message]]:
    """What digests among these hold, by the digest's id."""
    ids = [message.id for message in told if message.rule == DIGEST]
    found: dict[UUID, list[Message]] = {}
    if ids:
        query = (
            select(Message).where(messages.c.digest_id.in_(ids)).order_by(messages.c.made_at, messages.c.id)
        )
        for message in await session.scalars(query):
            found.setdefault(message.digest_id or message.id, []).append(message)
    return found


def concluded(_: Now) -> Select[UUID]:
    """Announcements all of whose messages have come to rest."""
    unsettled = exists().where(
        messages.c.corporation == announcements.c.corporation,
        messages.c.announcement_id == announcements.c.id,
        messages.c.state.in_((MessageState.QUEUED, MessageState.DEFERRED, MessageState.MERGED)),
    )
    query = select(announcements.c.id).where(announcements.c.state == AnnouncementState.TELLING, ~unsettled)
    return query.limit(100)


def unseen(now: Now) -> Select[UUID]:
    """Messages that should have been seen by now."""
    overdue = (
        and_(messages.c.urgency == urgency, messages.c.sent_at <= now - within)
        for urgency, within in SEEN_WITHIN.items()
    )
    sent = messages.c.state == MessageState.SENT, messages.c.urgency.in_(SEEN_WITHIN)
    useful = messages.c.expires_at > now, messages.c.channel.in_(CAN_SAY_SEEN)
    return select(messages.c.id).where(*sent, *useful, or_(*overdue)).limit(100)


def waiting(now: Now) -> Select[UUID]:
    """What should have gone by now."""
    late = or_(messages.c.due_at <= now, messages.c.attempts > 0)
    waits = messages.c.state.in_((MessageState.QUEUED, MessageState.DEFERRED))
    return select(messages.c.id).where(waits, late)


#: How many, and how many seconds ago the oldest was made, by road.
WAITING = Look("waiting", waiting, by=messages.c.channel)
OLDEST = Look(
    "oldest",
    waiting,
    figure=func.extract("epoch", NOW - func.min(messages.c.made_at)),
    by=messages.c.channel,
)


REFUSED = text(
    """
    SELECT channel, reason, count(*) AS many FROM messages
    WHERE state IN ('queued', 'deferred') AND reason LIKE 'us: %' GROUP BY channel, reason ORDER BY channel, reason
    """
)


async def refused(session: AsyncSession) -> Sequence[Any]:
    """What waits because of us, and not because of an address: by `channel` and `reason`, how `many`."""
    return (await session.execute(REFUSED)).all()
