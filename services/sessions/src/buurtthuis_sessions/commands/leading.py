"""Who leads a series, and who has a seat in it every time."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work
from buurtthuis.events import Event
from buurtthuis.events.sessions import SeatRole, TaskKind

from buurtthuis_sessions.commands import occurrences
from buurtthuis_sessions.commands.membership import check_belongs
from buurtthuis_sessions.commands.seats import NotInvited
from buurtthuis_sessions.commands.tasks import finish_tasks, look_for_a_host
from buurtthuis_sessions.domain.leading import may_lead
from buurtthuis_sessions.domain.seating import Wish, live
from buurtthuis_sessions.domain.seats import Seat, SeatState
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.series.states import LED, SeriesState
from buurtthuis_sessions.domain.sessions.session import Session

on = Handlers()


@dataclass(frozen=True)
class WelcomeHost:
    series_id: UUID
    resident_id: UUID
    by: Actor
    version: Versions | None = None


@on.command
async def welcome_host(command: WelcomeHost, work: Work) -> Result:
    await check_belongs(command.resident_id, command.by, Series, command.series_id, work)
    series = await work.get(Series, command.series_id, command.version)
    if not may_lead(command.by, series.hosts):
        await _check_own_idea(command, series, work)
    now = await work.time()
    events = series.welcome(command.resident_id)
    for session in await occurrences.to_be_led(series, work, now):
        if _may_lead(session, command.resident_id):
            events += session.take_role(command.resident_id, SeatRole.HOST, now)
    if series.state is SeriesState.AT_RISK:  # nobody met for long, and a host alone does not change that
        return Result(series, events)
    return Result(
        series, [*events, *await finish_tasks(work, now, kind=TaskKind.FIND_A_HOST, series_id=series.id)]
    )


@dataclass(frozen=True)
class FarewellHost:
    """Of every session that is still to come."""

    series_id: UUID
    resident_id: UUID
    version: Versions | None = None


@on.command
async def farewell_host(command: FarewellHost, work: Work) -> Result:
    series = await work.get(Series, command.series_id, command.version)
    now = await work.time()
    events = series.farewell(command.resident_id, now)
    for session in await occurrences.to_be_led(series, work, now):
        if command.resident_id in session.hosts:
            events += session.withdraw(command.resident_id, now)
    if series.hosts or series.state not in LED:
        return Result(series, events)
    series.wait_for_a_host(now, work.corporation.time_zone)
    return Result(series, [*events, *await look_for_a_host(series, work, now)])


@dataclass(frozen=True)
class TakeStandingSeat:
    series_id: UUID
    resident_id: UUID
    by: Actor
    version: Versions | None = None


@on.command
async def take_standing_seat(command: TakeStandingSeat, work: Work) -> Result:
    """A place in every session that is still to come, or a turn where there is none."""
    await check_belongs(command.resident_id, command.by, Series, command.series_id, work)
    series = await work.get(Series, command.series_id, command.version)
    series.stand(command.resident_id)
    now = await work.time()
    events: list[Event] = []
    for session in await occurrences.ahead(series, work, now):
        if live(session.seats, command.resident_id) is None:
            events += session.register(command.resident_id, now, Wish(standing=True))
    return Result(series, events)


@dataclass(frozen=True)
class GiveUpStandingSeat:
    series_id: UUID
    resident_id: UUID
    version: Versions | None = None


@on.command
async def give_up_standing_seat(command: GiveUpStandingSeat, work: Work) -> Result:
    """And the place in every session that is still to come."""
    series = await work.get(Series, command.series_id, command.version)
    series.stand_no_more(command.resident_id)
    now = await work.time()
    events: list[Event] = []
    for session in await occurrences.ahead(series, work, now):
        seat = live(session.seats, command.resident_id)
        if seat and seat.standing:
            events += session.withdraw(command.resident_id, now)
    return Result(series, events)


async def _check_own_idea(command: WelcomeHost, series: Series, work: Work) -> None:
    """Whoever leads sees what people need and can cancel: not for passers-by, nor beside those who do. Raises NotInvited."""
    own = command.resident_id == command.by.resident and series.wants_a_host
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
    return (seat is None or seat.role is None) and len(session.hosts) < session.plan.roles.get(
        SeatRole.HOST, 0
    )
