"""What can be asked of series. Whatever they make or move happens with them, or not at all.

Locks are taken in one order: the house, the series, its sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from buurtthuis.errors import NotFound
from buurtthuis.events import Event
from buurtthuis.events.sessions import SeatRole, TaskKind
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_sessions.commands.plans import check_house
from buurtthuis_sessions.commands.rooms import book_room, found_room, placed, release_room, stop_looking
from buurtthuis_sessions.commands.seats import NotInvited
from buurtthuis_sessions.domain.houses import House, HouseNotOpen
from buurtthuis_sessions.domain.seating import Wish, live
from buurtthuis_sessions.domain.seats import Seat, SeatState
from buurtthuis_sessions.domain.series import GOING_ON, Series, SeriesPlan, SeriesState
from buurtthuis_sessions.domain.sessions import Session, SessionState, Source
from buurtthuis_sessions.domain.tasks import Task

on = Handlers()

MOVED = "Het tijdstip is anders geworden."
PAUSED = "Deze reeks ligt even stil."


@dataclass(frozen=True)
class StartSeries:
    house_id: UUID
    title: str
    plan: SeriesPlan
    theme_id: UUID | None = None


@on.command
async def start_series(command: StartSeries, work: Work) -> list[Event]:
    """From nothing, by staff."""
    (await _house(command.house_id, work)).check_plannable()
    now = await work.time()
    newborn = Series.propose(command.house_id, command.title, command.theme_id)
    proposed, series = work.add(newborn), newborn[0]
    started = series.start(await placed(command.plan, work), now)
    return [proposed, started, *await _extend(series, work, now)]


@dataclass(frozen=True)
class PlanSeries:
    """Start a series on trial, or let one be otherwise from the plan's first time on."""

    series_id: UUID
    plan: SeriesPlan
    title: str | None = None
    by: UUID | None = None
    version: int | None = None


@on.command
async def plan_series(command: PlanSeries, work: Work) -> list[Event]:
    await check_house(Series, command.series_id, work)
    series = await work.get(Series, command.series_id, command.version)
    series.check_host(command.by)
    now, plan = await work.time(), await placed(command.plan, work)
    if series.state is SeriesState.TRIAL:
        started = series.start(plan, now, command.title)
        return [started, *await _host_found(series, work, now), *await _extend(series, work, now)]
    return [series.change(plan, now), *await _move_following(series, plan, work, now)]


@dataclass(frozen=True)
class ExtendSeries:
    """Its sessions exist as far as the horizon; whoever comes second finds nothing to make, nor in a house that is paused."""

    series_id: UUID
    house_id: UUID


@on.command
async def extend_series(command: ExtendSeries, work: Work) -> list[Event]:
    if not (await work.share(House, command.house_id)).is_plannable:
        return []
    return await _extend(await work.get(Series, command.series_id), work, await work.time())


@dataclass(frozen=True)
class LookAfterSeries:
    """Whether it is at risk, safe again, or to be paused; whoever comes second finds that noted."""

    series_id: UUID
    house_id: UUID


@on.command
async def look_after_series(command: LookAfterSeries, work: Work) -> list[Event]:
    limit = timedelta(days=(await work.share(House, command.house_id)).gap_limit_days)
    series, now = await work.get(Series, command.series_id), await work.time()
    if series.lapse(now):
        return [work.add(Task.raised(TaskKind.FIND_A_HOST, series.house_id, now, series=series.id))]
    was = series.state
    looked = series.look(await _last_held(series, work), limit, now)
    match was, series.state:
        case (SeriesState.ACTIVE, SeriesState.AT_RISK):
            return [
                *looked,
                work.add(Task.raised(TaskKind.FIND_A_HOST, series.house_id, now, series=series.id)),
            ]
        case (SeriesState.AT_RISK, SeriesState.ACTIVE):
            return [*looked, *await _host_found(series, work, now)]
        case (_, SeriesState.PAUSED):
            return [*looked, *await _cancel_ahead(series, PAUSED, work, now)]
        case _:
            return looked


