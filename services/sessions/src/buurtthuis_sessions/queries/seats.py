"""What can be read of seats: by the people who run a session, and by each resident of their own."""

from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.events.sessions import SeatRole
from buurtthuis.persistence.looking import Now
from pydantic import BaseModel
from sqlalchemy import CompoundSelect, RowMapping, Select, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.domain.leading import NotAHost
from buurtthuis_sessions.domain.seats import CAME_OR_NOT, LIVE, SeatState
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.domain.tickets import word_of
from buurtthuis_sessions.queries.sessions import AT_ONCE, SessionView, Viewer, counted, seen_by, show_session
from buurtthuis_sessions.storage.sessions import seats, sessions


class SeatView(BaseModel):
    """One resident's place, for the people who run the session: they say its `number` or its `word` at the door. `needs`, and
    how they are `called` where they said so, are for its hosts only."""

    id: UUID
    resident_id: UUID
    number: int
    word: str
    state: SeatState
    role: SeatRole | None
    plus_one: bool
    newcomer: bool
    standing: bool
    confirmed: bool
    expires_at: datetime | None
    arrived: bool
    needs: str | None = None
    called: str | None = None


class OwnSeat(BaseModel):
    """What a resident has in a session. `position` counts those on the waiting list whose turn is earlier or the same.

    An offer is to be taken before `expires_at`. `confirmed` is false where the session has changed and
    the resident has not said whether they still come. With `no_new_places` nobody who waits is offered one for now.
    At the door one says the `number` or the `word`, or shows the id as a picture."""

    id: UUID
    session_id: UUID
    number: int
    word: str
    state: SeatState
    role: SeatRole | None
    plus_one: bool
    confirmed: bool
    expires_at: datetime | None
    needs: str | None
    called: str | None
    position: int | None
    no_new_places: bool


class Appointment(BaseModel):
    """A session in somebody's own agenda, and what they have in it."""

    id: UUID
    session: SessionView
    seat: OwnSeat


earlier = seats.alias("earlier")
of = sessions.alias("of")


async def list_seats(session: AsyncSession, id: UUID, viewer: Viewer, now: datetime) -> list[SeatView]:
    """The places of one session and its waiting list, in order of turn.

    Raises NotFound, or NotAHost for a resident who does not lead it."""
    await show_session(session, id, viewer, now)
    rows = await session.execute(select(seats).where(seats.c.session_id == id).order_by(seats.c.number))
    found = [SeatView(**row, word=_word(row), arrived=_arrived(row)) for row in rows.mappings()]
    leads = any(_leads(seat, viewer.resident) for seat in found)
    if not viewer.drafts and not leads:
        raise NotAHost
    return found if leads else [seat.model_copy(update={"needs": None, "called": None}) for seat in found]


async def own_seat(session: AsyncSession, session_id: UUID, resident: UUID) -> OwnSeat:
    """What a resident has, or last had, in a session; raises NotFound."""
    query = _own(resident).where(seats.c.session_id == session_id).order_by(seats.c.number.desc()).limit(1)
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="seat of yours in the session", id=session_id)
    return OwnSeat(**row, word=_word(row))


async def agenda(
    session: AsyncSession, resident: UUID, now: datetime, *, after: UUID | None = None, limit: int = 50
) -> list[Appointment]:
    """What a resident has ahead: places, offers and turns, in order of registering."""
    query = _own(resident).join_from(seats, sessions, sessions.c.id == seats.c.session_id)
    ahead = or_(sessions.c.ends > now, sessions.c.state == SessionState.DRAFT)
    query = query.where(seats.c.state.in_(LIVE), ahead)
    query = query.where(seats.c.id > after) if after else query
    rows = await session.execute(query.order_by(seats.c.id).limit(limit))
    own = [OwnSeat(**row, word=_word(row)) for row in rows.mappings()]
    shown = seen_by(Viewer(drafts=True), now).where(sessions.c.id.in_([seat.session_id for seat in own]))
    views = {row["id"]: SessionView(**row) for row in (await session.execute(shown)).mappings()}
    return [Appointment(id=seat.id, session=views[seat.session_id], seat=seat) for seat in own]


def to_settle(now: Now) -> CompoundSelect[UUID]:
    """Sessions where an offer ran out, or where kept seats are kept no longer while somebody waits."""
    ahead = sessions.c.state == SessionState.SCHEDULED, sessions.c.begins > now
    ran_out = (
        select(sessions.c.id)
        .join(seats, seats.c.session_id == sessions.c.id)
        .where(*ahead, seats.c.state == SeatState.OFFERED, seats.c.expires_at <= now)
    )
    no_longer_kept = (
        select(sessions.c.id)
        .join(counted, true())
        .where(*ahead, sessions.c.newcomer_seats > 0, ~sessions.c.no_new_places)
        .where(sessions.c.begins - sessions.c.newcomers_first <= now)
        .where(sessions.c.id.in_(select(seats.c.session_id).where(seats.c.state == SeatState.WAITLISTED)))
        .where(counted.c.waiting > 0, counted.c.taken + counted.c.offered < sessions.c.capacity)
    )
    return ran_out.union(no_longer_kept).limit(AT_ONCE)


def _own(resident: UUID) -> Select[Any]:
    """With the position of whoever waits: never shown to anybody else."""
    before = earlier.c.session_id == seats.c.session_id, earlier.c.number <= seats.c.number
    place = (
        select(func.nullif(func.count(), 0).label("position"))
        .where(seats.c.state == SeatState.WAITLISTED, earlier.c.state == SeatState.WAITLISTED, *before)
        .lateral("place")
    )
    closed = select(of.c.no_new_places).where(of.c.id == seats.c.session_id).scalar_subquery()
    columns = seats, place.c.position, closed.label("no_new_places")
    found = select(*columns).select_from(seats).join(place, true())
    return found.where(seats.c.resident_id == resident)


def _word(seat: RowMapping) -> str:
    return word_of(seat["session_id"], seat["number"])


def _arrived(seat: RowMapping) -> bool:
    """As it was noted for all together, or at the door."""
    if seat["state"] in CAME_OR_NOT:
        return bool(seat["state"] is SeatState.ATTENDED)
    return seat["arrival"] is not None and not seat["arrival"].undone


def _leads(seat: SeatView, resident: UUID | None) -> bool:
    mine = resident is not None and seat.resident_id == resident
    return mine and seat.role is SeatRole.HOST and seat.state is SeatState.REGISTERED
