"""Follow-up votes over HTTP. Who votes does so by code, and nothing here is remembered by who sent it."""

from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import Invalid, NoSuchPage, NotFound, VersionMissing
from buurtthuis.core.work import Receipt, new_id
from buurtthuis.events.sessions import Kind
from buurtthuis.http.files import ONCE
from buurtthuis.http.models import Body, Line, Moment, Page, Paging, Part
from buurtthuis.http.policies import PUBLIC, may_cast
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Caller, Reader, Visitor
from buurtthuis.http.versions import etag
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from buurtthuis_sessions.api.bodies import CodeBody, CodeView, GuestName
from buurtthuis_sessions.api.people import Everyone, Host, HostChange, HostReader, viewer
from buurtthuis_sessions.api.pictures import PNG, SVG, Site, picture, qr
from buurtthuis_sessions.commands import follow_ups as commands
from buurtthuis_sessions.domain.codes import NoVoteWithCode, TooManyTries
from buurtthuis_sessions.domain.follow_ups.counting import Counts, Option, Question
from buurtthuis_sessions.domain.follow_ups.states import (
    AlreadyVoted,
    EverybodyVoted,
    MarksDoNotFit,
    MoreMarksThanAllowed,
    NotHeld,
    NoWalkInLeft,
    OptionNotInVote,
    TooManyCards,
    VoteCannotMove,
    VotedOnAlready,
    VoteIsForGuests,
    VoteNotOpen,
    VoteState,
    WasNotThere,
)
from buurtthuis_sessions.domain.guests import guest_of
from buurtthuis_sessions.domain.houses import HouseTakesNoPlans
from buurtthuis_sessions.domain.leading import NotAHost
from buurtthuis_sessions.queries import follow_ups
from buurtthuis_sessions.queries.follow_ups import BallotPaper, VoteView

router = APIRouter(prefix="/follow-up-votes", tags=["follow-up votes"])
guests = APIRouter(prefix="/public/{corporation}/follow-up-votes", tags=["follow-up votes"])

Voter = Annotated[Caller, may_cast(Role.RESIDENT)]
Anybody = Annotated[Visitor, PUBLIC]
WITH_CODE = (NoVoteWithCode, TooManyTries)
LEADING = (*MOVING, NotAHost)
VOTING = (
    VoteNotOpen,
    AlreadyVoted,
    WasNotThere,
    NoWalkInLeft,
    EverybodyVoted,
    OptionNotInVote,
    MoreMarksThanAllowed,
)
SHOWING = (NotFound, NotAHost, VoteNotOpen)


class ChoiceBody(Part):
    title: Line = Field(examples=["Koffietafel"])
    kind: Kind = Field(Kind.OTHER, examples=["coffee_table"])
    weekly: bool = Field(False, description="Every week from then on, instead of once.")
    theme_id: UUID | None = Field(None, description="The admitted theme that it is about.")


class OpenVoteBody(Body):
    session_id: UUID = Field(
        examples=["01a204c1-fe6e-7763-a625-7498d1180187"], description="One that was held."
    )
    options: tuple[ChoiceBody, ...] = Field(
        min_length=1,
        max_length=20,
        examples=[[{"title": "Koffietafel", "kind": "coffee_table", "weekly": True}]],
    )
    at_most: int = Field(ge=1, le=10, examples=[2], description="Marks for everybody.")
    places: int = Field(2, ge=1, le=20, description="How many options come about.")
    closes_at: Moment | None = Field(None, description="When it is decided by itself; else a host does that.")

    def question(self) -> Question:
        """Each option gets an id."""
        options = tuple(Option(new_id(), **option.model_dump()) for option in self.options)
        return Question(options, self.at_most, self.places, self.closes_at)


class MarksBody(CodeBody):
    options: tuple[UUID, ...] = Field((), max_length=10)
    stop: bool = Field(False, description="No more of this. It is one of the marks.")


class GuestMarksBody(MarksBody):
    guest: GuestName


class CardMarks(Part):
    option_id: UUID = Field(examples=["01a204c1-fe22-7520-b7a9-199f15c86465"])
    marks: int = Field(ge=0, le=1000, examples=[7])


class CardsBody(Body):
    cards: int = Field(ge=0, le=1000, examples=[11])
    marks: tuple[CardMarks, ...] = Field((), max_length=20, description="On all cards together.")
    stop: int = Field(0, ge=0, le=1000)

    def counts(self) -> Counts:
        """Raises Invalid where an option is there twice."""
        marks: dict[UUID, int] = {}
        for index, counted in enumerate(self.marks):
            if counted.option_id in marks:
                raise Invalid("Count an option once.", field=("marks", index, "option_id"))
            marks[counted.option_id] = counted.marks
        return Counts(self.cards, marks, self.stop)


class Counted(BaseModel):
    """This ballot counts. It is not remembered by who sent it."""

    vote_id: UUID
    counted: bool = True


@router.post(
    "",
    status_code=201,
    summary="Let the room decide what comes next",
    responses=problems(*LEADING, NotHeld, VotedOnAlready, HouseTakesNoPlans),
)
async def open_vote(body: OpenVoteBody, caller: Host) -> Receipt:
    """By a host of the session, once it is noted who came; one vote for each session."""
    command = commands.OpenVote(body.session_id, body.question(), caller.actor)
    return await caller.run(command, at="/follow-up-votes/{id}")