@dataclass(frozen=True)
class PauseSeries:
    series_id: UUID
    by: UUID | None = None
    version: int | None = None


@on.command
async def pause_series(command: PauseSeries, work: Work) -> list[Event]:
    series = await work.get(Series, command.series_id, command.version)
    series.check_host(command.by)
    return [series.pause(), *await _cancel_ahead(series, PAUSED, work, await work.time())]


@dataclass(frozen=True)
class ResumeSeries:
    series_id: UUID
    by: UUID | None = None
    version: int | None = None


@on.command
async def resume_series(command: ResumeSeries, work: Work) -> list[Event]:
    await check_house(Series, command.series_id, work)
    series = await work.get(Series, command.series_id, command.version)
    series.check_host(command.by)
    now = await work.time()
    return [series.resume(now), *await _extend(series, work, now)]


@dataclass(frozen=True)
class StopSeries:
    series_id: UUID
    reason: str
    by: UUID | None = None
    version: int | None = None


@on.command
async def stop_series(command: StopSeries, work: Work) -> list[Event]:
    series = await work.get(Series, command.series_id, command.version)
    series.check_host(command.by)
    return await stop(series, command.reason, work, await work.time())


async def stop(series: Series, reason: str, work: Work, now: datetime) -> list[Event]:
    """End it, with the sessions that are still to come."""
    stopped = series.stop(reason)
    return [stopped, *await _host_found(series, work, now), *await _cancel_ahead(series, reason, work, now)]


@dataclass(frozen=True)
class LeaveOutDay:
    series_id: UUID
    day: date
    reason: str
    by: UUID | None = None
    version: int | None = None


@on.command
async def leave_out_day(command: LeaveOutDay, work: Work) -> list[Event]:
    series = await work.get(Series, command.series_id, command.version)
    series.check_host(command.by)
    changed, now = series.leave_out(command.day), await work.time()
    drafts = [one for one in await _drafts(series, work) if _day(one) == command.day]
    dropped = await _drop(drafts, command.reason, work)
    made = [one for one in await _ahead(series, work, now) if _day(one) == command.day]
    return [changed, *dropped, *[await _cancelled(one, command.reason, work) for one in made]]


@dataclass(frozen=True)
class TakeBackDay:
    series_id: UUID
    day: date
    by: UUID | None = None
    version: int | None = None


@on.command
async def take_back_day(command: TakeBackDay, work: Work) -> list[Event]:
    """A new session where the day is near: the one that was cancelled stays so."""
    await check_house(Series, command.series_id, work)
    series = await work.get(Series, command.series_id, command.version)
    series.check_host(command.by)
    now = await work.time()
    changed, times = series.take_back(command.day, now)
    cancelled = await work.find(Session, series_id=series.id, state=SessionState.CANCELLED)
    gone = [one for one in cancelled if _day(one) == command.day]
    taken = await _taken(series, work, but=gone)
    for one in gone:
        one.occurrence = None
    return [changed, *await _made(series, [one for one in times if one not in taken], work, now)]


@dataclass(frozen=True)
class WelcomeHost:
    """`by` is the resident who asks, or None for staff."""

    series_id: UUID
    resident_id: UUID
    by: UUID | None = None
    version: int | None = None


@on.command
async def welcome_host(command: WelcomeHost, work: Work) -> list[Event]:
    series = await work.get(Series, command.series_id, command.version)
    if command.by is not None and command.by not in series.hosts:
        await _check_own_idea(command, series, work)
    now = await work.time()
    events = series.welcome(command.resident_id)
    for session in await _ahead(series, work, now):
        if _may_lead(session, command.resident_id):
            events += session.take_role(command.resident_id, SeatRole.HOST, now)
    if series.state is SeriesState.AT_RISK:  # nobody met for long, and a host alone does not change that
        return events
    return [*events, *await _host_found(series, work, now)]


@dataclass(frozen=True)
class FarewellHost:
    """Of every session that is still to come."""

    series_id: UUID
    resident_id: UUID
    version: int | None = None


