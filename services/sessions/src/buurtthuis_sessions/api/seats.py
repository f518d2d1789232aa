"""Seats over HTTP."""

from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.core.work import Receipt
from buurtthuis.domain.neighbours import NotOfThisHouse
from buurtthuis.http.files import ONCE
from buurtthuis.http.models import Page, Paging
from buurtthuis.http.problems import MOVING, problems
from fastapi import APIRouter, Response

from buurtthuis_sessions.api.bodies import RegisterBody, ResidentBody, RoleBody
from buurtthuis_sessions.api.people import DoorReader, Host, Resident, at_the_door, whose
from buurtthuis_sessions.api.pictures import SVG, Site, picture, qr
from buurtthuis_sessions.commands import seats as commands
from buurtthuis_sessions.domain.leading import NotAHost
from buurtthuis_sessions.domain.seating import AlreadyRegistered, NothingOffered, NotRegistered, RoleTaken
from buurtthuis_sessions.domain.sessions.states import NotOpenForRegistration
from buurtthuis_sessions.queries import seats
from buurtthuis_sessions.queries.seats import Appointment, OwnSeat, SeatView

router = APIRouter(tags=["seats"])

SITTING = (*MOVING, NotOpenForRegistration)
FOR_ONESELF = ResidentBody(resident_id=None)
JUST_ME = RegisterBody(resident_id=None, plus_one=False, needs=None, called=None)


@router.get("/sessions/{id}/seats", summary="Who has a place", responses=problems(NotFound, NotAHost))
async def list_seats(id: UUID, reader: DoorReader) -> list[SeatView]:
    """For staff and hosts, in order of turn; residents by pseudonym. What people need is for hosts only."""
    async with reader.reading() as session:
        return await seats.list_seats(session, id, at_the_door(reader), await reader.time(session))


@router.post(
    "/sessions/{id}/seats",
    status_code=201,
    summary="Register for a session",
    responses=problems(*SITTING, AlreadyRegistered, NotOfThisHouse),
)
async def register_seat(id: UUID, caller: Host, body: RegisterBody = JUST_ME) -> Receipt:
    """A place, or a turn on the waiting list: `seats/mine` tells which.

    For the people of the house; staff register whoever asked at the door or by phone."""
    resident = whose(body.resident_id, caller)
    command = commands.RegisterSeat(
        id, resident, caller.actor, body.plus_one, body.needs, body.called, caller.version
    )
    return await caller.run(command, at="/sessions/{id}")


@router.get("/sessions/{id}/seats/mine", summary="What I have in a session", responses=problems(NotFound))
async def own_seat(id: UUID, reader: Resident) -> OwnSeat:
    """A place, an offer, or a turn with its position."""
    async with reader.reading() as session:
        return await seats.own_seat(session, id, reader.principal.subject)


@router.get(
    "/sessions/{id}/seats/mine/picture",
    summary="My place, to be shown at the door",
    response_class=Response,
    responses=picture(SVG) | problems(NotFound),
)
async def draw_own_seat(id: UUID, reader: Resident, site: Site = None) -> Response:
    """A QR code, on a phone or on paper. Whoever cannot show it says the number or the word."""
    async with reader.reading() as session:
        seat = await seats.own_seat(session, id, reader.principal.subject)
    return Response(qr(str(seat.id), site, "svg"), 200, ONCE, SVG)


@router.post(
    "/sessions/{id}/acceptance",
    summary="Take the place offered",
    responses=problems(*SITTING, NothingOffered),
)
async def accept_offer(id: UUID, caller: Host, body: ResidentBody = FOR_ONESELF) -> Receipt:
    """In time: an offer that ran out went to the next in line."""
    return await caller.run(commands.AcceptOffer(id, whose(body.resident_id, caller), caller.version))


@router.post("/sessions/{id}/confirmation", summary="Still come", responses=problems(*SITTING, NotRegistered))
async def confirm_seat(id: UUID, caller: Host, body: ResidentBody = FOR_ONESELF) -> Receipt:
    """The answer to being asked again, where the session is at another time or place."""
    return await caller.run(commands.ConfirmSeat(id, whose(body.resident_id, caller), caller.version))


@router.post(
    "/sessions/{id}/withdrawal", summary="Give a place back", responses=problems(*SITTING, NotRegistered)
)
async def withdraw_seat(id: UUID, caller: Host, body: ResidentBody = FOR_ONESELF) -> Receipt:
    """Also to decline an offer, to leave the waiting list, or to lead the session no more.

    As long as it has not begun; whoever waited longest can have the place."""
    return await caller.run(commands.WithdrawSeat(id, whose(body.resident_id, caller), caller.version))


@router.post(
    "/sessions/{id}/roles",
    status_code=201,
    summary="Lead, interpret or look after children",
    responses=problems(*SITTING, NotAHost, AlreadyRegistered, RoleTaken, commands.NotInvited, NotOfThisHouse),
)
async def take_role(id: UUID, body: RoleBody, caller: Host) -> Receipt:
    """In a seat apart from the capacity, which staff and hosts give.

    Unasked, a resident leads what has no host and followed from a session that they were at, and nothing else."""
    resident = body.resident_id or whose(None, caller)
    command = commands.TakeRole(id, resident, body.role, caller.actor, caller.version)
    return await caller.run(command, at="/sessions/{id}")


@router.get("/agenda/mine", summary="My own agenda", responses=problems())
async def own_agenda(reader: Resident, page: Paging) -> Page[Appointment]:
    """Places, offers and turns in what is ahead, in order of registering."""
    async with reader.reading() as session:
        found = await seats.agenda(
            session,
            reader.principal.subject,
            await reader.time(session),
            after=page.after,
            limit=page.limit,
        )
    return page.of(found)
