"""Codes and ballots over HTTP. Nothing here is remembered by who sent it."""

import asyncio
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.core.corporations import Corporation
from buurtthuis.core.errors import NoSuchPage, NotFound
from buurtthuis.domain.neighbours import NotOfThisHouse
from buurtthuis.domain.paper_codes import MistypedCode, as_typed, new_code
from buurtthuis.events.surveys import IntakeChannel
from buurtthuis.http.files import CSV, PDF, attachment, holds
from buurtthuis.http.policies import PUBLIC, may_cast, may_read
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Caller, Languages, Reader, Visitor, in_language
from buurtthuis.http.sheets import table
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Response
from pydantic import BaseModel

from buurtthuis_surveys.api.bodies import (
    BallotBody,
    CodeBallotBody,
    CodeBody,
    CodesBody,
    CodeWithdrawalBody,
    LetterQuery,
    LettersBody,
    ProofBody,
    TypedBallotBody,
)
from buurtthuis_surveys.api.seen import SEEN, Seen, counted
from buurtthuis_surveys.commands.ballots import (
    CastBallot,
    CorrectBallot,
    MakeCodes,
    TakeBallotBack,
)
from buurtthuis_surveys.domain.ballots import (
    AlreadyAnswered,
    AlreadyWithdrawn,
    CodeOfNoSurvey,
    CodeUsed,
    CodeWithdrawn,
    NotTypedInToday,
    UnknownCode,
    VoterKind,
)
from buurtthuis_surveys.domain.forms import AnsweredTwice, UnknownQuestion
from buurtthuis_surveys.domain.mailings import CodesOfTheFirstRound, NoLetterYet
from buurtthuis_surveys.domain.questions import MarkedTwice, TooManyMarks, UnknownOption, WrongAnswer
from buurtthuis_surveys.domain.surveys import (
    AnsweredOtherwise,
    CameAfterOpening,
    NoCodes,
    NotOpenForAnswers,
    PlainDutchMissing,
)
from buurtthuis_surveys.domain.wall_clocks import day
from buurtthuis_surveys.queries.codes import SurveyOfCode, survey_of_code
from buurtthuis_surveys.queries.surveys import (
    CodeBatchView,
    SurveyView,
    TypedBallots,
    list_code_batches,
    show_survey,
    typed,
)
from buurtthuis_surveys.rendering.letters import Invitation, letters

router = APIRouter(tags=["ballots"])

Resident = Annotated[Caller, may_cast(Role.RESIDENT)]
Staff = Annotated[Caller, may_cast(Role.STAFF)]
StaffReader = Annotated[Reader, may_read(Role.STAFF)]
Stand = Annotated[Caller, may_cast(Role.STAFF, Role.GUIDE)]
Anybody = Annotated[Visitor, PUBLIC]

FITTING = (
    UnknownQuestion,
    AnsweredTwice,
    UnknownOption,
    MarkedTwice,
    TooManyMarks,
    WrongAnswer,
)
CASTING = (NotOpenForAnswers, AlreadyAnswered, AnsweredOtherwise, *FITTING)
WITH_CODE = (UnknownCode, MistypedCode, CodeWithdrawn)
WITHDRAWING = (UnknownCode, MistypedCode, CodeUsed)
REPLACING = (*WITHDRAWING, AlreadyWithdrawn)
CORRECTING = (NotOpenForAnswers, NotTypedInToday, MistypedCode)
THE_CODES = "The codes, this once."


class Counted(BaseModel):
    """This ballot counts: once, however often it is sent."""

    survey_id: UUID
    counted: bool = True


class CodesLeft(BaseModel):
    """So many codes are good, or were used."""

    survey_id: UUID
    codes: int


class TakenBack(BaseModel):
    """This ballot does not count any more."""

    survey_id: UUID
    counted: bool = False


