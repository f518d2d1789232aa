"""What can be asked for people without an account, and what becomes of it when they have one."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work
from buurtthuis.domain.ballots import BallotBox, box_of, voter_id
from buurtthuis.events import Event

from buurtthuis_sessions.commands.date_polls import join_answers
from buurtthuis_sessions.commands.follow_ups import check_may_be_corrected
from buurtthuis_sessions.commands.plans import check_house
from buurtthuis_sessions.domain.codes import as_typed
from buurtthuis_sessions.domain.follow_ups.states import VoteState
from buurtthuis_sessions.domain.follow_ups.vote import FollowUpVote, Voter
from buurtthuis_sessions.domain.guests import NoGuestsWithCode, NothingAsGuest, digest, guest_of
from buurtthuis_sessions.domain.houses import House
from buurtthuis_sessions.domain.seating import Wish
from buurtthuis_sessions.domain.seats import Seat
from buurtthuis_sessions.domain.sessions.session import Session

on = Handlers()


@dataclass(frozen=True)
class InviteGuests:
    """With a code for letters and posters; the one from before opens nothing any more."""

    house_id: UUID
    code: str


@on.command
async def invite_guests(command: InviteGuests, work: Work) -> Result:
    house = await work.get(House, command.house_id)
    house.check_plannable()
    house.guest_digest = digest(command.code)
    return Result(house)


@dataclass(frozen=True)
class RegisterGuest:
    """By a code from a letter, or from the screen in a room of the same house."""

    session_id: UUID
    guest: UUID
    code: str
    wish: Wish


@on.command
async def register_guest(command: RegisterGuest, work: Work) -> Result:
    await check_house(Session, command.session_id, work)
    for (house,) in await work.read(Session, "house_id", id=command.session_id):
        await _check_code(command.code, house, work)
    session = await work.get(Session, command.session_id)
    happened = session.register_guest(guest_of(command.guest), await work.time(), command.wish)
    return Result(session, happened)


@dataclass(frozen=True)
class JoinGuest:
    """A resident was this guest: what the guest had, and voted, is theirs, and counts once."""

    guest: UUID
    resident_id: UUID


@on.command
async def join_guest(command: JoinGuest, work: Work) -> Result:
    guest, resident = guest_of(command.guest), command.resident_id
    voted = await _join_ballots(guest, resident, work)
    happened: list[Event] = []
    answered = await join_answers(guest, resident, work)
    sessions = sorted({id for (id,) in await work.read(Seat, "session_id", resident_id=guest)})
    for id in sessions:
        happened += await _join_seats(id, guest, resident, work)
    if not (voted or answered or sessions):
        raise NothingAsGuest(field="guest")
    return Result(None, happened)


async def _check_code(code: str, house: UUID, work: Work) -> None:
    """Raises NoGuestsWithCode."""
    typed = as_typed(code)
    of_the_house = await work.count(House, "id", id=house, guest_digest=digest(code))
    in_the_room = await work.count(FollowUpVote, "id", house_id=house, code=typed)
    at_the_door = await work.count(Session, "id", house_id=house, door_code=typed)
    if not (of_the_house or in_the_room or at_the_door):
        raise NoGuestsWithCode(field="code")


async def _join_ballots(guest: UUID, resident: UUID, work: Work) -> int:
    """In the votes that are open: of the others nobody knows who voted. Says how many there were."""
    salts = dict(await work.read(BallotBox, "id", "salts"))
    joined = 0
    for (id,) in sorted(await work.read(FollowUpVote, "id", state=VoteState.OPEN)):
        box_id = BallotBox.id_of(id)
        if box_id not in salts:
            continue
        if await work.count(Voter, "id", vote_id=id, known_as=voter_id(salts[box_id], str(guest))):
            joined += await _join_ballot(id, guest, resident, work)
    return joined


async def _join_ballot(id: UUID, guest: UUID, resident: UUID, work: Work) -> bool:
    vote = await work.get(FollowUpVote, id)
    session = await work.get(Session, vote.session_id)
    box = await box_of(id, work)
    return box is not None and vote.know_as(guest, resident, session, box)


async def _join_seats(id: UUID, guest: UUID, resident: UUID, work: Work) -> list[Event]:
    session = await work.get(Session, id)
    happened = session.join_guest(guest, resident, await work.time())
    if happened:
        await check_may_be_corrected(session, work)
    return happened
