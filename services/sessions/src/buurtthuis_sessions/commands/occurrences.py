"""The sessions that a series makes, moves and takes along when it goes."""

from collections.abc import Sequence
from datetime import date, datetime

from buurtthuis.core.work import Work
from buurtthuis.events import Event
from buurtthuis.events.sessions import Because, SeatRole, SessionCancelled, TaskKind

from buurtthuis_sessions.commands.date_polls import stop_asking
from buurtthuis_sessions.commands.rooms import book_room, release_room, stop_looking, try_to_book
from buurtthuis_sessions.domain.reasons import Why
from buurtthuis_sessions.domain.seating import Wish, live
from buurtthuis_sessions.domain.series.plan import SeriesPlan
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.sessions.session import Session, SessionSource
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.domain.tasks import Task

MOVED = Why(because=Because.SERIES_MOVED)


async def extend(series: Series, work: Work, now: datetime) -> list[Event]:
    times = series.still_to_make(now)
    there = {time for (time,) in await work.read(Session, "occurrence", series_id=series.id)}
    return await make(series, [time for time in times if time not in there], work, now)


async def make(series: Series, times: Sequence[datetime], work: Work, now: datetime) -> list[Event]:
    """A session for each time."""
    events: list[Event] = []
    for time in times:
        source = SessionSource(series.theme_id, series.id, time, series.follow_up_of, series.option_id)
        session, drafted = Session.draft(series.house_id, series.title, source)
        work.keep(session)
        events += [drafted, *await _schedule(series, session, time, work, now)]
    return events


async def _schedule(
    series: Series, session: Session, time: datetime, work: Work, now: datetime
) -> list[Event]:
    """With its hosts and everybody who has a standing seat; without its room it stays a draft, and a question to them."""
    assert series.plan
    plan = series.plan.at(time)
    there = await try_to_book(plan, session.id, work)
    looking = Task.raised(TaskKind.FIND_A_ROOM, series.house_id, now, session=session.id, series=series.id)
    events: list[Event] = [session.schedule(plan, now) if there else work.add(looking)]
    for host in series.hosts[: session.plan.roles.get(SeatRole.HOST, 0)]:
        events += session.take_role(host, SeatRole.HOST, now)
    if not there:
        return events
    for resident in series.standing:
        if live(session.seats, resident) is None:
            events += session.register(resident, now, Wish(standing=True))
    return events


async def move_following(series: Series, plan: SeriesPlan, work: Work, now: datetime) -> list[Event]:
    """The first session from then on goes to the first new time, and so on; what is left over is cancelled."""
    since = plan.local_start.date()
    following = made_since(since, await ahead(series, work, now))
    drafts = made_since(since, await drafts_of(series, work))
    taken = await times_taken(series, work, but=(*following, *drafts))
    coming = plan.between(now, series.made_until or now)
    times = [time for time in coming if time.date() not in series.left_out and time not in taken]
    for session in following:  # each may go where the next one is
        await release_room(session, work)
    events = await drop(drafts, MOVED, work)
    for session, time in zip(following, times, strict=False):
        session.occurrence = time
        events += session.reschedule(plan.at(time), now)
        await book_room(session, work)
    for session in following[len(times) :]:
        session.occurrence = None
        events.append(session.cancel(*MOVED))
    return [*events, *await make(series, times[len(following) :], work, now)]


async def times_taken(series: Series, work: Work, but: Sequence[Session]) -> set[datetime]:
    """The times for which there are other sessions than these, whatever became of them."""
    there = await work.count(Session, "occurrence", series_id=series.id)
    there.subtract((session.occurrence,) for session in but)
    return {time for (time,), times in there.items() if times > 0 and time}


async def cancel_ahead(series: Series, why: Why, work: Work, now: datetime) -> list[Event]:
    """So that they can be made anew."""
    events = await drop(await drafts_of(series, work), why, work)
    for session in await ahead(series, work, now):
        session.occurrence = None
        events.append(await cancel(session, why, work))
    return events


async def drafts_of(series: Series, work: Work) -> list[Session]:
    """Sessions that found no room."""
    return await work.find(Session, series_id=series.id, state=SessionState.DRAFT)


async def drop(drafts: Sequence[Session], why: Why, work: Work) -> list[Event]:
    """With the question for a room."""
    events: list[Event] = []
    for draft in drafts:
        draft.occurrence = None
        await stop_asking(draft, work)
        events += [draft.cancel(*why), *await stop_looking(draft, work)]
    return events


async def cancel(session: Session, why: Why, work: Work) -> SessionCancelled:
    await stop_asking(session, work)
    await release_room(session, work)
    return session.cancel(*why)


async def ahead(series: Series, work: Work, now: datetime) -> list[Session]:
    """Its sessions that have not begun, in order of time."""
    scheduled = await work.find(Session, series_id=series.id, state=SessionState.SCHEDULED)
    return sorted(
        (session for session in scheduled if not session.has_begun(now)),
        key=lambda session: session.begins or now,
    )


async def to_be_led(series: Series, work: Work, now: datetime) -> list[Session]:
    """Those that have not begun, and those that still look for a room."""
    return [*await ahead(series, work, now), *await drafts_of(series, work)]


def made_since(day: date, sessions: Sequence[Session]) -> list[Session]:
    return [session for session in sessions if (made_for := day_of(session)) and made_for >= day]


def day_of(session: Session) -> date | None:
    """The day for which its series made it, wherever it went since."""
    return session.occurrence.date() if session.occurrence else None