@router.post(
    "/surveys/{id}/codes.csv",
    status_code=201,
    response_class=Response,
    summary="Make codes, as CSV",
    responses=holds(CSV, THE_CODES, 201) | problems(NotFound, NoCodes, *REPLACING),
)
async def make_codes_as_csv(id: UUID, body: CodesBody, caller: Staff) -> Response:
    """Shown this once; only their traces are kept. One per household, for your own letters. A new code for a household
    `replaces` the one it had, which opens nothing then, and is replaced once."""
    codes = _linked(body)
    await _keep_traces(id, codes, body, caller)
    return attachment(table([("code", "link"), *codes]), "codes.csv", CSV, 201)


@router.post(
    "/surveys/{id}/codes.pdf",
    status_code=201,
    response_class=Response,
    summary="Make codes, as letters",
    responses=holds(PDF, THE_CODES, 201) | problems(NotFound, NoCodes, PlainDutchMissing, *REPLACING),
)
async def make_codes_as_letters(id: UUID, body: LettersBody, caller: Staff) -> Response:
    """A page for each household, in plain Dutch and below it in the survey's other languages, with its title, until when
    one can answer, a QR code, and room for the address. Shown this once. A letter for a household that lost one `replaces` it."""
    codes = _linked(body)
    async with caller.reading() as session:
        survey = await show_survey(session, id)
    pages = await asyncio.to_thread(letters, invitation(survey, body, caller.corporation), codes)
    await _keep_traces(id, codes, body, caller)
    return attachment(pages, "letters.pdf", PDF, 201)


@router.get("/surveys/{id}/codes", summary="Batches of codes", responses=problems(NotFound))
async def list_codes(id: UUID, reader: StaffReader) -> list[CodeBatchView]:
    """When they were made, and how many. They are gone when the survey closes."""
    async with reader.reading() as session:
        return await list_code_batches(session, id)


@router.post(
    "/surveys/{id}/codes/withdrawal",
    summary="Withdraw a code, a batch, or letters",
    responses=problems(NotFound, NoCodes, NoLetterYet, CodesOfTheFirstRound, *WITHDRAWING),
)
async def withdraw_codes(id: UUID, body: CodeWithdrawalBody, caller: Staff) -> CodesLeft:
    """Lost, returned by post, or made to try something: it opens nothing, and nobody is counted as invited by it. One that was
    answered with stays; of a batch all go that were not. Of `addresses` all go, and what they answered stays: nobody learns from it
    who did."""
    await caller.run(body.command(id))
    async with caller.reading() as session:
        return CodesLeft(survey_id=id, codes=(await show_survey(session, id)).codes)


@router.post(
    "/surveys/{id}/ballots",
    status_code=201,
    summary="Answer as a resident",
    responses=problems(NotFound, NotOfThisHouse, CameAfterOpening, *CASTING),
)
async def answer_as_resident(id: UUID, body: BallotBody, caller: Resident) -> Counted:
    """Once, in a survey that is answered by residents: those who belonged to its house when it opened."""
    proof = str(caller.principal.subject)
    await caller.run(CastBallot(id, VoterKind.RESIDENT, proof, body.cast(IntakeChannel.WEB)))
    return Counted(survey_id=id)


@router.post(
    "/surveys/{id}/stand-ballots",
    status_code=201,
    summary="Answer at a stand",
    responses=problems(NotFound, *CASTING),
)
async def answer_at_a_stand(id: UUID, body: BallotBody, caller: Stand) -> Counted:
    """On a device that staff brought; as many as come by."""
    await caller.run(CastBallot(id, VoterKind.STAND, str(body.retry), body.cast(IntakeChannel.WEB)))
    return Counted(survey_id=id)


@router.post(
    "/surveys/{id}/typed-ballots",
    status_code=201,
    summary="Type in a ballot",
    responses=problems(NotFound, *WITH_CODE, *CASTING),
)
async def type_in_a_ballot(id: UUID, body: TypedBallotBody, caller: Staff) -> Counted:
    """From paper, at the door or on the phone: with the household's code, or the number of a card without one."""
    kind, proof = body.proof()
    await caller.run(CastBallot(id, kind, proof, body.cast(body.channel), typed=True))
    return Counted(survey_id=id)


