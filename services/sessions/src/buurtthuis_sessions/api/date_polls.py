"""Which date suits, over HTTP: by link for the people of the house, by code for whoever is in the room or has no account."""

from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import Invalid, NoSuchPage, NotFound
from buurtthuis.core.work import Receipt
from buurtthuis.domain.neighbours import NotOfThisHouse
from buurtthuis.http.files import ONCE
from buurtthuis.http.models import Body, Part, WallClock
from buurtthuis.http.policies import PUBLIC, may_cast
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Caller, Visitor
from buurtthuis.http.versions import etag
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Response
from pydantic import Field

from buurtthuis_sessions.api.bodies import Code, CodeBody, CodeView, GuestName
from buurtthuis_sessions.api.people import Everyone, Host, HostReader, viewer
from buurtthuis_sessions.commands import date_polls as commands
from buurtthuis_sessions.domain.date_polls import (
    DateNotInPoll,
    DatePollClosed,
    DatesAskedAlready,
    NoDatesWithCode,
    NoDraftAnyMore,
    Suits,
    TooManyAnswers,
)
from buurtthuis_sessions.domain.guests import guest_of
from buurtthuis_sessions.domain.houses import HouseTakesNoPlans
from buurtthuis_sessions.domain.leading import NotAHost
from buurtthuis_sessions.queries import date_polls
from buurtthuis_sessions.queries.date_polls import DatePollView

router = APIRouter(prefix="/date-polls", tags=["date polls"])
guests = APIRouter(prefix="/public/{corporation}/date-polls", tags=["date polls"])

Resident = Annotated[Caller, may_cast(Role.RESIDENT)]
Anybody = Annotated[Visitor, PUBLIC]
ANSWERING = (DatePollClosed, DateNotInPoll, TooManyAnswers)


class ProposedDateBody(Part):
    starts_at: WallClock = Field(
        examples=["2030-01-10T19:30:00"], description="What the clock on the wall shows, without an offset."
    )
    ends_at: WallClock = Field(examples=["2030-01-10T21:30:00"])


class AskForDatesBody(Body):
    session_id: UUID = Field(
        examples=["01a204c1-fe6e-7763-a625-7498d1180187"], description="One that is a draft."
    )
    dates: tuple[ProposedDateBody, ...] = Field(
        min_length=2,
        max_length=10,
        examples=[
            [
                {"starts_at": "2030-01-10T19:30:00", "ends_at": "2030-01-10T21:30:00"},
                {"starts_at": "2030-01-11T10:00:00", "ends_at": "2030-01-11T12:00:00"},
            ]
        ],
    )


class DateAnswerBody(Part):
    date_id: UUID = Field(examples=["01a204c1-fe22-7520-b7a9-199f15c86465"])
    suits: Suits = Field(examples=["if_need_be"])


class AnswersBody(Body):
    answers: tuple[DateAnswerBody, ...] = Field(
        min_length=1,
        max_length=10,
        examples=[[{"date_id": "01a204c1-fe22-7520-b7a9-199f15c86465", "suits": "if_need_be"}]],
        description="All of them together, also where they were sent before.",
    )

    def suits(self) -> dict[UUID, Suits]:
        """Raises Invalid where a date is there twice."""
        found: dict[UUID, Suits] = {}
        for index, answer in enumerate(self.answers):
            if answer.date_id in found:
                raise Invalid("Answer for a date once.", field=("answers", index, "date_id"))
            found[answer.date_id] = answer.suits
        return found


class CodeAnswersBody(AnswersBody):
    code: Code


class GuestAnswersBody(CodeAnswersBody):
    guest: GuestName


@router.post(
    "",
    status_code=201,
    summary="Ask which date suits",
    responses=problems(*MOVING, NotAHost, NoDraftAnyMore, DatesAskedAlready, HouseTakesNoPlans),
)
async def ask_for_dates(body: AskForDatesBody, caller: Host) -> Receipt:
    """By the host of a draft, or staff: a few dates, for the people of the house and whoever has the code."""
    dates = tuple((date.starts_at, date.ends_at) for date in body.dates)
    return await caller.run(commands.AskForDates(body.session_id, dates, caller.actor), at="/date-polls/{id}")


@router.get("/{id}", summary="Which date suits", responses=problems(NotFound))
async def show_date_poll(id: UUID, reader: Everyone, response: Response) -> DatePollView:
    """How many said what of each date, and nobody who. With its version as ETag."""
    async with reader.reading() as session:
        found = await date_polls.show_poll(session, id)
    response.headers["ETag"] = etag(found.version)
    return found


@router.get(
    "/{id}/code",
    summary="The code to ask with in a room",
    responses=problems(NotFound, NotAHost, DatePollClosed),
)
async def show_dates_code(id: UUID, reader: HostReader, response: Response) -> CodeView:
    """For hosts and staff, until a date is chosen."""
    response.headers.update(ONCE)
    async with reader.reading() as session:
        return CodeView(
            code=await date_polls.show_code(session, id, viewer(reader), await reader.time(session))
        )


@router.post(
    "/{id}/answers", summary="Say which dates suit", responses=problems(NotFound, NotOfThisHouse, *ANSWERING)
)
async def answer_dates(id: UUID, body: AnswersBody, caller: Resident) -> DatePollView:
    """By the people of the house; again, it is what was said last."""
    await caller.run(commands.AnswerDates(id, caller.principal.subject, body.suits(), caller.actor))
    async with caller.reading() as session:
        return await date_polls.show_poll(session, id)


@router.post("/lookup", summary="Which dates there are, by code", responses=problems(NoDatesWithCode))
async def look_up_dates(body: CodeBody, caller: Resident) -> DatePollView:
    """In a body, since addresses are written into logs."""
    async with caller.reading() as session:
        return await date_polls.show_poll_with(session, body.code)


@router.post(
    "/answers", summary="Say which dates suit, by code", responses=problems(NoDatesWithCode, *ANSWERING)
)
async def answer_dates_by_code(body: CodeAnswersBody, caller: Resident) -> DatePollView:
    """Whoever is in the room, whichever house they are of."""
    await caller.run(commands.AnswerDatesByCode(body.code, caller.principal.subject, body.suits()))
    async with caller.reading() as session:
        return await date_polls.show_poll_with(session, body.code)


@router.post(
    "/{id}/choice",
    summary="Choose the date that suits most",
    responses=problems(*MOVING, NotAHost, DatePollClosed),
)
async def choose_date(id: UUID, caller: Host) -> Receipt:
    """It goes into the draft (`suits`); who said what is forgotten, and how many stays."""
    return await caller.run(commands.ChooseDate(id, caller.actor, caller.version))


@guests.post(
    "/lookup", summary="Which dates there are, for a guest", responses=problems(NoSuchPage, NoDatesWithCode)
)
async def look_up_dates_as_a_guest(body: CodeBody, visitor: Anybody) -> DatePollView:
    """By code, without an account."""
    async with visitor.reading() as session:
        return await date_polls.show_poll_with(session, body.code)


@guests.post(
    "/answers",
    summary="Say which dates suit, as a guest",
    responses=problems(NoSuchPage, NoDatesWithCode, *ANSWERING),
)
async def answer_dates_as_a_guest(body: GuestAnswersBody, visitor: Anybody) -> DatePollView:
    """Once for each device; again, it is what was said last."""
    await visitor.run(commands.AnswerDatesByCode(body.code, guest_of(body.guest), body.suits()))
    async with visitor.reading() as session:
        return await date_polls.show_poll_with(session, body.code)
