"""What can be asked of series. Whatever they make or move happens with them, or not at all.

Locks are taken in one order: the house, the series, its sessions."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import NotFound, Refusal, Refused
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work
from buurtthuis.events import Event
from buurtthuis.events.sessions import Because, SeatRole, TaskKind

from buurtthuis_sessions.commands import occurrences
from buurtthuis_sessions.commands.plans import check_house
from buurtthuis_sessions.commands.rooms import locate
from buurtthuis_sessions.commands.tasks import finish_tasks, look_for_a_host
from buurtthuis_sessions.domain.houses import House, HouseNotOpen
from buurtthuis_sessions.domain.leading import may_act_for_others
from buurtthuis_sessions.domain.reasons import Why
from buurtthuis_sessions.domain.seats import Seat
from buurtthuis_sessions.domain.series.plan import SeriesPlan
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.series.states import SeriesState
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import NOTED, SessionState

on = Handlers()


class NotYoursToEnd(Refused):
    """A series is ended, and taken up again, by staff; or ended by its only host, who led it before. Pause it, or lead it no more."""

    kind = Refusal.FORBIDDEN


PAUSED = Why(because=Because.SERIES_PAUSED)


@dataclass(frozen=True)
class StartSeries:
    house_id: UUID
    title: str
    plan: SeriesPlan
    theme_id: UUID | None = None


@on.command
async def start_series(command: StartSeries, work: Work) -> Result:
    """From nothing, by staff."""
    (await _house(command.house_id, work)).check_plannable()
    now = await work.time()
    series, proposed = Series.propose(command.house_id, command.title, command.theme_id)
    work.keep(series)
    started = series.start(await locate(command.plan, work), now)
    return Result(series, [proposed, started, *await occurrences.extend(series, work, now)])


@dataclass(frozen=True)
class PlanSeries:
    """Start a series on trial, or let one be otherwise from the plan's first time on."""

    series_id: UUID
    plan: SeriesPlan
    by: Actor
    title: str | None = None
    version: Versions | None = None


@on.command
async def plan_series(command: PlanSeries, work: Work) -> Result:
    await check_house(Series, command.series_id, work)
    series = await work.get(Series, command.series_id, command.version)
    series.check_host(command.by)
    now, plan = await work.time(), await locate(command.plan, work)
    if series.state is SeriesState.TRIAL:
        started = series.start(plan, now, command.title)
        return Result(
            series,
            [
                started,
                *await finish_tasks(work, now, kind=TaskKind.FIND_A_HOST, series_id=series.id),
                *await occurrences.extend(series, work, now),
            ],
        )
    return Result(
        series, [series.change(plan, now), *await occurrences.move_following(series, plan, work, now)]
    )


@dataclass(frozen=True)
class ExtendSeries:
    """Its sessions exist as far as the horizon; whoever comes second finds nothing to make, nor in a house that is paused."""

    series_id: UUID
    house_id: UUID


@on.command
async def extend_series(command: ExtendSeries, work: Work) -> Result:
    if not (await work.share(House, command.house_id)).is_plannable:
        return Result(command.series_id)
    series = await work.get(Series, command.series_id)
    return Result(series, await occurrences.extend(series, work, await work.time()))


@dataclass(frozen=True)
class LookAfterSeries:
    """Whether it is at risk, safe again, or to be paused; whoever comes second finds that noted."""

    series_id: UUID
    house_id: UUID


@on.command
async def look_after_series(command: LookAfterSeries, work: Work) -> Result:
    limit = timedelta(days=(await work.share(House, command.house_id)).gap_limit_days)
    series, now = await work.get(Series, command.series_id), await work.time()
    if series.lapse(now):
        return Result(series, await look_for_a_host(series, work, now))
    was = series.state
    looked = series.look(await _last_held(series, work), limit, now)
    match was, series.state:
        case (SeriesState.ACTIVE, SeriesState.AT_RISK):
            return Result(series, [*looked, *await look_for_a_host(series, work, now)])
        case (SeriesState.AT_RISK, SeriesState.ACTIVE):
            return Result(
                series,
                [*looked, *await finish_tasks(work, now, kind=TaskKind.FIND_A_HOST, series_id=series.id)],
            )
        case (_, SeriesState.PAUSED):
            return Result(series, [*looked, *await occurrences.cancel_ahead(series, PAUSED, work, now)])
        case _:
            return Result(series, looked)


@dataclass(frozen=True)
class PauseSeries:
    series_id: UUID
    by: Actor
    version: Versions | None = None