@router.get("", summary="Follow-up votes", responses=problems())
async def list_votes(
    reader: Everyone,
    page: Paging,
    house: Annotated[UUID | None, Query(description="Only of this house.")] = None,
    session_id: Annotated[UUID | None, Query(alias="session", description="Only about this session.")] = None,
    state: Annotated[VoteState | None, Query(description="Only in this state.")] = None,
) -> Page[VoteView]:
    """In order of opening; marks are shown once a vote is decided."""
    async with reader.reading() as session:
        found = await follow_ups.list_votes(
            session,
            viewer(reader),
            staff=_staff(reader),
            house=house,
            of=session_id,
            state=state,
            after=page.after,
            limit=page.limit,
        )
    return page.of(found)


@router.post("/lookup", summary="What is there to mark", responses=problems(*WITH_CODE))
async def look_up(body: CodeBody, caller: Voter) -> BallotPaper:
    """The vote that is open with this code. In a body, since addresses are written into logs."""
    return await _found(body.code, caller)


@router.post(
    "/ballots",
    status_code=201,
    summary="Vote",
    responses=problems(*WITH_CODE, NotFound, VoteIsForGuests, *VOTING),
)
async def vote(body: MarksBody, caller: Voter) -> Counted:
    """By phone, in the room: once for everybody who was there. Nobody learns for what."""
    paper = await _found(body.code, caller)
    await caller.run(commands.Mark(paper.id, caller.principal.subject, body.options, body.stop))
    return Counted(vote_id=paper.id)


@guests.post(
    "/lookup", summary="What is there to mark, for a guest", responses=problems(NoSuchPage, NoVoteWithCode)
)
async def look_up_as_a_guest(body: CodeBody, visitor: Anybody) -> BallotPaper:
    """The vote that is open with this code, for whoever is in the room without an account."""
    async with visitor.reading() as session:
        return await follow_ups.ballot_paper_with(session, body.code)


@guests.post(
    "/ballots",
    status_code=201,
    summary="Vote as a guest",
    responses=problems(NoSuchPage, NoVoteWithCode, *VOTING),
)
async def vote_as_a_guest(body: GuestMarksBody, visitor: Anybody) -> Counted:
    """By phone, in the room, without an account: once for each device, and no more often than people came of whom nobody knows who they
    are. Nobody learns for what."""
    async with visitor.reading() as session:
        paper = await follow_ups.ballot_paper_with(session, body.code)
    await visitor.run(commands.Mark(paper.id, guest_of(body.guest), body.options, body.stop))
    return Counted(vote_id=paper.id)


@router.get("/{id}", summary="One follow-up vote", responses=problems(NotFound))
async def show_vote(id: UUID, reader: Everyone, response: Response) -> VoteView:
    """With its version as ETag."""
    async with reader.reading() as session:
        found = await follow_ups.show_vote(session, id, viewer(reader), staff=_staff(reader))
    response.headers["ETag"] = etag(found.version)
    return found


@router.get("/{id}/code", summary="The code to show in the room", responses=problems(*SHOWING))
async def show_code(id: UUID, reader: HostReader, response: Response) -> CodeView:
    """For hosts and staff, while the vote is open."""
    response.headers.update(ONCE)
    return CodeView(code=await _code(id, reader))


@router.get(
    "/{id}/code.svg",
    summary="The code as a drawing",
    response_class=Response,
    responses=picture(SVG) | problems(*SHOWING),
)
async def show_code_as_svg(id: UUID, reader: HostReader, site: Site = None) -> Response:
    """A QR code for phones, at any size."""
    return Response(qr(await _code(id, reader), site, "svg"), 200, ONCE, SVG)


@router.get(
    "/{id}/code.png",
    summary="The code as a picture",
    response_class=Response,
    responses=picture(PNG) | problems(*SHOWING),
)
async def show_code_as_png(id: UUID, reader: HostReader, site: Site = None) -> Response:
    """A QR code for phones, for slides and paper."""
    return Response(qr(await _code(id, reader), site, "png"), 200, ONCE, PNG)


@router.put(
    "/{id}/cards",
    summary="Count the cards",
    responses=problems(*LEADING, VersionMissing, VoteNotOpen, OptionNotInVote, TooManyCards, MarksDoNotFit),
)
async def count_cards(id: UUID, body: CardsBody, caller: HostChange) -> Receipt:
    """All of them together; again where they were counted wrongly, until the vote is decided."""
    return await caller.run(commands.CountCards(id, body.counts(), caller.actor, caller.version))


@router.post("/{id}/decision", summary="Count up", responses=problems(*LEADING, VoteCannotMove))
async def decide_vote(id: UUID, caller: Host) -> Receipt:
    """Winners become drafts by themselves, each for a resident who came to lead it within 7 days.

    What is tied becomes no session but a task; where most marks are for stop, a series ends."""
    return await caller.run(commands.DecideVote(id, caller.actor, caller.version))


@router.post("/{id}/cancellation", summary="Take a vote back", responses=problems(*LEADING, VoteCannotMove))
async def cancel_vote(id: UUID, caller: Host) -> Receipt:
    """It was opened by mistake; another one can be opened."""
    return await caller.run(commands.CancelVote(id, caller.actor, caller.version))


async def _found(code: str, caller: Caller) -> BallotPaper:
    """Wrong codes are counted first, in a transaction of their own."""
    receipt = await caller.run(commands.TryCode(code, caller.principal.subject))
    async with caller.reading() as session:
        return await follow_ups.ballot_paper(session, receipt.id)


async def _code(id: UUID, reader: Reader) -> str:
    async with reader.reading() as session:
        return await follow_ups.show_code(session, id, viewer(reader), staff=_staff(reader))


def _staff(reader: Reader) -> bool:
    return reader.has(Role.STAFF)
