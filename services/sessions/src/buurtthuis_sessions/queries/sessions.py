"""What can be read of sessions."""

from datetime import date
from typing import Annotated
from uuid import UUID

from buurtthuis.errors import NotFound
from buurtthuis.events.sessions import Kind
from pydantic import BaseModel, NaiveDatetime, WithJsonSchema
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.domain import SeatState, SessionState
from buurtthuis_sessions.storage import houses, seats, sessions

#: What the clock on the wall shows: no offset, so it is not the `date-time` of JSON Schema.
WallClock = Annotated[
    NaiveDatetime,
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?$",
            "examples": ["2019-01-10T19:30:00"],
        }
    ),
]


class HouseView(BaseModel):
    """A house as a client reads it."""

    id: UUID
    title: str
    town: str
    dwellings: int
    label: str | None
    ends_on: date | None
    version: int


class SessionView(BaseModel):
    """A session as a client reads it: how many places are taken, not by whom. Times are on the wall's clock."""

    id: UUID
    house_id: UUID
    theme_id: UUID | None
    title: str | None
    state: SessionState
    kind: Kind | None
    starts_at: WallClock | None
    ends_at: WallClock | None
    time_zone: str | None
    place: str | None
    capacity: int | None
    languages: list[str]
    taken: int
    attended: int
    walk_ins: int
    no_shows: int
    reason: str | None
    version: int


class SeatView(BaseModel):
    """One resident's place, for the people who run the session."""

    id: UUID
    resident_id: UUID
    state: SeatState


async def list_houses(session: AsyncSession, after: UUID | None = None, limit: int = 50) -> list[HouseView]:
    """Houses in order of opening."""
    query = select(houses).order_by(houses.c.id).limit(limit)
    rows = await session.execute(query.where(houses.c.id > after) if after else query)
    return [HouseView(**row) for row in rows.mappings()]


async def show_house(session: AsyncSession, id: UUID) -> HouseView:
    """One house; raises NotFound."""
    row = (await session.execute(select(houses).where(houses.c.id == id))).mappings().one_or_none()
    if row is None:
        raise NotFound(what="house", id=id)
    return HouseView(**row)


async def list_sessions(
    session: AsyncSession,
    *,
    drafts: bool,
    house: UUID | None = None,
    theme: UUID | None = None,
    state: SessionState | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[SessionView]:
    """Sessions in order of drafting; drafts only for the people who make them."""
    query = _sessions(drafts)
    for column, wanted in (("house_id", house), ("theme_id", theme), ("state", state)):
        query = query.where(sessions.c[column] == wanted) if wanted else query
    query = query.where(sessions.c.id > after) if after else query
    rows = await session.execute(query.order_by(sessions.c.id).limit(limit))
    return [SessionView(**row) for row in rows.mappings()]


async def show_session(session: AsyncSession, id: UUID, *, drafts: bool) -> SessionView:
    """One session; raises NotFound, also for a draft that this viewer may not see."""
    row = (await session.execute(_sessions(drafts).where(sessions.c.id == id))).mappings().one_or_none()
    if row is None:
        raise NotFound(what="session", id=id)
    return SessionView(**row)


async def list_seats(session: AsyncSession, session_id: UUID) -> list[SeatView]:
    """The places of one session, in order of registering; raises NotFound."""
    await show_session(session, session_id, drafts=True)
    rows = await session.execute(select(seats).where(seats.c.session_id == session_id).order_by(seats.c.id))
    return [SeatView(**row) for row in rows.mappings()]


def _sessions(drafts: bool) -> Select[tuple[object, ...]]:
    counted = (
        _count(SeatState.REGISTERED, "taken"),
        _count(SeatState.ATTENDED, "attended"),
        _count(SeatState.NO_SHOW, "no_shows"),
    )
    query = select(sessions, *(count.scalar_subquery().label(name) for name, count in counted))
    return query if drafts else query.where(sessions.c.state != SessionState.DRAFT)


def _count(state: SeatState, name: str) -> tuple[str, Select[int]]:
    return name, select(func.count()).where(seats.c.session_id == sessions.c.id, seats.c.state == state)
