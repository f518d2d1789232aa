"""What can be read of series."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.events.sessions import Because, Kind, Risk, SeatRole
from buurtthuis.http.models import WallClock
from buurtthuis.persistence.looking import Now
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, CompoundSelect, Select, func, literal, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.domain.holidays import DayOff, Region, days_off
from buurtthuis_sessions.domain.houses import PLANNABLE
from buurtthuis_sessions.domain.recurrence import between
from buurtthuis_sessions.domain.series.series import HORIZON
from buurtthuis_sessions.domain.series.states import GOING_ON, SeriesState
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.queries.sessions import AT_ONCE, Viewer, in_open_house, was_at
from buurtthuis_sessions.storage.houses import houses
from buurtthuis_sessions.storage.series import series
from buurtthuis_sessions.storage.sessions import sessions

#: The horizon moves on in steps of a day.
STEP = timedelta(days=1)
MOST_DATES = 100


class SeriesPlanView(BaseModel):
    """When, where and for whom; the first time is on the wall's clock."""

    model_config = ConfigDict(from_attributes=True)

    kind: Kind
    starts_at: WallClock = Field(validation_alias="local_start")
    minutes: int
    time_zone: str
    rule: str
    place: str
    capacity: int
    languages: list[str]
    room_id: UUID | None
    roles: dict[SeatRole, int]
    newcomer_seats: int


class SeriesView(BaseModel):
    """A series as a client reads it. Who leads it, and who has a standing seat, is for staff and hosts."""

    id: UUID
    house_id: UUID
    title: str | None
    theme_id: UUID | None
    follow_up_of: UUID | None
    confirm_by: datetime | None
    state: SeriesState
    plan: SeriesPlanView | None
    led: bool
    left_out: list[date]
    made_until: datetime | None
    risk: Risk | None
    at_risk_since: datetime | None
    reason: str | None
    because: Because | None
    version: int
    hosts: list[UUID] | None = None
    standing: list[UUID] | None = None


class SessionDay(BaseModel):
    """A day on which the series has a session, and why few people may come."""

    starts_at: WallClock
    days_off: list[DayOff]


@dataclass(frozen=True)
class Wanted:
    """Which series; all of it together."""

    house: UUID | None = None
    state: SeriesState | None = None
    follow_up_of: UUID | None = None


async def list_series(
    session: AsyncSession, viewer: Viewer, wanted: Wanted, *, after: UUID | None = None, limit: int = 50
) -> list[SeriesView]:
    """In order of being proposed; on trial for the people who make them, and for whoever leads one."""
    query = select(series).where(*_conditions(wanted), *_seen_by(viewer))
    query = query.where(series.c.id > after) if after else query
    rows = await session.execute(query.order_by(series.c.id).limit(limit))
    return [_view(row, viewer) for row in rows.mappings()]


async def show_series(session: AsyncSession, id: UUID, viewer: Viewer) -> SeriesView:
    """One series; raises NotFound."""
    found = await session.execute(select(series).where(series.c.id == id, *_seen_by(viewer)))
    row = found.mappings().one_or_none()
    if row is None:
        raise NotFound(what="series", id=id)
    return _view(row, viewer)


async def list_days(
    session: AsyncSession, id: UUID, viewer: Viewer, now: datetime, region: Region | None
) -> list[SessionDay]:
    """The next times, up to a year ahead; raises NotFound."""
    found = await show_series(session, id, viewer)
    if found.plan is None or found.state not in GOING_ON:
        return []
    plan = found.plan
    times = between(plan.rule, plan.starts_at, plan.time_zone, now, now + timedelta(days=366))
    coming = [time for time in times if time.date() not in found.left_out]
    return [
        SessionDay(starts_at=time, days_off=days_off(time.date(), region)) for time in coming[:MOST_DATES]
    ]


def to_extend(now: Now) -> Select[UUID, UUID]:
    """Series and their houses, where there are no sessions as far as the horizon."""
    near = or_(series.c.made_until.is_(None), series.c.made_until <= now + HORIZON - STEP)
    return _in_plannable_houses().where(series.c.state.in_(GOING_ON), near).limit(AT_ONCE)


def to_look_after(now: Now) -> CompoundSelect[UUID, UUID]:
    """Series and their houses, where no host came in time, nobody met for long or people met again, or time is up."""
    held = (
        sessions.c.corporation == series.c.corporation,
        sessions.c.series_id == series.c.id,
        sessions.c.state.in_((SessionState.HELD, SessionState.CLOSED)),
    )
    last = func.greatest(
        select(func.max(sessions.c.begins)).where(*held).scalar_subquery(), series.c.started_at
    )
    met_again = last + func.make_interval(0, 0, 0, 0, 24 * houses.c.gap_limit_days) >= now
    going_on = series.c.state.in_(GOING_ON)
    return union(
        _in_plannable_houses().where(series.c.state == SeriesState.TRIAL, series.c.confirm_by <= now),
        _in_plannable_houses().where(going_on, or_(series.c.look_at.is_(None), series.c.look_at < now)),
        _in_plannable_houses().where(series.c.risk == Risk.GAP, met_again),
    ).limit(AT_ONCE)


def _in_plannable_houses() -> Select[UUID, UUID]:
    query = select(series.c.id, series.c.house_id).join(houses, houses.c.id == series.c.house_id)
    return query.where(houses.c.state.in_(PLANNABLE))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    equal = {
        series.c.house_id: wanted.house,
        series.c.state: wanted.state,
        series.c.follow_up_of: wanted.follow_up_of,
    }
    return [column == value for column, value in equal.items() if value]


def _seen_by(viewer: Viewer) -> list[ColumnElement[bool]]:
    leads = literal(viewer.resident) == series.c.hosts.any_()
    if viewer.drafts:
        return []
    known = (series.c.state != SeriesState.TRIAL) | was_at(series.c.follow_up_of, viewer)
    return [(known & in_open_house(series.c.house_id)) | leads]


def _view(row: Mapping[Any, Any], viewer: Viewer) -> SeriesView:
    found = SeriesView.model_validate({**row, "led": bool(row["hosts"])}, from_attributes=True)
    if viewer.drafts or viewer.resident in row["hosts"]:
        return found
    return found.model_copy(update={"hosts": None, "standing": None})