@on.command
async def farewell_host(command: FarewellHost, work: Work) -> list[Event]:
    series = await work.get(Series, command.series_id, command.version)
    now, was = await work.time(), series.state
    events = series.farewell(command.resident_id, now)
    for session in await _ahead(series, work, now):
        if command.resident_id in session.hosts:
            events += session.withdraw(command.resident_id, now)
    if (was, series.state) == (SeriesState.ACTIVE, SeriesState.AT_RISK):
        events.append(work.add(Task.raised(TaskKind.FIND_A_HOST, series.house_id, now, series=series.id)))
    return events


@dataclass(frozen=True)
class TakeStandingSeat:
    series_id: UUID
    resident_id: UUID
    version: int | None = None


@on.command
async def take_standing_seat(command: TakeStandingSeat, work: Work) -> list[Event]:
    """A place in every session that is still to come, or a turn where there is none."""
    series = await work.get(Series, command.series_id, command.version)
    series.stand(command.resident_id)
    now = await work.time()
    events: list[Event] = []
    for session in await _ahead(series, work, now):
        if live(session.seats, command.resident_id) is None:
            events += session.register(command.resident_id, now, Wish(standing=True))
    return events


@dataclass(frozen=True)
class GiveUpStandingSeat:
    series_id: UUID
    resident_id: UUID
    version: int | None = None


@on.command
async def give_up_standing_seat(command: GiveUpStandingSeat, work: Work) -> list[Event]:
    """And the place in every session that is still to come."""
    series = await work.get(Series, command.series_id, command.version)
    series.stand_no_more(command.resident_id)
    now = await work.time()
    events: list[Event] = []
    for session in await _ahead(series, work, now):
        seat = live(session.seats, command.resident_id)
        if seat and seat.standing:
            events += session.withdraw(command.resident_id, now)
    return events


async def _house(id: UUID, work: Work) -> House:
    try:
        return await work.share(House, id)
    except NotFound:
        raise HouseNotOpen(field="/house_id") from None


async def _extend(series: Series, work: Work, now: datetime) -> list[Event]:
    times = series.still_to_make(now)
    there = {one for (one,) in await work.count(Session, "occurrence", series_id=series.id)}
    return await _made(series, [one for one in times if one not in there], work, now)


async def _made(series: Series, times: Sequence[datetime], work: Work, now: datetime) -> list[Event]:
    """A session for each time."""
    events: list[Event] = []
    for time in times:
        source = Source(series.theme_id, series.id, time, series.follow_up_of)
        newborn = Session.draft(series.house_id, series.title, source)
        events += [work.add(newborn), *await _scheduled(series, newborn[0], time, work, now)]
    return events


async def _scheduled(
    series: Series, session: Session, time: datetime, work: Work, now: datetime
) -> list[Event]:
    """With its hosts and everybody who has a standing seat; without its room it stays a draft, and a question to them."""
    assert series.plan
    plan = series.plan.at(time)
    there = await found_room(plan, session.id, work)
    looking = Task.raised(TaskKind.FIND_A_ROOM, series.house_id, now, session=session.id, series=series.id)
    events: list[Event] = [session.schedule(plan, now) if there else work.add(looking)]
    for host in series.hosts[: session.roles.get(SeatRole.HOST, 0)]:
        events += session.take_role(host, SeatRole.HOST, now)
    if not there:
        return events
    for resident in series.standing:
        if live(session.seats, resident) is None:
            events += session.register(resident, now, Wish(standing=True))
    return events


