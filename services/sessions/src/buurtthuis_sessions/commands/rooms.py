"""What can be asked of rooms, and how a session comes to have one.

Whoever needs a session and rooms locks the session first, then its rooms in order of id.
"""

from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID

from buurtthuis.core.errors import NotFound, Refusal, Refused
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Versions, Work
from buurtthuis.events.sessions import RoomAdded, RoomChanged, RoomClosed, TaskDone, TaskKind

from buurtthuis_sessions.commands.tasks import finish_tasks
from buurtthuis_sessions.domain.plans import Plan
from buurtthuis_sessions.domain.rooms import (
    Booking,
    Description,
    Room,
    RoomNotInUse,
    RoomShut,
    RoomTaken,
    RoomTooSmall,
)
from buurtthuis_sessions.domain.series.plan import SeriesPlan
from buurtthuis_sessions.domain.sessions.session import Session

on = Handlers()

P = TypeVar("P", Plan, SeriesPlan)


class UnknownRoom(Refused):
    """There is no room with this id."""

    kind = Refusal.INVALID


NOT_TO_BE_HAD = (UnknownRoom, RoomTaken, RoomShut, RoomTooSmall, RoomNotInUse)


@dataclass(frozen=True)
class AddRoom:
    description: Description


@on.command
async def add_room(command: AddRoom, work: Work) -> RoomAdded:
    return work.add(Room.add(command.description))


@dataclass(frozen=True)
class ChangeRoom:
    room_id: UUID
    description: Description
    version: Versions | None = None


@on.command
async def change_room(command: ChangeRoom, work: Work) -> RoomChanged:
    return (await work.get(Room, command.room_id, command.version)).change(command.description)


@dataclass(frozen=True)
class CloseRoom:
    room_id: UUID
    version: Versions | None = None


@on.command
async def close_room(command: CloseRoom, work: Work) -> RoomClosed:
    return (await work.get(Room, command.room_id, command.version)).close()


async def locate(plan: P, work: Work, left: UUID | None = None) -> P:
    """The plan of a session or a series; without a place of its own it is at its room. Raises UnknownRoom."""
    rooms = await _locked(work, plan.room_id, left)
    if plan.room_id and not plan.place:
        return replace(plan, place=rooms[plan.room_id].name)
    return plan


async def book_room(session: Session, work: Work, left: UUID | None = None) -> None:
    """The session has the room that its plan names, and the one it `left` is free.

    Raises UnknownRoom, RoomTaken, RoomShut, RoomTooSmall or RoomNotInUse."""
    rooms = await _locked(work, session.room_id, left)
    if left and left != session.room_id:
        rooms[left].release(session.id)
    if session.room_id:
        assert session.begins
        assert session.ends
        wanted = Booking(session.id, session.begins, session.ends)
        await _book(rooms[session.room_id], wanted, session.planned.people, work)


async def try_to_book(plan: Plan, session: UUID, work: Work) -> bool:
    """Book the room that a plan names, if it names one; says whether it was to be had. Raises UnknownRoom."""
    if plan.room_id is None:
        return True
    room = (await _locked(work, plan.room_id))[plan.room_id]
    try:
        await _book(room, Booking(session, plan.begins, plan.ends), plan.people, work)
    except NOT_TO_BE_HAD:
        return False
    return True


async def release_room(session: Session, work: Work) -> None:
    """Whatever room the session had, somebody else can have."""
    for room in (await _locked(work, session.room_id)).values():
        room.release(session.id)


async def stop_looking(session: Session, work: Work) -> list[TaskDone]:
    """Nobody has to find a room for this session any more."""
    return await finish_tasks(work, await work.time(), kind=TaskKind.FIND_A_ROOM, session_id=session.id)


async def _book(room: Room, wanted: Booking, people: int, work: Work) -> None:
    room.book(wanted, people, work.corporation.time_zone, await work.time())


async def _locked(work: Work, *ids: UUID | None) -> dict[UUID, Room]:
    try:
        return {id: await work.get(Room, id) for id in sorted(id for id in set(ids) if id)}
    except NotFound:
        raise UnknownRoom(field="room_id") from None
