"""What can be read of a house's continuity: calendar days between held sessions, in the corporation's time zone."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from buurtthuis.events.sessions import HouseOpened, Kind, SeatRole
from buurtthuis.persistence.journal import journal
from pydantic import BaseModel
from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Row,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.domain.continuity import Standing, last_day, standing
from buurtthuis_sessions.domain.houses import HouseState
from buurtthuis_sessions.domain.seats import SeatState
from buurtthuis_sessions.domain.series.states import SeriesState
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.domain.wall_clocks import shown
from buurtthuis_sessions.queries.houses import show_house
from buurtthuis_sessions.storage.series import series
from buurtthuis_sessions.storage.sessions import seats, sessions

HELD = (SessionState.HELD, SessionState.CLOSED)
#: In these people are expected to meet.
MEETING = (HouseState.RUNNING, HouseState.EVALUATING)
PAST = (*HELD, SessionState.NOT_HELD, SessionState.CANCELLED)


class Became(StrEnum):
    """What became of a session."""

    HELD = "held"
    NOT_HELD = "not_held"
    CANCELLED = "cancelled"


class Totals(BaseModel):
    """Of all sessions of a house that were held. `presences` counts everybody at each, `longest_gap` days."""

    held: int
    presences: int
    longest_gap: int | None
    from_follow_ups: int
    series_led_by_residents: int


class ContinuityView(BaseModel):
    """Whether people keep meeting in a house; `standing` is null where it is not running.

    They met last, or it opened, on `since`; by `meet_by` they should meet again, and on `next_on` they will."""

    standing: Standing | None
    limit_days: int
    since: date | None
    meet_by: date | None
    next_on: date | None
    totals: Totals


class TimelineEntry(BaseModel):
    """One session on a house's timeline. `gap` counts the days since the last one held, where it was held itself."""

    id: UUID
    title: str | None
    kind: Kind | None
    became: Became
    begins: datetime
    on: date
    gap: int | None
    attended: int
    walk_ins: int
    from_follow_up: bool
    led_by_residents: bool


@dataclass(frozen=True)
class Rhythm:
    """How often people of a house should meet, and whether they are expected to at all."""

    limit_days: int
    is_running: bool


async def show_continuity(
    session: AsyncSession, house: UUID, now: datetime, time_zone: str
) -> ContinuityView:
    """Of one house; raises NotFound."""
    rhythm = await _rhythm(session, house)
    totals, last = await _totals(session, house, time_zone)
    since = last or await _opened_on(session, house, time_zone)
    today = shown(now, time_zone).date()
    next_on = await _next_on(session, house, today, time_zone)
    counts = since if rhythm.is_running else None
    return ContinuityView(
        standing=standing(counts, today, next_on, rhythm.limit_days) if counts else None,
        limit_days=rhythm.limit_days,
        since=since,
        meet_by=last_day(counts, rhythm.limit_days) if counts else None,
        next_on=next_on,
        totals=totals,
    )


async def timeline(
    session: AsyncSession, house: UUID, time_zone: str, *, after: UUID | None = None, limit: int = 50
) -> list[TimelineEntry]:
    """What became of the sessions of a house, in order of time; raises NotFound."""
    await show_house(session, house)
    entries = _entries(house, time_zone)
    query = select(entries).order_by(entries.c.begins, entries.c.id).limit(limit)
    if after:
        last = select(entries.c.begins).where(entries.c.id == after).scalar_subquery()
        later = and_(entries.c.begins == last, entries.c.id > after)
        query = query.where(or_(entries.c.begins > last, later))
    return [TimelineEntry(**row) for row in (await session.execute(query)).mappings()]


async def _rhythm(session: AsyncSession, house: UUID) -> Rhythm:
    shown = await show_house(session, house)
    return Rhythm(shown.gap_limit_days, is_running=shown.state in MEETING)


async def _totals(session: AsyncSession, house: UUID, time_zone: str) -> tuple[Totals, date | None]:
    """With the day of the last session held."""
    entries = _entries(house, time_zone)
    query = select(
        func.count().label("held"),
        func.coalesce(func.sum(entries.c.attended + entries.c.walk_ins), 0).label("presences"),
        func.max(entries.c.gap).label("longest_gap"),
        func.count().filter(entries.c.from_follow_up).label("from_follow_ups"),
        func.max(entries.c.on).label("last"),
    ).where(entries.c.became == Became.HELD)
    row: Row[Any] = (await session.execute(query)).one()
    facts = row._asdict()
    last = facts.pop("last")
    led = await session.scalar(_series_led_by_residents(house))
    return Totals(**facts, series_led_by_residents=led or 0), last


async def opened_at(session: AsyncSession, house: UUID) -> datetime | None:
    """As the journal has it, where this stays; None for a house that has not opened yet."""
    opened = literal(HouseOpened.type(), String, literal_execute=True)  # else its index is not used
    query = select(func.min(journal.c.time)).where(journal.c.type == opened, journal.c.house == house)
    at: datetime | None = await session.scalar(query)
    return at


async def _opened_on(session: AsyncSession, house: UUID, time_zone: str) -> date | None:
    at = await opened_at(session, house)
    return shown(at, time_zone).date() if at else None


async def _next_on(session: AsyncSession, house: UUID, today: date, time_zone: str) -> date | None:
    day = _day(time_zone)
    query = select(func.min(day)).where(
        sessions.c.house_id == house, sessions.c.state == SessionState.SCHEDULED, day >= today
    )
    return await session.scalar(query)


def _entries(house: UUID, time_zone: str) -> CTE:
    """Every session of a house whose time came, or that was called off."""
    day = _day(time_zone)
    held = sessions.c.state.in_(HELD)
    before = func.lag(day).over(partition_by=held, order_by=(sessions.c.begins, sessions.c.id))
    state = cast(sessions.c.state, String)
    return (
        select(
            sessions.c.id,
            sessions.c.title,
            sessions.c.kind,
            sessions.c.begins,
            sessions.c.attended,
            sessions.c.walk_ins,
            day.label("on"),
            case((held, literal(Became.HELD.value)), else_=state).label("became"),
            case((held, day - before)).label("gap"),
            _from_follow_up().label("from_follow_up"),
            _led_by_residents().label("led_by_residents"),
        )
        .where(sessions.c.house_id == house, sessions.c.state.in_(PAST), sessions.c.begins.is_not(None))
        .cte("entries")
    )


def _day(time_zone: str) -> ColumnElement[date]:
    """The day that a session begins on, where the clock on the wall hangs."""
    return cast(func.timezone(time_zone, sessions.c.begins), Date)


def _from_follow_up() -> ColumnElement[bool]:
    """Whether people in a room asked for it, once or every time."""
    return sessions.c.follow_up_of.is_not(None)


def _led_by_residents() -> ColumnElement[bool]:
    return exists().where(
        seats.c.session_id == sessions.c.id,
        seats.c.role == SeatRole.HOST,
        seats.c.state == SeatState.REGISTERED,
    )


def _series_led_by_residents(house: UUID) -> Select[int]:
    """That have a host now."""
    live = series.c.state != SeriesState.STOPPED
    return select(func.count()).where(series.c.house_id == house, live, func.cardinality(series.c.hosts) > 0)