@router.put(
    "/surveys/{id}/typed-ballots",
    summary="Put a typed ballot right",
    responses=problems(NotFound, *CORRECTING, *FITTING),
)
async def correct_a_typed_ballot(id: UUID, body: TypedBallotBody, caller: Staff) -> Counted:
    """The whole of it as it is on paper, in place of what was typed in with this code or card; on the same day, until the
    survey closes. Nobody is shown what was typed in before."""
    kind, proof = body.proof()
    await caller.run(CorrectBallot(id, kind, proof, body.cast(body.channel)))
    return Counted(survey_id=id)


@router.post(
    "/surveys/{id}/typed-ballots/withdrawal",
    summary="Take a typed ballot back",
    responses=problems(NotFound, *CORRECTING),
)
async def take_a_typed_ballot_back(id: UUID, body: ProofBody, caller: Staff) -> TakenBack:
    """It came with another code or card; on the same day, until the survey closes. Type it in with the right one then."""
    kind, proof = body.proof()
    await caller.run(TakeBallotBack(id, kind, proof))
    return TakenBack(survey_id=id)


@router.get(
    "/surveys/{id}/typing",
    response_model=TypedBallots,
    summary="What was typed in",
    responses=SEEN | problems(NotFound),
)
async def count_typed_ballots(id: UUID, reader: StaffReader, if_none_match: Seen = None) -> Response:
    """Today and in all, one by one and by sheets; by whom is not told. Ask again with the ETag, as often as you like."""
    async with reader.reading() as session:
        today = day(await reader.time(session), ZoneInfo(reader.corporation.time_zone))
        return counted(await typed(session, id, today), if_none_match)


@router.post(
    "/public/{corporation}/codes",
    summary="What a code is for",
    responses=problems(NoSuchPage, CodeOfNoSurvey, MistypedCode, CodeWithdrawn),
)
async def show_survey_of_code(
    body: CodeBody, visitor: Anybody, response: Response, preferred: Languages
) -> SurveyOfCode:
    """Before anything is filled in: which survey, of which house, and whether it is asked. The code is in the body, so that
    it stands in no address and no log."""
    code = as_typed(body.code)
    async with visitor.reading() as session:
        found = await survey_of_code(session, code, preferred)
    response.headers.update(
        {"Cache-Control": "no-store"} | in_language(found.title.language if found.title else None)
    )
    return found


@router.post(
    "/public/{corporation}/surveys/{id}/ballots",
    status_code=201,
    summary="Answer with a code",
    responses=problems(NoSuchPage, *WITH_CODE, *CASTING),
)
async def answer_with_a_code(id: UUID, body: CodeBallotBody, visitor: Anybody) -> Counted:
    """Once for each household. A code is good for its own survey only."""
    await visitor.run(CastBallot(id, VoterKind.CODE, as_typed(body.code), body.cast(IntakeChannel.WEB)))
    return Counted(survey_id=id)


def _linked(body: CodesBody) -> list[tuple[str, str]]:
    """Codes, each with its link. What comes behind a # is never sent to a server, so no log has it."""
    return [(code, f"{body.site}#{code}") for code in (new_code() for _ in range(body.count))]


def invitation(survey: SurveyView, body: LetterQuery | LettersBody, corporation: Corporation) -> Invitation:
    """What every household reads; raises PlainDutchMissing."""
    return Invitation.to(corporation, body.words(), survey.title, survey.languages, survey.closes_at)


async def _keep_traces(id: UUID, codes: list[tuple[str, str]], body: CodesBody, caller: Caller) -> None:
    """Last of all, so that no code counts that could not be printed, nor is one withdrawn for it."""
    await caller.run(MakeCodes(id, tuple(code for code, _ in codes), body.replaced()))
