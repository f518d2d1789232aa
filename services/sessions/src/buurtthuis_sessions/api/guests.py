"""What people do without an account, over HTTP: by a code from a letter or a room, and a name that their device made up."""

from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import NoSuchPage, NotFound
from buurtthuis.domain.paper_codes import new_code
from buurtthuis.http.files import ONCE
from buurtthuis.http.models import Body
from buurtthuis.http.policies import PUBLIC, may_cast
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Caller, Visitor
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Response

from buurtthuis_sessions.api.bodies import Code, CodeView, GuestName, SeatWishBody
from buurtthuis_sessions.commands.guests import InviteGuests, JoinGuest, RegisterGuest
from buurtthuis_sessions.commands.seats import WithdrawSeat
from buurtthuis_sessions.domain.follow_ups.states import AlreadyVoted, AttendanceSettled
from buurtthuis_sessions.domain.guests import (
    NoGuestsWithCode,
    NoPlaceForGuests,
    NothingAsGuest,
    guest_of,
)
from buurtthuis_sessions.domain.houses import HouseTakesNoPlans
from buurtthuis_sessions.domain.seating import AlreadyRegistered, NotRegistered, Wish
from buurtthuis_sessions.domain.sessions.states import NotOpenForRegistration
from buurtthuis_sessions.queries import seats
from buurtthuis_sessions.queries.seats import OwnSeat

router = APIRouter(tags=["guests"])

Anybody = Annotated[Visitor, PUBLIC]
Staff = Annotated[Caller, may_cast(Role.STAFF)]
Resident = Annotated[Caller, may_cast(Role.RESIDENT)]
SEATS = "/public/{corporation}/sessions/{id}/seats"


class GuestBody(Body):
    guest: GuestName


class GuestSeatBody(GuestBody, SeatWishBody):
    code: Code

    def wish(self) -> Wish:
        """Nobody knows whether they were there before."""
        return Wish(self.plus_one, newcomer=True, needs=self.needs, called=self.called)


@router.put(
    "/houses/{id}/guest-code", summary="Invite guests", responses=problems(NotFound, HouseTakesNoPlans)
)
async def renew_guest_code(id: UUID, caller: Staff, response: Response) -> CodeView:
    """A code for letters and posters, with which people without an account take a place in the sessions of a house. Shown this once; the one
    from before opens nothing any more."""
    code = new_code()
    await caller.run(InviteGuests(id, code))
    response.headers.update(ONCE)
    return CodeView(code=code)


@router.post(
    SEATS,
    status_code=201,
    summary="Register as a guest",
    responses=problems(
        NoSuchPage,
        NoGuestsWithCode,
        HouseTakesNoPlans,
        NotOpenForRegistration,
        AlreadyRegistered,
        NoPlaceForGuests,
    ),
)
async def register_as_a_guest(id: UUID, body: GuestSeatBody, visitor: Anybody) -> OwnSeat:
    """Without an account, with a code from a letter or from the screen in a room of the same house. The answer is what to say at the door."""
    await visitor.run(RegisterGuest(id, body.guest, body.code, body.wish()))
    return await _seat(id, body, visitor)


@router.post(f"{SEATS}/lookup", summary="What I have as a guest", responses=problems(NoSuchPage))
async def look_up_a_guests_seat(id: UUID, body: GuestBody, visitor: Anybody) -> OwnSeat:
    """In a body, since addresses are written into logs."""
    return await _seat(id, body, visitor)


@router.post(
    f"{SEATS}/withdrawal",
    summary="Give a guest's place back",
    responses=problems(NoSuchPage, NotOpenForRegistration, NotRegistered),
)
async def withdraw_a_guests_seat(id: UUID, body: GuestBody, visitor: Anybody) -> OwnSeat:
    """As long as the session has not begun."""
    await visitor.run(WithdrawSeat(id, guest_of(body.guest)))
    return await _seat(id, body, visitor)


@router.post(
    "/guests/joining",
    status_code=204,
    summary="I was this guest",
    responses=problems(NothingAsGuest, AlreadyVoted, AttendanceSettled),
)
async def join_guest(body: GuestBody, caller: Resident) -> None:
    """Whatever this device did without an account is yours: places, having been there, and having voted where that goes on. It counts once;
    where both you and the guest voted, it is refused, and stays as it is."""
    await caller.run_namelessly(JoinGuest(body.guest, caller.principal.subject))


async def _seat(id: UUID, body: GuestBody, visitor: Anybody) -> OwnSeat:
    async with visitor.reading() as session:
        return await seats.own_seat(session, id, guest_of(body.guest))
