"""What can be read of rooms."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import NotFound
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.domain.rooms import RoomState
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.storage.rooms import rooms
from buurtthuis_sessions.storage.sessions import sessions

#: What the clock on the wall shows, in hours and minutes.
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
ClockOrMidnight = Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
#: A session in one of these has its room, or had it.
IN_ITS_ROOM = (SessionState.SCHEDULED, SessionState.HELD, SessionState.CLOSED)


class HoursView(BaseModel):
    """When a room is open on one day of the week; 1 is Monday."""

    weekday: int
    opens: Clock = Field(serialization_alias="from")
    shuts: ClockOrMidnight = Field(serialization_alias="until")


class RoomView(BaseModel):
    """A room as a client reads it. Without hours it is always open."""

    id: UUID
    name: str
    address: str
    capacity: int
    hours: list[HoursView]
    wheelchair_accessible: bool
    state: RoomState
    bag_id: str | None
    vera_id: str | None
    version: int


class BookingView(BaseModel):
    """When a room is taken, and by which session."""

    session_id: UUID
    begins: datetime
    ends: datetime


async def list_rooms(
    session: AsyncSession, *, state: RoomState | None = None, after: UUID | None = None, limit: int = 50
) -> list[RoomView]:
    """Rooms in order of adding."""
    query = select(rooms).where(rooms.c.state == state) if state else select(rooms)
    query = query.where(rooms.c.id > after) if after else query
    rows = await session.execute(query.order_by(rooms.c.id).limit(limit))
    return [RoomView.model_validate(row, from_attributes=True) for row in rows]


async def show_room(session: AsyncSession, id: UUID) -> RoomView:
    """One room; raises NotFound."""
    row = (await session.execute(select(rooms).where(rooms.c.id == id))).one_or_none()
    if row is None:
        raise NotFound(what="room", id=id)
    return RoomView.model_validate(row, from_attributes=True)


async def list_bookings(
    session: AsyncSession, id: UUID, since: datetime, until: datetime
) -> list[BookingView]:
    """When a room is, or was, taken between two moments, in order; raises NotFound."""
    await show_room(session, id)
    query = select(sessions.c.id.label("session_id"), sessions.c.begins, sessions.c.ends).where(
        sessions.c.room_id == id,
        sessions.c.state.in_(IN_ITS_ROOM),
        sessions.c.begins < until,
        sessions.c.ends > since,
    )
    rows = await session.execute(query.order_by(sessions.c.begins))
    return [BookingView(**row) for row in rows.mappings()]
