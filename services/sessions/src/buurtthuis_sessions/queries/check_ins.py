"""What can be read at the door of a session: numbers and words, and no pseudonyms; names only by its hosts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.events.sessions import SeatRole
from buurtthuis.persistence.looking import Now
from pydantic import BaseModel
from sqlalchemy import ColumnElement, CompoundSelect, Select, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.domain.arrivals import SHUTS
from buurtthuis_sessions.domain.follow_ups.states import Consequence, VoteState, consequences
from buurtthuis_sessions.domain.sessions.attendance import EXPECTED
from buurtthuis_sessions.domain.sessions.states import NOTED, SessionState
from buurtthuis_sessions.domain.tickets import is_of
from buurtthuis_sessions.queries.seats import SeatView, list_seats
from buurtthuis_sessions.queries.sessions import AT_ONCE, Viewer, show_session
from buurtthuis_sessions.storage.follow_ups import votes
from buurtthuis_sessions.storage.sessions import seats, sessions

NONE: ColumnElement[object] = literal_column("'[]'::jsonb")


class Expected(BaseModel):
    """A place, as somebody at the door looks it up: its owner says the `number` or the `word`, or shows the `seat` as a picture.

    `called` is what the owner told the hosts, and is for them only. With a `role` it is not counted."""

    seat: UUID
    number: int
    word: str
    called: str | None
    role: SeatRole | None
    plus_one: bool
    arrived: bool


class DoorView(BaseModel):
    """Who is waited for, and who is in. So many of those with a place `arrived`, with whoever came along (`companions` of them), and so many
    walked in.

    Once it is `noted` who came, these are that, and what is noted here corrects it. What was noted before `noted_at`, when it was
    said for all together, counts no more."""

    session_id: UUID
    noted: bool
    noted_at: datetime | None
    arrived: int
    companions: int
    walk_ins: int
    expected: list[Expected]

    def expects(self, said: str) -> bool:
        """Whether this is the number, the word or the id of a place."""
        return any(is_of(said, each.seat, each.number, each.word) for each in self.expected)


class AttendanceView(BaseModel):
    """Who came, all together; and what changes, and what stays, where that is put right now. Those who were there may have voted
    since: then there are so many `ballots`, also where fewer people were there after all. While they vote it is settled."""

    session_id: UUID
    attended: int
    walk_ins: int
    no_shows: int
    vote: VoteState | None
    ballots: int
    changes: list[Consequence]
    stays: list[Consequence]


async def show_attendance(session: AsyncSession, id: UUID, viewer: Viewer, now: datetime) -> AttendanceView:
    """For staff and hosts; raises NotFound, or NotAHost."""
    await list_seats(session, id, viewer, now)
    noted = await show_session(session, id, viewer, now)
    counts = votes.c.session_id == id, votes.c.state != VoteState.CANCELLED
    vote = (
        await session.execute(select(votes.c.state, votes.c.phones, votes.c.cards).where(*counts))
    ).first()
    changes, stays = consequences(vote.state if vote else None)
    return AttendanceView(
        session_id=id,
        attended=noted.attended,
        walk_ins=noted.walk_ins,
        no_shows=noted.no_shows,
        vote=vote.state if vote else None,
        ballots=vote.phones.ballots + vote.cards.ballots if vote else 0,
        changes=changes,
        stays=stays,
    )


async def show_door(session: AsyncSession, id: UUID, viewer: Viewer, now: datetime) -> DoorView:
    """For staff and hosts; raises NotFound, or NotAHost."""
    listed = await list_seats(session, id, viewer, now)
    [row] = (await session.execute(_door().where(sessions.c.id == id))).all()
    expected = [_expected(seat) for seat in listed if seat.state in EXPECTED]
    noted, there = row.state in NOTED, [seat for seat in expected if seat.arrived and not seat.role]
    return DoorView(
        session_id=id,
        noted=noted,
        noted_at=row.noted_at,
        arrived=sum(1 + seat.plus_one for seat in there),
        companions=sum(seat.plus_one for seat in there),
        walk_ins=row.walk_ins if noted else sum(not each.arrival.undone for each in row.walked_in),
        expected=expected,
    )


async def show_code(session: AsyncSession, id: UUID, viewer: Viewer, now: datetime) -> str:
    """What is shown on the screen at the door, for staff and hosts. Raises NotFound, or NotAHost."""
    await list_seats(session, id, viewer, now)
    code: str | None = await session.scalar(select(sessions.c.door_code).where(sessions.c.id == id))
    if code is None:
        raise NotFound(what="code at the door of the session", id=id)
    return code


def of_yesterday(now: Now) -> CompoundSelect[UUID]:
    """Sessions that are over for a day, and of which something is still kept that was for the door."""
    over = sessions.c.ends <= now - SHUTS
    noted = sessions.c.state != SessionState.SCHEDULED
    of_seats = select(sessions.c.id).join(seats, seats.c.session_id == sessions.c.id)
    told = of_seats.where(over, seats.c.needs.is_not(None) | seats.c.called.is_not(None))
    came = of_seats.where(over, noted, seats.c.arrival.is_not(None))
    walked_in = select(sessions.c.id).where(over, noted, sessions.c.walked_in != NONE)
    shown = select(sessions.c.id).where(over, sessions.c.door_code.is_not(None))
    return told.union(came, walked_in, shown).limit(AT_ONCE)


def _door() -> Select[Any]:
    return select(sessions.c.state, sessions.c.walk_ins, sessions.c.walked_in, sessions.c.noted_at)


def _expected(seat: SeatView) -> Expected:
    return Expected(seat=seat.id, **{name: getattr(seat, name) for name in SHOWN})


SHOWN = ("number", "word", "called", "role", "plus_one", "arrived")
