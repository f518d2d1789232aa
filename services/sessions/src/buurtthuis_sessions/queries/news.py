"""What happened in a house that everybody may know of, as it reads now: since when it is so, the journal says."""

from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from buurtthuis.events import Event
from buurtthuis.events.sessions import (
    FollowUpDecided,
    SessionCancelled,
    SessionNotHeld,
    SessionRenamed,
    SessionRescheduled,
    SessionScheduled,
)
from buurtthuis.persistence.journal import journal
from sqlalchemy import Select, String, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.domain.follow_ups.states import VoteState
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.storage.follow_ups import votes
from buurtthuis_sessions.storage.sessions import sessions

#: So many pieces of news are told, the newest.
MOST = 50
OF_SESSIONS = (SessionScheduled, SessionRescheduled, SessionRenamed, SessionCancelled, SessionNotHeld)
OFF = (SessionState.CANCELLED, SessionState.NOT_HELD)


class News(NamedTuple):
    """A session that is planned or off, or what people decided at one: that has no `starts_at`."""

    id: UUID
    title: str | None
    published: datetime
    updated: datetime
    starts_at: datetime | None = None
    place: str | None = None
    cancelled: bool = False
    session_title: str | None = None


async def list_news(session: AsyncSession, house: UUID) -> list[News]:
    """The newest first. What the journal does not have any more is old."""
    found = [*await _planned(session, house), *await _decided(session, house)]
    return sorted(found, key=attrgetter("updated"), reverse=True)[:MOST]


async def _planned(session: AsyncSession, house: UUID) -> list[News]:
    said = _said(house, *OF_SESSIONS).subquery()
    query = (
        select(sessions, said.c.published, said.c.updated)
        .join(said, said.c.subject == cast(sessions.c.id, String))
        .where(
            sessions.c.house_id == house,
            sessions.c.state != SessionState.DRAFT,
            sessions.c.begins.is_not(None),
        )
        .order_by(said.c.updated.desc())
        .limit(MOST)
    )
    return [
        News(
            id=row.id,
            title=row.title,
            published=row.published,
            updated=row.updated,
            starts_at=row.starts_at,
            place=row.place,
            cancelled=row.state in OFF,
        )
        for row in await session.execute(query)
    ]


async def _decided(session: AsyncSession, house: UUID) -> list[News]:
    said = _said(house, FollowUpDecided).subquery()
    query = (
        select(votes, sessions.c.title.label("session_title"), said.c.published, said.c.updated)
        .join(said, said.c.subject == cast(votes.c.id, String))
        .join(sessions, sessions.c.id == votes.c.session_id)
        .where(votes.c.house_id == house, votes.c.state == VoteState.DECIDED)
        .order_by(said.c.updated.desc())
        .limit(MOST)
    )
    return [
        News(row.id, _winners(row), row.published, row.updated, session_title=row.session_title)
        for row in await session.execute(query)
    ]


def _winners(row: Any) -> str | None:
    titles = {option.id: option.title for option in row.options}
    return ", ".join(title for title in map(titles.get, row.winners) if title) or None


def _said(house: UUID, *events: type[Event]) -> Select[Any]:
    """When something was first said of each, and when last."""
    types = [event.type() for event in events]
    first, last = func.min(journal.c.time), func.max(journal.c.time)
    query = select(journal.c.subject, first.label("published"), last.label("updated"))
    return query.where(journal.c.house == house, journal.c.type.in_(types)).group_by(journal.c.subject)