@on.command
async def pause_series(command: PauseSeries, work: Work) -> Result:
    series = await work.get(Series, command.series_id, command.version)
    series.check_host(command.by)
    return Result(
        series, [series.pause(), *await occurrences.cancel_ahead(series, PAUSED, work, await work.time())]
    )


@dataclass(frozen=True)
class ResumeSeries:
    series_id: UUID
    by: Actor
    version: Versions | None = None


@on.command
async def resume_series(command: ResumeSeries, work: Work) -> Result:
    await check_house(Series, command.series_id, work)
    series = await work.get(Series, command.series_id, command.version)
    series.check_host(command.by)
    if not (series.is_live or may_act_for_others(command.by)):
        raise NotYoursToEnd
    now = await work.time()
    return Result(series, [series.resume(now), *await occurrences.extend(series, work, now)])


@dataclass(frozen=True)
class StopSeries:
    series_id: UUID
    reason: str
    by: Actor
    version: Versions | None = None


@on.command
async def stop_series(command: StopSeries, work: Work) -> Result:
    series = await work.get(Series, command.series_id, command.version)
    if not may_act_for_others(command.by):
        await _check_ends(series, command.by, work)
    return Result(series, await stop(series, Why(command.reason), work, await work.time()))


async def _check_ends(series: Series, by: Actor, work: Work) -> None:
    """Not whoever has just come, nor while others lead it too. Raises NotAHost and NotYoursToEnd."""
    series.check_host(by)
    roles = await work.count(Seat, "session_id", resident_id=by.resident, role=SeatRole.HOST)
    held = [id for state in NOTED for id in await work.read(Session, "id", series_id=series.id, state=state)]
    if series.hosts != (by.resident,) or roles.keys().isdisjoint(held):
        raise NotYoursToEnd


async def stop(series: Series, why: Why, work: Work, now: datetime) -> list[Event]:
    """End it, with the sessions that are still to come."""
    stopped = series.stop(*why)
    return [
        stopped,
        *await finish_tasks(work, now, kind=TaskKind.FIND_A_HOST, series_id=series.id),
        *await occurrences.cancel_ahead(series, why, work, now),
    ]


@dataclass(frozen=True)
class LeaveOutDay:
    series_id: UUID
    day: date
    reason: str
    by: Actor
    version: Versions | None = None


@on.command
async def leave_out_day(command: LeaveOutDay, work: Work) -> Result:
    series = await work.get(Series, command.series_id, command.version)
    series.check_host(command.by)
    changed, now = series.leave_out(command.day), await work.time()
    why = Why(command.reason)
    drafts = [
        session
        for session in await occurrences.drafts_of(series, work)
        if occurrences.day_of(session) == command.day
    ]
    dropped = await occurrences.drop(drafts, why, work)
    made = [
        session
        for session in await occurrences.ahead(series, work, now)
        if occurrences.day_of(session) == command.day
    ]
    return Result(
        series, [changed, *dropped, *[await occurrences.cancel(session, why, work) for session in made]]
    )


@dataclass(frozen=True)
class TakeBackDay:
    series_id: UUID
    day: date
    by: Actor
    version: Versions | None = None


@on.command
async def take_back_day(command: TakeBackDay, work: Work) -> Result:
    """A new session where the day is near: the one that was cancelled stays so."""
    await check_house(Series, command.series_id, work)
    series = await work.get(Series, command.series_id, command.version)
    series.check_host(command.by)
    now = await work.time()
    changed, times = series.take_back(command.day, now)
    cancelled = await work.find(Session, series_id=series.id, state=SessionState.CANCELLED)
    gone = [session for session in cancelled if occurrences.day_of(session) == command.day]
    taken = await occurrences.times_taken(series, work, but=gone)
    for session in gone:
        session.occurrence = None
    return Result(
        series,
        [
            changed,
            *await occurrences.make(series, [time for time in times if time not in taken], work, now),
        ],
    )


async def _house(id: UUID, work: Work) -> House:
    try:
        return await work.share(House, id)
    except NotFound:
        raise HouseNotOpen(field="house_id") from None


async def _last_held(series: Series, work: Work) -> datetime | None:
    """They are read, not loaded: a series goes on for years."""
    held = [
        begins
        for state in (SessionState.HELD, SessionState.CLOSED)
        for (begins,) in await work.read(Session, "begins", series_id=series.id, state=state)
    ]
    return max(held, default=None)
