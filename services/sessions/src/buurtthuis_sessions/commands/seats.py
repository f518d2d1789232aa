"""What can be asked of seats."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.events import Event
from buurtthuis.events.sessions import SeatRole
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_sessions.domain.seating import Wish
from buurtthuis_sessions.domain.seats import Seat, SeatState
from buurtthuis_sessions.domain.sessions import Session

on = Handlers()


@dataclass(frozen=True)
class RegisterSeat:
    session_id: UUID
    resident_id: UUID
    plus_one: bool = False
    needs: str | None = None
    version: int | None = None


@on.command
async def register_seat(command: RegisterSeat, work: Work) -> list[Event]:
    """Whoever never came to a session of the house is a newcomer."""
    session = await work.get(Session, command.session_id, command.version)
    came = await work.count(
        Seat, house_id=session.house_id, resident_id=command.resident_id, state=SeatState.ATTENDED
    )
    wish = Wish(command.plus_one, newcomer=not came.total(), needs=command.needs)
    return session.register(command.resident_id, await work.time(), wish)


@dataclass(frozen=True)
class AcceptOffer:
    session_id: UUID
    resident_id: UUID
    version: int | None = None


@on.command
async def accept_offer(command: AcceptOffer, work: Work) -> list[Event]:
    session = await work.get(Session, command.session_id, command.version)
    return session.accept(command.resident_id, await work.time())


@dataclass(frozen=True)
class WithdrawSeat:
    """Also declines an offer, leaves the waiting list, and stops leading the session."""

    session_id: UUID
    resident_id: UUID
    version: int | None = None


@on.command
async def withdraw_seat(command: WithdrawSeat, work: Work) -> list[Event]:
    session = await work.get(Session, command.session_id, command.version)
    return session.withdraw(command.resident_id, await work.time())


@dataclass(frozen=True)
class ConfirmSeat:
    session_id: UUID
    resident_id: UUID
    version: int | None = None


@on.command
async def confirm_seat(command: ConfirmSeat, work: Work) -> list[Event]:
    session = await work.get(Session, command.session_id, command.version)
    return session.confirm_seat(command.resident_id, await work.time())


@dataclass(frozen=True)
class TakeRole:
    session_id: UUID
    resident_id: UUID
    role: SeatRole
    version: int | None = None


@on.command
async def take_role(command: TakeRole, work: Work) -> list[Event]:
    session = await work.get(Session, command.session_id, command.version)
    return session.take_role(command.resident_id, command.role, await work.time())


@dataclass(frozen=True)
class SettleSeats:
    """An offer was not taken in time, or kept seats are kept no longer; whoever comes second finds nothing to do."""

    session_id: UUID


@on.command
async def settle_seats(command: SettleSeats, work: Work) -> list[Event]:
    return (await work.get(Session, command.session_id)).settle(await work.time())
