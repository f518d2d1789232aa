"""What sessions can be asked to do."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from buurtthuis.errors import NotFound
from buurtthuis.events.sessions import (
    HouseOpened,
    SeatRegistered,
    SeatWithdrawn,
    SessionCancelled,
    SessionDrafted,
    SessionHeld,
    SessionScheduled,
)
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_sessions.domain import House, HouseNotOpen, Plan, Session

on = Handlers()


@dataclass(frozen=True)
class OpenHouse:
    title: str
    town: str
    dwellings: int
    label: str | None = None
    ends_on: date | None = None


@on.command
async def open_house(command: OpenHouse, work: Work) -> HouseOpened:
    return work.add(
        House.open(command.title, command.town, command.dwellings, command.label, command.ends_on)
    )


@dataclass(frozen=True)
class DraftSession:
    house_id: UUID
    title: str


@on.command
async def draft_session(command: DraftSession, work: Work) -> SessionDrafted:
    try:
        house = await work.get(House, command.house_id)
    except NotFound:
        raise HouseNotOpen(field="/house_id") from None
    return work.add(Session.draft(house.id, command.title))


@dataclass(frozen=True)
class ScheduleSession:
    session_id: UUID
    plan: Plan
    title: str | None = None
    version: int | None = None


@on.command
async def schedule_session(command: ScheduleSession, work: Work) -> SessionScheduled:
    session = await work.get(Session, command.session_id, command.version)
    return session.schedule(command.plan, work.now, command.title)


@dataclass(frozen=True)
class RegisterSeat:
    session_id: UUID
    resident_id: UUID
    version: int | None = None


@on.command
async def register_seat(command: RegisterSeat, work: Work) -> SeatRegistered:
    session = await work.get(Session, command.session_id, command.version)
    return session.register(command.resident_id, work.now)


@dataclass(frozen=True)
class WithdrawSeat:
    session_id: UUID
    resident_id: UUID
    version: int | None = None


@on.command
async def withdraw_seat(command: WithdrawSeat, work: Work) -> SeatWithdrawn:
    session = await work.get(Session, command.session_id, command.version)
    return session.withdraw(command.resident_id, work.now)


@dataclass(frozen=True)
class HoldSession:
    session_id: UUID
    attended: tuple[UUID, ...]
    walk_ins: int = 0
    version: int | None = None


@on.command
async def hold_session(command: HoldSession, work: Work) -> SessionHeld:
    session = await work.get(Session, command.session_id, command.version)
    return session.hold(command.attended, command.walk_ins, work.now)


@dataclass(frozen=True)
class CancelSession:
    session_id: UUID
    reason: str
    version: int | None = None


@on.command
async def cancel_session(command: CancelSession, work: Work) -> SessionCancelled:
    return (await work.get(Session, command.session_id, command.version)).cancel(command.reason)
