"""What can be asked of sessions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import NotFound
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work
from buurtthuis.events import Event
from buurtthuis.events.sessions import (
    AttendanceCorrected,
    AttendanceMissing,
    SessionCancelled,
    SessionDrafted,
    SessionHeld,
    SessionNotHeld,
    SessionReported,
)

from buurtthuis_sessions.commands.date_polls import stop_asking
from buurtthuis_sessions.commands.follow_ups import check_may_be_corrected, is_voted_on
from buurtthuis_sessions.commands.plans import check_house, check_kept
from buurtthuis_sessions.commands.rooms import book_room, locate, release_room, stop_looking
from buurtthuis_sessions.commands.tasks import look_for_a_host
from buurtthuis_sessions.domain.follow_ups.states import VotedOn
from buurtthuis_sessions.domain.houses import House, HouseNotOpen
from buurtthuis_sessions.domain.plans import Plan
from buurtthuis_sessions.domain.sessions.session import Session, SessionSource
from buurtthuis_sessions.domain.sessions.states import SessionState

on = Handlers()


@dataclass(frozen=True)
class DraftSession:
    house_id: UUID
    title: str
    theme_id: UUID | None = None


@on.command
async def draft_session(command: DraftSession, work: Work) -> SessionDrafted:
    try:
        house = await work.share(House, command.house_id)
    except NotFound:
        raise HouseNotOpen(field="house_id") from None
    house.check_plannable()
    return work.add(Session.draft(house.id, command.title, SessionSource(theme=command.theme_id)))


@dataclass(frozen=True)
class PlanSession:
    """Schedule a draft, or move what is scheduled to another time or place."""

    session_id: UUID
    plan: Plan
    by: Actor
    title: str | None = None
    version: Versions | None = None


@on.command
async def plan_session(command: PlanSession, work: Work) -> Result:
    await check_house(Session, command.session_id, work)
    session = await work.get(Session, command.session_id, command.version)
    session.check_host(command.by)
    now, left = await work.time(), session.room_id
    plan = await locate(command.plan, work, left)
    happened = _schedule_or_move(session, plan, now, command.title)
    await stop_asking(session, work)
    await book_room(session, work, left)
    return Result(session, [*happened, *await stop_looking(session, work)])


def _schedule_or_move(session: Session, plan: Plan, now: datetime, title: str | None) -> list[Event]:
    if session.state is SessionState.DRAFT:
        return [session.schedule(plan, now, title)]
    return session.reschedule(plan, now, title)


@dataclass(frozen=True)
class RenameSession:
    session_id: UUID
    title: str
    by: Actor
    version: Versions | None = None


@on.command
async def rename_session(command: RenameSession, work: Work) -> Result:
    await check_kept(Session, command.session_id, work)
    session = await work.get(Session, command.session_id, command.version)
    session.check_host(command.by)
    return Result(session, session.rename(command.title))


@dataclass(frozen=True)
class ChangeCapacity:
    session_id: UUID
    capacity: int
    by: Actor
    version: Versions | None = None
    no_new_places: bool = False


@on.command
async def change_capacity(command: ChangeCapacity, work: Work) -> Result:
    session = await work.get(Session, command.session_id, command.version)
    session.check_host(command.by)
    happened = session.change_capacity(
        command.capacity, await work.time(), no_new_places=command.no_new_places
    )
    await book_room(session, work)
    return Result(session, happened)


@dataclass(frozen=True)
class HoldSession:
    """By these and so many who walked in; or by whoever was noted at the door, where it is not said."""

    session_id: UUID
    attended: tuple[UUID, ...] | None
    by: Actor
    walk_ins: int | None = None
    version: Versions | None = None


@on.command
async def hold_session(command: HoldSession, work: Work) -> SessionHeld:
    await check_kept(Session, command.session_id, work)
    session = await work.get(Session, command.session_id, command.version)
    session.check_host(command.by)
    return session.hold(command.attended, command.walk_ins, await work.time())


@dataclass(frozen=True)
class CorrectAttendance:
    session_id: UUID
    attended: tuple[UUID, ...] | None
    by: Actor
    walk_ins: int | None = None
    version: Versions | None = None


@on.command
async def correct_attendance(command: CorrectAttendance, work: Work) -> AttendanceCorrected:
    """What was decided by those who were there stays; as long as they are voting, who they are stays too."""
    await check_kept(Session, command.session_id, work)
    session = await work.get(Session, command.session_id, command.version)
    session.check_host(command.by)
    await check_may_be_corrected(session, work)
    return session.correct(command.attended, command.walk_ins, await work.time())


@dataclass(frozen=True)
class NotHoldSession:
    session_id: UUID
    reason: str
    by: Actor
    version: Versions | None = None


@on.command
async def not_hold_session(command: NotHoldSession, work: Work) -> SessionNotHeld:
    await check_kept(Session, command.session_id, work)
    session = await work.get(Session, command.session_id, command.version)
    session.check_host(command.by)
    if await is_voted_on(session.id, work):
        raise VotedOn
    not_held = session.not_hold(command.reason, await work.time())
    await release_room(session, work)
    return not_held


@dataclass(frozen=True)
class ReportSession:
    session_id: UUID
    report: str
    by: Actor
    version: Versions | None = None


@on.command
async def report_session(command: ReportSession, work: Work) -> SessionReported:
    session = await work.get(Session, command.session_id, command.version)
    session.check_host(command.by)
    return session.close(command.report)


@dataclass(frozen=True)
class RewriteReport:
    session_id: UUID
    report: str
    by: Actor
    version: Versions | None = None


@on.command
async def rewrite_report(command: RewriteReport, work: Work) -> SessionReported:
    """The words before are in nothing that was said, either."""
    await check_kept(Session, command.session_id, work)
    session = await work.get(Session, command.session_id, command.version)
    session.check_host(command.by)
    await work.redact_about([session.id], "report")
    return session.rewrite(command.report)


@dataclass(frozen=True)
class CancelSession:
    session_id: UUID
    reason: str
    by: Actor
    version: Versions | None = None


@on.command
async def cancel_session(command: CancelSession, work: Work) -> SessionCancelled:
    session = await work.get(Session, command.session_id, command.version)
    session.check_host(command.by)
    cancelled = session.cancel(command.reason)
    await stop_asking(session, work)
    await release_room(session, work)
    return cancelled


@dataclass(frozen=True)
class AskWhoCame:
    """A session is over and nobody noted anything; whoever comes second finds that asked."""

    session_id: UUID


@on.command
async def ask_who_came(command: AskWhoCame, work: Work) -> AttendanceMissing | None:
    return (await work.get(Session, command.session_id)).ask_who_came(await work.time())


@dataclass(frozen=True)
class LapseConfirmation:
    """No host took the draft on in time; whoever comes second finds that noted."""

    session_id: UUID


@on.command
async def lapse_confirmation(command: LapseConfirmation, work: Work) -> Result:
    session, now = await work.get(Session, command.session_id), await work.time()
    return Result(session, await look_for_a_host(session, work, now) if session.lapse(now) else [])
