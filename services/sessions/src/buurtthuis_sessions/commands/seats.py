"""What can be asked of seats."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work
from buurtthuis.events.sessions import HostWithdrew, SeatRole, TaskKind

from buurtthuis_sessions.commands.membership import check_belongs
from buurtthuis_sessions.commands.tasks import finish_tasks, look_for_a_host
from buurtthuis_sessions.domain.leading import NotAHost, may_lead
from buurtthuis_sessions.domain.seating import Wish
from buurtthuis_sessions.domain.seats import Seat, SeatState
from buurtthuis_sessions.domain.sessions.session import Session

on = Handlers()


class NotInvited(Refused):
    """A host or staff asks who leads, interprets or looks after children. Unasked one leads what has no host, and follows from a session that one was at."""

    kind = Refusal.FORBIDDEN


@dataclass(frozen=True)
class RegisterSeat:
    session_id: UUID
    resident_id: UUID
    by: Actor
    plus_one: bool = False
    needs: str | None = None
    called: str | None = None
    version: Versions | None = None


@on.command
async def register_seat(command: RegisterSeat, work: Work) -> Result:
    """Whoever never came to a session of the house, nor had a role in one, is a newcomer."""
    await check_belongs(command.resident_id, command.by, Session, command.session_id, work)
    session = await work.get(Session, command.session_id, command.version)
    known = await _is_known(command.resident_id, session.house_id, work)
    wish = Wish(command.plus_one, newcomer=not known, needs=command.needs, called=command.called)
    return Result(session, session.register(command.resident_id, await work.time(), wish))


async def _is_known(resident: UUID, house: UUID, work: Work) -> bool:
    """Whether somebody came to a session of the house before, or had a role in one."""
    had = await work.count(Seat, "state", "role", house_id=house, resident_id=resident)
    return any(state is SeatState.ATTENDED or role for state, role in had)


@dataclass(frozen=True)
class AcceptOffer:
    session_id: UUID
    resident_id: UUID
    version: Versions | None = None


@on.command
async def accept_offer(command: AcceptOffer, work: Work) -> Result:
    session = await work.get(Session, command.session_id, command.version)
    return Result(session, session.accept(command.resident_id, await work.time()))


@dataclass(frozen=True)
class WithdrawSeat:
    """Also declines an offer, leaves the waiting list, and stops leading the session."""

    session_id: UUID
    resident_id: UUID
    version: Versions | None = None


@on.command
async def withdraw_seat(command: WithdrawSeat, work: Work) -> Result:
    session = await work.get(Session, command.session_id, command.version)
    now = await work.time()
    gone = session.withdraw(command.resident_id, now)
    if any(isinstance(event, HostWithdrew) and event.left == 0 for event in gone):
        session.wait_for_a_host(now, work.corporation.time_zone)
        gone += await look_for_a_host(session, work, now)
    return Result(session, gone)


@dataclass(frozen=True)
class ConfirmSeat:
    session_id: UUID
    resident_id: UUID
    version: Versions | None = None


@on.command
async def confirm_seat(command: ConfirmSeat, work: Work) -> Result:
    session = await work.get(Session, command.session_id, command.version)
    return Result(session, session.confirm_seat(command.resident_id, await work.time()))


@dataclass(frozen=True)
class TakeRole:
    session_id: UUID
    resident_id: UUID
    role: SeatRole
    by: Actor
    version: Versions | None = None


@on.command
async def take_role(command: TakeRole, work: Work) -> Result:
    await check_belongs(command.resident_id, command.by, Session, command.session_id, work)
    session = await work.get(Session, command.session_id, command.version)
    if not may_lead(command.by, session.hosts):
        await _check_own_idea(command, session, work)
    now = await work.time()
    taken = session.take_role(command.resident_id, command.role, now)
    return Result(
        session,
        [*taken, *await finish_tasks(work, now, kind=TaskKind.FIND_A_HOST, session_id=session.id)]
        if session.hosts
        else taken,
    )


async def _check_own_idea(command: TakeRole, session: Session, work: Work) -> None:
    """Whoever leads a session sees what people need and can cancel it, and parents leave their children with whoever
    looks after them: not for passers-by, nor beside those who do. Raises NotAHost and NotInvited."""
    if command.resident_id != command.by.resident:
        raise NotAHost
    wanted = command.role is SeatRole.HOST and not session.hosts
    if not wanted or not await _was_there(command.resident_id, session, work):
        raise NotInvited


async def _was_there(resident: UUID, session: Session, work: Work) -> bool:
    if session.follow_up_of is None:
        return False
    return (await work.share(Session, session.follow_up_of)).came(resident)


@dataclass(frozen=True)
class SettleSeats:
    """An offer was not taken in time, or kept seats are kept no longer; whoever comes second finds nothing to do."""

    session_id: UUID


@on.command
async def settle_seats(command: SettleSeats, work: Work) -> Result:
    session = await work.get(Session, command.session_id)
    return Result(session, session.settle(await work.time()))
