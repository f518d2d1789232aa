"""How a session comes to have a room, in memory."""

from datetime import datetime
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.errors import Outdated
from buurtthuis.events.sessions import SeatRole
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_sessions.app import service
from buurtthuis_sessions.commands.rooms import AddRoom, ChangeRoom, CloseRoom, UnknownRoom
from buurtthuis_sessions.commands.sessions import (
    CancelSession,
    ChangeCapacity,
    NotHoldSession,
    PlanSession,
)
from buurtthuis_sessions.domain.plans import Plan
from buurtthuis_sessions.domain.rooms import Description, Room, RoomTaken, RoomTooSmall
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.wall_clocks import moment

from tests.actors import STAFF
from tests.sessions.builders import THURSDAY, a_plan, a_session_in

ZONE = "Europe/Amsterdam"
ROOM = Description("Ontmoetingsruimte", "Wingerd 1", 20)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def backbone(clock: Clock) -> FakeBackbone:
    return FakeBackbone(service, clock=clock)


def a_plan_at(room: UUID | None, hour: int = 19, *, place: str = "", capacity: int = 12) -> Plan:
    roles = {SeatRole.HOST: 2, SeatRole.INTERPRETER: 1}
    return a_plan(
        THURSDAY.replace(hour=hour, minute=0), place=place, capacity=capacity, room_id=room, roles=roles
    )


async def a_room(backbone: FakeBackbone) -> UUID:
    return (await backbone.run("sessions", AddRoom(ROOM))).id


async def booked(backbone: FakeBackbone, room: UUID) -> list[tuple[UUID, int]]:
    """Which session has it, from which hour in UTC."""
    rooms = {one.id: one for one in await backbone.kept("sessions", Room)}
    return [(one.session_id, one.begins.hour) for one in rooms[room].bookings]


async def place_of(backbone: FakeBackbone, session: UUID) -> str:
    return next(one.planned.place for one in await backbone.kept("sessions", Session) if one.id == session)


async def test_a_session_books_the_room_that_its_plan_names(backbone: FakeBackbone) -> None:
    room = await a_room(backbone)
    session = await a_session_in(backbone, a_plan_at(room))
    assert await booked(backbone, room) == [(session, 18)]


async def test_a_session_in_a_room_is_at_a_place_of_its_name(backbone: FakeBackbone) -> None:
    session = await a_session_in(backbone, a_plan_at(await a_room(backbone)))
    assert await place_of(backbone, session) == "Ontmoetingsruimte"


async def test_a_place_of_its_own_goes_before_the_name_of_the_room(backbone: FakeBackbone) -> None:
    session = await a_session_in(backbone, a_plan_at(await a_room(backbone), place="Achterzaal"))
    assert await place_of(backbone, session) == "Achterzaal"


async def test_a_session_in_a_room_that_is_taken_is_not_planned(backbone: FakeBackbone) -> None:
    room = await a_room(backbone)
    await a_session_in(backbone, a_plan_at(room))
    with pytest.raises(RoomTaken):
        await a_session_in(backbone, a_plan_at(room, 20))


async def test_a_room_nobody_knows_cannot_be_booked(backbone: FakeBackbone) -> None:
    with pytest.raises(UnknownRoom):
        await a_session_in(backbone, a_plan_at(uuid4()))


async def test_a_moved_session_moves_its_booking(backbone: FakeBackbone) -> None:
    room = await a_room(backbone)
    session = await a_session_in(backbone, a_plan_at(room), a_plan_at(room, 20))
    assert await booked(backbone, room) == [(session, 19)]


async def test_a_session_that_goes_to_another_room_leaves_the_one_it_had(backbone: FakeBackbone) -> None:
    old, new = await a_room(backbone), await a_room(backbone)
    session = await a_session_in(backbone, a_plan_at(old), a_plan_at(new))
    assert await booked(backbone, old) == []
    assert await booked(backbone, new) == [(session, 18)]


async def test_a_session_that_finds_the_other_room_taken_keeps_its_own(backbone: FakeBackbone) -> None:
    old, new = await a_room(backbone), await a_room(backbone)
    await a_session_in(backbone, a_plan_at(new))
    session = await a_session_in(backbone, a_plan_at(old))
    with pytest.raises(RoomTaken):
        await backbone.run("sessions", PlanSession(session, a_plan_at(new), by=STAFF))
    assert await booked(backbone, old) == [(session, 18)]


async def test_a_session_that_goes_outdoors_leaves_its_room(backbone: FakeBackbone) -> None:
    room = await a_room(backbone)
    await a_session_in(backbone, a_plan_at(room), a_plan_at(None, place="Het park"))
    assert await booked(backbone, room) == []


async def test_a_cancelled_session_leaves_its_room(backbone: FakeBackbone) -> None:
    room = await a_room(backbone)
    session = await a_session_in(backbone, a_plan_at(room))
    await backbone.run("sessions", CancelSession(session, "De verwarming is kapot.", by=STAFF))
    assert await booked(backbone, room) == []


async def test_a_session_that_was_not_held_leaves_its_room(backbone: FakeBackbone, clock: Clock) -> None:
    room = await a_room(backbone)
    session = await a_session_in(backbone, a_plan_at(room))
    clock.move_to(moment(datetime.fromisoformat("2019-01-10T19:05"), ZONE))
    await backbone.run("sessions", NotHoldSession(session, "Er kwam niemand.", by=STAFF))
    assert await booked(backbone, room) == []


@pytest.mark.parametrize("capacity", [17, 18])
async def test_people_with_a_role_need_room_as_well(backbone: FakeBackbone, capacity: int) -> None:
    session = await a_session_in(backbone, a_plan_at(await a_room(backbone)))
    change = ChangeCapacity(session, capacity, by=STAFF)
    if capacity + 3 <= ROOM.capacity:
        await backbone.run("sessions", change)
    else:
        with pytest.raises(RoomTooSmall):
            await backbone.run("sessions", change)


async def test_a_booking_does_not_outdate_what_staff_read_of_a_room(backbone: FakeBackbone) -> None:
    room = await a_room(backbone)
    await a_session_in(backbone, a_plan_at(room))
    assert (await backbone.run("sessions", ChangeRoom(room, ROOM, 1))).version == 2


async def test_a_room_that_somebody_else_changed_is_not_overwritten(backbone: FakeBackbone) -> None:
    room = await a_room(backbone)
    await backbone.run("sessions", ChangeRoom(room, ROOM, 1))
    for command in (ChangeRoom(room, ROOM, 1), CloseRoom(room, 1)):
        with pytest.raises(Outdated):
            await backbone.run("sessions", command)
