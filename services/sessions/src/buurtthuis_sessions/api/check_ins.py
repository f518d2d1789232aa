"""The door of a session over HTTP: who is in, and who is not after all."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import Invalid, NotFound
from buurtthuis.core.work import Receipt
from buurtthuis.http.files import ONCE
from buurtthuis.http.models import KEYED, Body, Moment, Part
from buurtthuis.http.policies import may_cast, may_delete
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Caller
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from buurtthuis_sessions.api.bodies import CodeBody, CodeView
from buurtthuis_sessions.api.people import AT_THE_DOOR, DoorReader, at_the_door
from buurtthuis_sessions.api.pictures import SVG, Site, picture, qr
from buurtthuis_sessions.commands.check_ins import CheckIn, CheckOneselfIn, ShowDoorCode
from buurtthuis_sessions.domain.arrivals import DoorNote, DoorShut, NotExpected, TooManyWalkIns
from buurtthuis_sessions.domain.codes import NoDoorWithCode, TooManyTries, new_code
from buurtthuis_sessions.domain.follow_ups.states import AttendanceSettled
from buurtthuis_sessions.domain.houses import HouseIsOver
from buurtthuis_sessions.domain.leading import NotAHost
from buurtthuis_sessions.domain.seating import NotRegistered
from buurtthuis_sessions.domain.tickets import NoSuchTicket
from buurtthuis_sessions.queries import check_ins
from buurtthuis_sessions.queries.check_ins import AttendanceView, DoorView

router = APIRouter(tags=["check-ins"])

#: Hosts are residents; which of them leads a session, the session knows.
Doorkeeper = Annotated[Caller, may_cast(*AT_THE_DOOR)]
Undoing = Annotated[Caller, may_delete(*AT_THE_DOOR)]
Resident = Annotated[Caller, may_cast(Role.RESIDENT)]
Said = Annotated[
    str,
    Field(
        min_length=1,
        max_length=60,
        examples=["12"],
        description="What somebody says or shows at the door: the number of their place, its word, or its id.",
    ),
    KEYED,
]
WalkInId = Annotated[UUID, Field(description="Made up by whoever counts, one for each person.")]
REFUSED_AT_THE_DOOR = (NotFound, NotAHost, DoorShut, AttendanceSettled, HouseIsOver)
AT_A_PLACE = (*REFUSED_AT_THE_DOOR, NoSuchTicket, NotExpected)


class NoteBody(Part):
    seat: Said | None = None
    walk_in: WalkInId | None = None
    undone: bool = Field(False, description="They are not in after all.")
    at: Moment = Field(
        examples=["2030-01-10T19:31:00+01:00"], description="When it was noted, by the device's clock."
    )

    def note(self, sent_at: datetime, index: int) -> DoorNote:
        """Raises Invalid where it is about nobody, or about two."""
        of = self.seat or self.walk_in
        if of is None or (self.seat and self.walk_in):
            raise Invalid("Say which place, or which walk-in.", field=("notes", index, "seat"))
        return DoorNote(of, self.undone, sent_at - self.at)


class QueueBody(Body):
    notes: tuple[NoteBody, ...] = Field(
        min_length=1,
        max_length=2000,
        examples=[[{"seat": "12", "at": "2030-01-10T19:24:00+01:00"}]],
        description="In any order, and as often as you like: the same comes of it.",
    )
    sent_at: Moment = Field(
        examples=["2030-01-10T20:05:00+01:00"],
        description="What the device's clock shows now, so that it does no harm where it is wrong.",
    )

    def queue(self) -> tuple[DoorNote, ...]:
        """Raises Invalid."""
        return tuple(each.note(self.sent_at, index) for index, each in enumerate(self.notes))


class QueueTaken(BaseModel):
    """What became of a queue: who is in now. Of those notes that are `left_out`, by their place in it, nobody is expected: look them
    up, or count them as walk-ins."""

    left_out: list[int]
    door: DoorView


@router.get("/sessions/{id}/check-ins", summary="Who is in", responses=problems(NotFound, NotAHost))
async def show_door(id: UUID, reader: DoorReader) -> DoorView:
    """For hosts and staff, by number and word. What somebody is called is for hosts only, where they told them."""
    async with reader.reading() as session:
        return await check_ins.show_door(session, id, at_the_door(reader), await reader.time(session))


@router.get(
    "/sessions/{id}/attendance",
    summary="Who came, and what hangs on it",
    responses=problems(NotFound, NotAHost),
)
async def show_attendance(id: UUID, reader: DoorReader) -> AttendanceView:
    """For hosts and staff: read before it is put right, it says what that changes and what stays."""
    async with reader.reading() as session:
        return await check_ins.show_attendance(session, id, at_the_door(reader), await reader.time(session))


@router.post(
    "/sessions/{id}/check-ins",
    summary="Send what was noted without reception",
    responses=problems(*REFUSED_AT_THE_DOOR, TooManyWalkIns),
)
async def take_queue(id: UUID, body: QueueBody, caller: Doorkeeper) -> QueueTaken:
    """With the moment of each. Of what several devices noted of one person the last counts, however late it comes.

    While those who were there vote it is refused: send it again when that is decided."""
    queue = body.queue()
    await caller.run(CheckIn(id, queue, caller.actor, late=True))
    async with caller.reading() as session:
        door = await check_ins.show_door(session, id, at_the_door(caller), await caller.time(session))
    left_out = [
        index for index, each in enumerate(queue) if isinstance(each.of, str) and not door.expects(each.of)
    ]
    return QueueTaken(left_out=left_out, door=door)


@router.put("/sessions/{id}/check-ins/{seat}", summary="Somebody is in", responses=problems(*AT_A_PLACE))
async def check_in(id: UUID, seat: Annotated[Said, Path()], caller: Doorkeeper) -> Receipt:
    """By number, word or picture. Whoever is in already stays in."""
    return await caller.run(CheckIn(id, (DoorNote(seat),), caller.actor))


@router.delete(
    "/sessions/{id}/check-ins/{seat}",
    status_code=204,
    summary="They are not in after all",
    responses=problems(*AT_A_PLACE),
)
async def undo_check_in(id: UUID, seat: Annotated[Said, Path()], caller: Undoing) -> None:
    """It was noted by mistake."""
    await caller.run(CheckIn(id, (DoorNote(seat, undone=True),), caller.actor))


@router.put(
    "/sessions/{id}/walk-ins/{walk_in}",
    summary="Somebody walks in",
    responses=problems(*REFUSED_AT_THE_DOOR, TooManyWalkIns),
)
async def count_walk_in(id: UUID, walk_in: WalkInId, caller: Doorkeeper) -> Receipt:
    """Without a place, one at a time; the same id again is the same person."""
    return await caller.run(CheckIn(id, (DoorNote(walk_in),), caller.actor))


@router.delete(
    "/sessions/{id}/walk-ins/{walk_in}",
    status_code=204,
    summary="Nobody walked in after all",
    responses=problems(*REFUSED_AT_THE_DOOR, TooManyWalkIns),
)
async def undo_walk_in(id: UUID, walk_in: WalkInId, caller: Undoing) -> None:
    """It was counted by mistake."""
    await caller.run(CheckIn(id, (DoorNote(walk_in, undone=True),), caller.actor))


@router.put(
    "/sessions/{id}/door-code",
    summary="Let people check themselves in",
    responses=problems(NotFound, NotAHost, DoorShut),
)
async def renew_door_code(id: UUID, caller: Doorkeeper, response: Response) -> CodeView:
    """A code to show at the door, on a screen. Made anew each time: the one from before opens nothing any more."""
    code = new_code()
    await caller.run(ShowDoorCode(id, code, caller.actor))
    response.headers.update(ONCE)
    return CodeView(code=code)


@router.get(
    "/sessions/{id}/door-code", summary="The code to show at the door", responses=problems(NotFound, NotAHost)
)
async def show_door_code(id: UUID, reader: DoorReader, response: Response) -> CodeView:
    """For hosts and staff."""
    response.headers.update(ONCE)
    return CodeView(code=await _code(id, reader))


@router.get(
    "/sessions/{id}/door-code/picture",
    summary="The code at the door, as a drawing",
    response_class=Response,
    responses=picture(SVG) | problems(NotFound, NotAHost),
)
async def draw_door_code(id: UUID, reader: DoorReader, site: Site = None) -> Response:
    """A QR code for phones, at any size."""
    return Response(qr(await _code(id, reader), site, "svg"), 200, ONCE, SVG)


@router.post(
    "/check-ins",
    summary="Check oneself in",
    responses=problems(*MOVING, NoDoorWithCode, TooManyTries, NotRegistered, DoorShut, AttendanceSettled),
)
async def check_oneself_in(body: CodeBody, caller: Resident) -> Receipt:
    """With the code that is shown at the door, where one has a place. Whoever has none tells whoever is at the door."""
    return await caller.run(CheckOneselfIn(body.code, caller.principal.subject))


async def _code(id: UUID, reader: DoorReader) -> str:
    async with reader.reading() as session:
        return await check_ins.show_code(session, id, at_the_door(reader), await reader.time(session))