async def _move_following(series: Series, plan: SeriesPlan, work: Work, now: datetime) -> list[Event]:
    """The first session from then on goes to the first new time, and so on; what is left over is cancelled."""
    since = plan.starts_at.date()
    following = _since(since, await _ahead(series, work, now))
    drafts = _since(since, await _drafts(series, work))
    taken = await _taken(series, work, but=(*following, *drafts))
    coming = plan.between(now, series.made_until or now)
    times = [one for one in coming if one.date() not in series.left_out and one not in taken]
    for session in following:  # each may go where the next one is
        await release_room(session, work)
    events = await _drop(drafts, MOVED, work)
    for session, time in zip(following, times, strict=False):
        session.occurrence = time
        events += session.reschedule(plan.at(time), now)
        await book_room(session, work)
    for session in following[len(times) :]:
        session.occurrence = None
        events.append(session.cancel(MOVED))
    return [*events, *await _made(series, times[len(following) :], work, now)]


async def _taken(series: Series, work: Work, but: Sequence[Session]) -> set[datetime]:
    """The times for which there are other sessions than these, whatever became of them."""
    there = await work.count(Session, "occurrence", series_id=series.id)
    there.subtract((one.occurrence,) for one in but)
    return {time for (time,), times in there.items() if times > 0 and time}


async def _cancel_ahead(series: Series, reason: str, work: Work, now: datetime) -> list[Event]:
    """So that they can be made anew."""
    events = await _drop(await _drafts(series, work), reason, work)
    for session in await _ahead(series, work, now):
        session.occurrence = None
        events.append(await _cancelled(session, reason, work))
    return events


async def _drafts(series: Series, work: Work) -> list[Session]:
    """Sessions that found no room."""
    return await work.find(Session, series_id=series.id, state=SessionState.DRAFT)


async def _drop(drafts: Sequence[Session], reason: str, work: Work) -> list[Event]:
    """With the question for a room."""
    events: list[Event] = []
    for draft in drafts:
        draft.occurrence = None
        events += [draft.cancel(reason), *await stop_looking(draft, work)]
    return events


async def _cancelled(session: Session, reason: str, work: Work) -> Event:
    await release_room(session, work)
    return session.cancel(reason)


async def _ahead(series: Series, work: Work, now: datetime) -> list[Session]:
    """Its sessions that have not begun, in order of time."""
    scheduled = await work.find(Session, series_id=series.id, state=SessionState.SCHEDULED)
    return sorted((one for one in scheduled if not one.has_begun(now)), key=lambda one: one.begins or now)


async def _last_held(series: Series, work: Work) -> datetime | None:
    """They are counted, not loaded: a series goes on for years."""
    held = [
        begins
        for state in (SessionState.HELD, SessionState.CLOSED)
        for (begins,) in await work.count(Session, "begins", series_id=series.id, state=state)
    ]
    return max(held, default=None)


async def _host_found(series: Series, work: Work, now: datetime) -> list[Event]:
    looking = await work.find(Task, series_id=series.id, kind=TaskKind.FIND_A_HOST, done_at=None)
    return [done for task in looking for done in task.finish(now)]


async def _check_own_idea(command: WelcomeHost, series: Series, work: Work) -> None:
    """Whoever leads sees what people need and can cancel: not for passers-by. Raises NotInvited."""
    own = command.resident_id == command.by and (
        series.state is SeriesState.TRIAL or series.state in GOING_ON
    )
    if not own or not await _was_there(command.resident_id, series, work):
        raise NotInvited


async def _was_there(resident: UUID, series: Series, work: Work) -> bool:
    """At the session it follows from, or at one of its own."""
    if series.follow_up_of and (await work.share(Session, series.follow_up_of)).came(resident):
        return True
    came = await work.count(Seat, "session_id", resident_id=resident, state=SeatState.ATTENDED)
    its_own = await work.count(Session, "id", series_id=series.id)
    return not came.keys().isdisjoint(its_own.keys())


def _may_lead(session: Session, resident: UUID) -> bool:
    seat = live(session.seats, resident)
    return (seat is None or seat.role is None) and len(session.hosts) < session.roles.get(SeatRole.HOST, 0)


def _since(day: date, sessions: Sequence[Session]) -> list[Session]:
    return [one for one in sessions if (made_for := _day(one)) and made_for >= day]


def _day(session: Session) -> date | None:
    """The day for which its series made it, wherever it went since."""
    return session.occurrence.date() if session.occurrence else None
