"""What can be read of sessions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.events.sessions import Because, Kind, SeatRole
from buurtthuis.http.models import WallClock
from buurtthuis.persistence.looking import Now
from pydantic import BaseModel
from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.domain.houses import HIDDEN
from buurtthuis_sessions.domain.seats import SeatState
from buurtthuis_sessions.domain.sessions.states import Phase, SessionState
from buurtthuis_sessions.storage.houses import houses
from buurtthuis_sessions.storage.sessions import seats, sessions

#: So many things that are due are looked at together; the rest follows in the next round.
AT_ONCE = 500
#: So long after a session is over its hosts may take to note who came before they are asked to.
ASKED_AFTER = timedelta(hours=12)


class SessionView(BaseModel):
    """A session as a client reads it: how many places are taken, not by whom.

    `starts_at` and `ends_at` are on the wall's clock, `begins` and `ends` the same moments in UTC.
    `offered` places are held for somebody who was on the waiting list; `waiting` people are on it. `suits` is when most people said that they
    can come, where that was asked. With `no_new_places`
    nobody is offered what is free."""

    id: UUID
    house_id: UUID
    theme_id: UUID | None
    title: str | None
    state: Phase
    kind: Kind | None
    starts_at: WallClock | None
    ends_at: WallClock | None
    time_zone: str | None
    begins: datetime | None
    ends: datetime | None
    place: str | None
    room_id: UUID | None
    capacity: int | None
    languages: list[str]
    roles: dict[SeatRole, int]
    newcomer_seats: int
    no_new_places: bool
    series_id: UUID | None
    follow_up_of: UUID | None
    confirm_by: datetime | None
    suits: WallClock | None
    taken: int
    offered: int
    waiting: int
    attended: int
    walk_ins: int
    no_shows: int
    reason: str | None
    because: Because | None
    report: str | None
    version: int


@dataclass(frozen=True)
class Viewer:
    """Who looks: `drafts` are for the people who make them, and for whoever leads one."""

    drafts: bool
    resident: UUID | None = None


@dataclass(frozen=True)
class Wanted:
    """Which sessions; all of it together. `since` and `until` are moments in UTC."""

    house: UUID | None = None
    theme: UUID | None = None
    series: UUID | None = None
    follow_up_of: UUID | None = None
    state: Phase | None = None
    since: datetime | None = None
    until: datetime | None = None


#: What moderators can keep from being read, beside the title.
WITHHELD = ("reason", "report")
#: What is for whoever lets people in.
AT_THE_DOOR = ("walked_in", "noted_at", "door_code")
sat = seats.alias("sat")


def _places(state: SeatState) -> ColumnElement[int]:
    of_the_capacity = sat.c.role.is_(None), sat.c.state == state
    return func.coalesce(func.sum(1 + cast(sat.c.plus_one, Integer)).filter(*of_the_capacity), 0)


counted = (
    select(
        _places(SeatState.REGISTERED).label("taken"),
        _places(SeatState.OFFERED).label("offered"),
        func.count().filter(sat.c.state == SeatState.WAITLISTED).label("waiting"),
    )
    .where(sat.c.session_id == sessions.c.id)
    .lateral("counted")
)


def phase(now: datetime) -> ColumnElement[str]:
    """A scheduled session is running once it has begun, and full while nobody finds a place; when it is over, somebody
    has to note who came."""
    scheduled = sessions.c.state == SessionState.SCHEDULED
    full = sessions.c.no_new_places | (counted.c.taken + counted.c.offered >= sessions.c.capacity)
    return case(
        (and_(scheduled, sessions.c.ends <= now), literal(Phase.TO_BE_NOTED.value)),
        (and_(scheduled, sessions.c.begins <= now), literal(Phase.RUNNING.value)),
        (and_(scheduled, full), literal(Phase.FULL.value)),
        else_=cast(sessions.c.state, String),
    )


def seen_by(viewer: Viewer, now: datetime) -> Select[Any]:
    """The sessions that this viewer may know of."""
    columns = [column for column in sessions.c if column.name not in {"state", *WITHHELD, *AT_THE_DOOR}]
    words = [case((sessions.c.withheld, None), else_=sessions.c[name]).label(name) for name in WITHHELD]
    query = select(*columns, *words, counted, phase(now).label("state")).join(counted, true())
    if viewer.drafts:
        return query
    leads = exists().where(
        seats.c.session_id == sessions.c.id,
        seats.c.resident_id == viewer.resident,
        seats.c.role == SeatRole.HOST,
        seats.c.state == SeatState.REGISTERED,
    )
    known = (sessions.c.state != SessionState.DRAFT) | was_at(sessions.c.follow_up_of, viewer)
    return query.where((known & in_open_house(sessions.c.house_id)) | leads)


def was_at(session: ColumnElement[UUID | None], viewer: Viewer) -> ColumnElement[bool]:
    """Whether a resident came to this session: they may lead what was decided there, so they find its draft."""
    came = seats.alias("came")
    return exists().where(
        came.c.session_id == session,
        came.c.resident_id == viewer.resident,
        came.c.state == SeatState.ATTENDED,
        came.c.role.is_(None),
    )


def in_open_house(house: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Whether residents may know of what is in this house."""
    return ~exists().where(houses.c.id == house, houses.c.state.in_(HIDDEN))


async def list_sessions(
    session: AsyncSession,
    viewer: Viewer,
    now: datetime,
    wanted: Wanted = Wanted(),
    *,
    after: UUID | None = None,
    limit: int = 50,
) -> list[SessionView]:
    """Sessions in order of drafting."""
    query = seen_by(viewer, now).where(*_conditions(wanted, now))
    query = query.where(sessions.c.id > after) if after else query
    rows = await session.execute(query.order_by(sessions.c.id).limit(limit))
    return [SessionView(**row) for row in rows.mappings()]


async def show_session(session: AsyncSession, id: UUID, viewer: Viewer, now: datetime) -> SessionView:
    """One session; raises NotFound, also for a draft that this viewer may not see."""
    row = (await session.execute(seen_by(viewer, now).where(sessions.c.id == id))).mappings().one_or_none()
    if row is None:
        raise NotFound(what="session", id=id)
    return SessionView(**row)


def unconfirmed(now: Now) -> Select[UUID]:
    """Drafts that no host took on in time."""
    overdue = sessions.c.state == SessionState.DRAFT, sessions.c.confirm_by <= now
    return select(sessions.c.id).where(*overdue).order_by(sessions.c.confirm_by).limit(AT_ONCE)


def unnoted(now: Now) -> Select[UUID]:
    """Those that have been over for a while, of which nobody said what became of them and nobody was asked."""
    over = sessions.c.state == SessionState.SCHEDULED, sessions.c.ends <= now - ASKED_AFTER
    query = select(sessions.c.id).where(*over, ~sessions.c.asked_who_came)
    return query.order_by(sessions.c.ends).limit(AT_ONCE)


def _conditions(wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    equal = {
        sessions.c.house_id: wanted.house,
        sessions.c.theme_id: wanted.theme,
        sessions.c.series_id: wanted.series,
        sessions.c.follow_up_of: wanted.follow_up_of,
    }
    found: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value]
    if wanted.state:
        found.append(phase(now) == wanted.state)
    if wanted.since:
        found.append(sessions.c.begins >= wanted.since)
    if wanted.until:
        found.append(sessions.c.begins < wanted.until)
    return found
