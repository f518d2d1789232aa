"""Ballots on paper, typed in as a sheet: a row for each card, a column for each question."""

import asyncio
from typing import Annotated, Any, NamedTuple
from uuid import UUID, uuid4

from buurtthuis.core.errors import Invalid, Malformed, NotFound, NotSheet, Refused
from buurtthuis.domain.paper_codes import as_typed
from buurtthuis.events.surveys import IntakeChannel
from buurtthuis.http.models import Body
from buurtthuis.http.policies import may_cast
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Caller
from buurtthuis.http.sheets import TAKES_SHEET, Mistake, Report, Sheet, Upload
from buurtthuis.identity.principals import Role
from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints, create_model

from buurtthuis_surveys.api.bodies import CardNumber, TypedChannel
from buurtthuis_surveys.commands.ballots import CastBallot
from buurtthuis_surveys.domain.ballots import AlreadyAnswered, Cast, VoterKind
from buurtthuis_surveys.domain.questions import PLAIN, Given, Question, QuestionKind
from buurtthuis_surveys.domain.surveys import NotOpenForAnswers, SurveyState
from buurtthuis_surveys.queries import surveys

router = APIRouter(prefix="/surveys/{id}/typed-ballots", tags=["ballots"])

Staff = Annotated[Caller, may_cast(Role.STAFF)]
Cell = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


class Row(NamedTuple):
    """One ballot, and where a person finds it in the sheet."""

    line: int
    found: Any


@router.post(
    "/sheet",
    summary="Type in a sheet of ballots",
    responses=problems(NotFound, NotSheet, NotOpenForAnswers),
    openapi_extra=TAKES_SHEET,
)
async def type_in_a_sheet(id: UUID, caller: Staff, upload: Upload) -> Report:
    """Columns: card or code, whichever the ballot came with; perhaps channel (paper where it is empty); and q1, q2 … for the questions in their order.
    In these stand the numbers of the options that are marked, from 1, with spaces between, or the words of an open
    idea. The good rows are kept, and a repeat of the same sheet adds nothing."""
    async with caller.reading() as session:
        survey = await surveys.show_survey(session, id)
    if survey.state is not SurveyState.OPEN:
        raise NotOpenForAnswers(state=survey.state)
    questions = survey.questions
    sheet = await asyncio.to_thread(Sheet, upload, _columns(questions))
    if not {"card", "code"} & set(sheet.columns):
        raise Malformed('The sheet has no column "card" and no column "code".', place="card")
    report = Report()
    async for rows in sheet.pieces():
        for line, found in rows:
            if isinstance(found, Mistake):
                report.refuse(line, found)
            else:
                await _type_in(id, questions, Row(line, found), caller, report)
    return report


async def _type_in(survey: UUID, questions: list[Question], row: Row, caller: Caller, report: Report) -> None:
    column = "code" if row.found.code else "card"
    try:
        cast = Cast(tuple(_given(questions, row.found)), row.found.channel, PLAIN, uuid4())
        await caller.run(CastBallot(survey, *_proof(row.found), cast, typed=True))
        report.accept()
    except AlreadyAnswered:
        report.repeat(row.line, column, f"The ballot with this {column} was typed in already.")
    except Refused as refused:
        report.refuse(row.line, Mistake(_column(refused, questions, row.found), str(refused)))


def _columns(questions: list[Question]) -> type[BaseModel]:
    cells: dict[str, Any] = {f"q{number}": (Cell, "") for number in range(1, len(questions) + 1)}
    return create_model(
        "BallotRow",
        __base__=Body,
        card=(CardNumber | None, None),
        code=(str | None, Field(None, max_length=40)),
        channel=(TypedChannel, Field(IntakeChannel.PAPER)),
        **cells,
    )


def _proof(row: Any) -> tuple[VoterKind, str]:
    """What entitles to the ballot; raises Invalid unless it is one thing."""
    if (row.code is None) == (row.card is None):
        raise Invalid("Say which code or which card this ballot came with.", place="card")
    return (VoterKind.CODE, as_typed(row.code)) if row.code else (VoterKind.CARD, row.card)


def _given(questions: list[Question], row: Any) -> list[Given]:
    """The questions that are answered."""
    cells = [(question, getattr(row, f"q{number}"), number) for number, question in enumerate(questions, 1)]
    return [_answer(question, cell, f"q{number}") for question, cell, number in cells if cell]


def _answer(question: Question, cell: str, column: str) -> Given:
    if question.kind is QuestionKind.OPEN_IDEA:
        return Given(question.id, text=cell)
    numbers = cell.split()
    known = {str(number): option.id for number, option in enumerate(question.options, 1)}
    if unknown := [number for number in numbers if number not in known]:
        raise Invalid(f"There is no option {unknown[0][:20]}; they are 1 to {len(known)}.", place=column)
    return Given(question.id, tuple(known[number] for number in numbers))


def _column(refused: Refused, questions: list[Question], row: Any) -> str:
    """The column that a refusal of the whole ballot is about: that of the second answer is the second that is filled."""
    if refused.place:
        return refused.place
    filled = [f"q{number}" for number in range(1, len(questions) + 1) if getattr(row, f"q{number}")]
    match refused.field:
        case ("answers", int(index), *_):
            return filled[index]
        case (name, *_) if name != "answers":
            return str(name)
        case _:
            return "q1"
