"""What is planned: in a house, for everybody and without names; and of one resident, for whoever has the key."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.events.sessions import Because, Kind, SeatRole
from buurtthuis.http.models import WallClock
from pydantic import BaseModel
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.domain.agendas import digest
from buurtthuis_sessions.domain.seats import LIVE, SeatState
from buurtthuis_sessions.domain.sessions.states import Phase, SessionState
from buurtthuis_sessions.queries.houses import show_public_house
from buurtthuis_sessions.queries.sessions import Viewer, seen_by
from buurtthuis_sessions.storage.agendas import agenda_keys
from buurtthuis_sessions.storage.sessions import seats, sessions

#: So far back a calendar goes, and so many sessions it holds.
BACK = timedelta(days=180)
MOST = 1_000
NOBODY = Viewer(drafts=False)


class AgendaItem(BaseModel):
    """A session as everybody may know of it. Times are on the wall's clock in `time_zone`."""

    id: UUID
    title: str | None
    kind: Kind
    state: Phase
    starts_at: WallClock
    ends_at: WallClock
    time_zone: str
    place: str
    capacity: int
    taken: int
    languages: list[str]
    theme_id: UUID | None
    series_id: UUID | None
    reason: str | None
    because: Because | None


class Entry(NamedTuple):
    """One session in a calendar; `seat` is what the owner of the calendar has in it."""

    id: UUID
    title: str | None
    state: SessionState
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    place: str
    sequence: int
    seat: SeatState | None = None
    role: SeatRole | None = None


async def list_agenda(
    session: AsyncSession,
    house: UUID,
    now: datetime,
    *,
    since: datetime | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[AgendaItem]:
    """What ends after `since`, or is not over yet, in order of time; raises NotFound."""
    await show_public_house(session, house)
    query = seen_by(NOBODY, now).where(sessions.c.house_id == house, sessions.c.ends > (since or now))
    order = sessions.c.begins, sessions.c.id
    if after:
        query = query.where(tuple_(*order) > select(*order).where(sessions.c.id == after).scalar_subquery())
    rows = await session.execute(query.order_by(*order).limit(limit))
    return [AgendaItem(**row) for row in rows.mappings()]


async def calendar_of_house(session: AsyncSession, house: UUID, now: datetime) -> tuple[str, list[Entry]]:
    """What the house is called, and its sessions; raises NotFound."""
    title = (await show_public_house(session, house)).title
    query = _entries().where(sessions.c.house_id == house, sessions.c.ends > now - BACK)
    return title, await _read(session, query)


async def calendar_of(session: AsyncSession, key: str, now: datetime) -> list[Entry]:
    """The sessions of whoever this key was made for; raises NotFound."""
    owner: UUID | None = await session.scalar(
        select(agenda_keys.c.id).where(agenda_keys.c.digest == digest(key))
    )
    if owner is None:
        raise NotFound(what="agenda", id="of this address")
    shown = seats.c.state.in_([*LIVE, SeatState.ATTENDED, SeatState.SESSION_CANCELLED])
    query = _entries(seats.c.state.label("seat"), seats.c.role).join_from(
        sessions, seats, seats.c.session_id == sessions.c.id
    )
    mine = seats.c.resident_id == owner, shown, sessions.c.ends > now - BACK
    return await _read(session, query.where(*mine))


def _entries(*more: Any) -> Any:
    columns = [sessions.c[name] for name in Entry._fields if name in sessions.c]
    return select(*columns, *more).where(
        sessions.c.state != SessionState.DRAFT, sessions.c.begins.is_not(None)
    )


async def _read(session: AsyncSession, query: Any) -> list[Entry]:
    rows = await session.execute(query.order_by(sessions.c.begins.desc(), sessions.c.id).limit(MOST))
    return [Entry(*row) for row in rows]
