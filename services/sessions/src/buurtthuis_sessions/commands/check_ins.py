"""What can be asked of the door of a session: who is in, and who is not after all."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work
from buurtthuis.events import Event

from buurtthuis_sessions.commands.codes import opened
from buurtthuis_sessions.commands.follow_ups import check_may_be_corrected
from buurtthuis_sessions.commands.plans import check_kept
from buurtthuis_sessions.domain.arrivals import DoorNote
from buurtthuis_sessions.domain.codes import NoDoorWithCode, as_typed
from buurtthuis_sessions.domain.sessions.session import Session

on = Handlers()


@dataclass(frozen=True)
class CheckIn:
    """What was noted at the door; `late` where a device sends what it noted while it had no reception."""

    session_id: UUID
    notes: tuple[DoorNote, ...]
    by: Actor
    late: bool = False


@on.command
async def check_in(command: CheckIn, work: Work) -> Result:
    await check_kept(Session, command.session_id, work)
    session = await work.get(Session, command.session_id)
    session.check_host(command.by)
    happened = session.check_in(command.notes, await work.time(), late=command.late)
    return await _unless_they_vote(session, happened, work)


@dataclass(frozen=True)
class ShowDoorCode:
    """The code from before opens nothing any more."""

    session_id: UUID
    code: str
    by: Actor


@on.command
async def show_door_code(command: ShowDoorCode, work: Work) -> Result:
    session = await work.get(Session, command.session_id)
    session.check_host(command.by)
    session.show_code(command.code, await work.time())
    return Result(session)


@dataclass(frozen=True)
class CheckOneselfIn:
    code: str
    resident_id: UUID


@on.command
async def check_oneself_in(command: CheckOneselfIn, work: Work) -> Result:
    """Answers with the session. Raises TooManyTries, or NoDoorWithCode, which is counted."""
    shown = await work.find_one(Session, door_code=as_typed(command.code))
    session = await opened(shown, command.resident_id, NoDoorWithCode(field="code"), work)
    happened = session.check_oneself_in(command.resident_id, await work.time())
    return await _unless_they_vote(session, happened, work)


@dataclass(frozen=True)
class ShutDoor:
    """A session has been over for a day; whoever comes second finds nothing to forget."""

    session_id: UUID


@on.command
async def shut_door(command: ShutDoor, work: Work) -> None:
    (await work.get(Session, command.session_id)).shut_the_door()


async def _unless_they_vote(session: Session, happened: list[Event], work: Work) -> Result:
    """Raises AttendanceSettled where those who were there are voting, and it would be others."""
    if happened:
        await check_may_be_corrected(session, work)
    return Result(session, happened)
