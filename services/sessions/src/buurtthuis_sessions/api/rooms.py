"""Rooms over HTTP."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import Invalid, KeyReused, NotFound, VersionMissing
from buurtthuis.core.work import Receipt
from buurtthuis.http.models import Body, Line, Moment, Page, Paging, Part
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.versions import etag
from fastapi import APIRouter, Query, Response
from pydantic import Field

from buurtthuis_sessions.api.bodies import (
    Capacity,
)
from buurtthuis_sessions.api.buildings import BagId, VeraId
from buurtthuis_sessions.api.people import Everyone, StaffOfAll, StaffOfAllChange
from buurtthuis_sessions.commands import rooms as commands
from buurtthuis_sessions.domain.rooms import Description, Hours, RoomNotInUse, RoomState
from buurtthuis_sessions.queries import rooms
from buurtthuis_sessions.queries.rooms import BookingView, Clock, ClockOrMidnight, RoomView

router = APIRouter(prefix="/rooms", tags=["rooms"])

A_MONTH = timedelta(days=31)
A_YEAR = timedelta(days=366)


class HoursBody(Part):
    weekday: int = Field(ge=1, le=7, examples=[4], description="1 is Monday.")
    opens: Clock = Field(alias="from", examples=["09:00"])
    shuts: ClockOrMidnight = Field(
        alias="until", examples=["22:00"], description="24:00 is the end of the day."
    )


class RoomBody(Body):
    name: Line = Field(examples=["Ontmoetingsruimte Wingerd"])
    address: Line = Field(examples=["Wingerd 1, Waddinxveen"])
    capacity: Capacity
    hours: tuple[HoursBody, ...] = Field((), max_length=50, description="Without any it is always open.")
    wheelchair_accessible: bool = False
    bag_id: BagId | None = None
    vera_id: VeraId | None = None

    def description(self) -> Description:
        """Raises Invalid."""
        return Description(
            name=self.name,
            address=self.address,
            capacity=self.capacity,
            hours=tuple(Hours(**hours.model_dump()) for hours in self.hours),
            wheelchair_accessible=self.wheelchair_accessible,
            bag_id=self.bag_id,
            vera_id=self.vera_id,
        )


@router.post("", status_code=201, summary="Add a room", responses=problems(KeyReused))
async def add_room(body: RoomBody, caller: StaffOfAll) -> Receipt:
    """A plan that names it cannot be for more people than it holds, nor while it is shut or taken."""
    return await caller.run(commands.AddRoom(body.description()), at="/rooms/{id}")


@router.get("", summary="Rooms", responses=problems())
async def list_rooms(
    reader: Everyone,
    page: Paging,
    state: Annotated[RoomState | None, Query(description="Only in this state.")] = None,
) -> Page[RoomView]:
    """In order of adding."""
    async with reader.reading() as session:
        found = await rooms.list_rooms(session, state=state, after=page.after, limit=page.limit)
    return page.of(found)


@router.get("/{id}", summary="One room", responses=problems(NotFound))
async def show_room(id: UUID, reader: Everyone, response: Response) -> RoomView:
    """With its version as ETag."""
    async with reader.reading() as session:
        room = await rooms.show_room(session, id)
    response.headers["ETag"] = etag(room.version)
    return room


@router.put(
    "/{id}", summary="Describe a room otherwise", responses=problems(*MOVING, VersionMissing, RoomNotInUse)
)
async def change_room(id: UUID, body: RoomBody, caller: StaffOfAllChange) -> Receipt:
    """The whole of it; what is booked stands."""
    return await caller.run(commands.ChangeRoom(id, body.description(), caller.version))


@router.post("/{id}/closing", summary="Close a room for good", responses=problems(*MOVING, RoomNotInUse))
async def close_room(id: UUID, caller: StaffOfAll) -> Receipt:
    """It takes no new bookings; what is booked stands."""
    return await caller.run(commands.CloseRoom(id, caller.version))


@router.get("/{id}/bookings", summary="When a room is taken", responses=problems(NotFound))
async def list_bookings(
    id: UUID,
    reader: Everyone,
    since: Annotated[
        Moment | None, Query(alias="from", description="Taken after then; now, unless you say.")
    ] = None,
    until: Annotated[
        Moment | None,
        Query(description="Taken before then; 31 days later, unless you say; 366 at most."),
    ] = None,
) -> list[BookingView]:
    """In order; past sessions too."""
    async with reader.reading() as session:
        since = since or await reader.time(session)
        return await rooms.list_bookings(session, id, since, _until(since, until))


def _until(since: datetime, until: datetime | None) -> datetime:
    try:
        until, latest = until or since + A_MONTH, since + A_YEAR
    except OverflowError:
        raise Invalid("That is beyond the calendar.", place="?from") from None
    if not since < until <= latest:
        raise Invalid("Ask for at least a moment and at most 366 days.", place="?until")
    return until
