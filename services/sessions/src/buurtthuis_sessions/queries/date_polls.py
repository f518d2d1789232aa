"""What can be read of which date suits: how many, and never whom."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.http.models import WallClock
from pydantic import BaseModel
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.domain.codes import as_typed
from buurtthuis_sessions.domain.date_polls import (
    DatePollClosed,
    NoDatesWithCode,
    ProposedDate,
    Suits,
    counted,
)
from buurtthuis_sessions.queries.seats import list_seats
from buurtthuis_sessions.queries.sessions import Viewer
from buurtthuis_sessions.storage.date_polls import date_answers, date_polls


class DateView(BaseModel):
    """One of the dates, by the clock on the wall, and how many said what."""

    id: UUID
    starts_at: WallClock
    ends_at: WallClock
    yes: int
    if_need_be: int
    no: int


class DatePollView(BaseModel):
    """The dates for one draft. While it is `open` people are asked; then one is `chosen`, unless the draft was planned or is off without."""

    id: UUID
    session_id: UUID
    house_id: UUID
    time_zone: str
    dates: list[DateView]
    open: bool
    chosen: UUID | None
    version: int


async def show_poll(session: AsyncSession, id: UUID) -> DatePollView:
    """Raises NotFound."""
    found = await _view(session, date_polls.c.id == id)
    if found is None:
        raise NotFound(what="date poll", id=id)
    return found


async def show_poll_with(session: AsyncSession, code: str) -> DatePollView:
    """The one that is open with this code. Raises NoDatesWithCode."""
    found = await _view(session, date_polls.c.code == as_typed(code))
    if found is None:
        raise NoDatesWithCode(field="code")
    return found


async def show_code(session: AsyncSession, id: UUID, viewer: Viewer, now: datetime) -> str:
    """For staff and the hosts of the draft. Raises NotFound, NotAHost, or DatePollClosed."""
    poll = await show_poll(session, id)
    await list_seats(session, poll.session_id, viewer, now)
    code: str | None = await session.scalar(select(date_polls.c.code).where(date_polls.c.id == id))
    if code is None:
        raise DatePollClosed
    return code


async def _view(session: AsyncSession, which: ColumnElement[bool]) -> DatePollView | None:
    poll = (await session.execute(select(date_polls).where(which))).one_or_none()
    if poll is None:
        return None
    said = list(await session.scalars(select(date_answers.c.suits).where(date_answers.c.poll_id == poll.id)))
    counts = poll.counted or counted(poll.dates, said)
    return DatePollView(
        dates=[_date(each, counts[each.id]) for each in poll.dates],
        open=poll.code is not None,
        **{
            name: getattr(poll, name)
            for name in ("id", "session_id", "house_id", "time_zone", "chosen", "version")
        },
    )


def _date(date: ProposedDate, counts: Mapping[Suits, int]) -> DateView:
    return DateView(
        id=date.id,
        starts_at=date.local_start,
        ends_at=date.local_end,
        **{str(kind): number for kind, number in counts.items()},
    )
