"""Surveys over HTTP, for staff; and the form for whoever signed in."""

import asyncio
from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import KeyReused, NotFound, VersionMissing
from buurtthuis.core.work import Receipt
from buurtthuis.events.surveys import IntakeChannel
from buurtthuis.http.files import PDF, holds
from buurtthuis.http.models import Page, Paging
from buurtthuis.http.policies import may_cast, may_change, may_post, may_read
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Caller, Languages, Reader, in_language
from buurtthuis.http.sheets import EXPORTED, Format, at_once, export, in_pages
from buurtthuis.http.versions import etag
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from buurtthuis_surveys.api.ballots import FITTING, invitation
from buurtthuis_surveys.api.bodies import (
    BallotBody,
    CopyBody,
    CorrectionBody,
    DraftSurveyBody,
    LetterQuery,
    PublicationBody,
    SurveyBody,
)
from buurtthuis_surveys.commands import surveys as commands
from buurtthuis_surveys.domain.forms import NoSuchText
from buurtthuis_surveys.domain.surveys import (
    NotADraft,
    NothingToAsk,
    NotOpenForAnswers,
    PlainDutchMissing,
    SurveyCannotMove,
    SurveyState,
)
from buurtthuis_surveys.queries import results, surveys
from buurtthuis_surveys.queries.results import Idea, NotCounted, ResultRow, ResultsView
from buurtthuis_surveys.queries.surveys import FormToRead, Preview, SurveyView
from buurtthuis_surveys.rendering.letters import example

router = APIRouter(prefix="/surveys", tags=["surveys"])

Everyone = Annotated[Reader, may_read(Role.RESIDENT, Role.STAFF, Role.CHAIN_PARTNER, Role.GUIDE)]
StaffReader = Annotated[Reader, may_read(Role.STAFF)]
Staff = Annotated[Caller, may_post(Role.STAFF)]
StaffChange = Annotated[Caller, may_change(Role.STAFF)]
Trier = Annotated[Caller, may_cast(Role.STAFF)]
FileFormat = Annotated[Format, Query()]


class Tried(BaseModel):
    """This answer fits, and does not count."""

    survey_id: UUID
    counted: bool = False


NO_DATE = PublicationBody(runoff_closes_at=None)


@router.post("", status_code=201, summary="Draft a survey", responses=problems(KeyReused))
async def draft_survey(body: DraftSurveyBody, caller: Staff) -> Receipt:
    """It can be changed until it opens."""
    return await caller.run(commands.DraftSurvey(body.house_id, body.plan()), at="/surveys/{id}")


@router.get("", summary="Surveys", responses=problems())
async def list_surveys(
    reader: StaffReader,
    page: Paging,
    house: Annotated[UUID | None, Query(description="Only of this house.")] = None,
    state: Annotated[SurveyState | None, Query(description="Only in this state.")] = None,
) -> Page[SurveyView]:
    """In order of drafting."""
    async with reader.reading() as session:
        found = await surveys.list_surveys(
            session, house=house, state=state, after=page.after, limit=page.limit
        )
    return page.of(found)


@router.get("/forms", summary="Surveys to answer", responses=problems())
async def list_forms(
    reader: Everyone,
    page: Paging,
    response: Response,
    preferred: Languages,
    house: Annotated[UUID | None, Query(description="Only of this house.")] = None,
) -> Page[FormToRead]:
    """What residents may know of: open, paused, closed and published, in order of drafting."""
    async with reader.reading() as session:
        found = await surveys.list_forms(session, preferred, house=house, after=page.after, limit=page.limit)
    response.headers.update(in_language())
    return page.of(found)


@router.get("/{id}", summary="One survey", responses=problems(NotFound))
async def show_survey(id: UUID, reader: StaffReader, response: Response) -> SurveyView:
    """With its version as ETag, and what is not translated yet."""
    async with reader.reading() as session:
        survey = await surveys.show_survey(session, id)
    response.headers["ETag"] = etag(survey.version)
    return survey


@router.put("/{id}", summary="Change a draft", responses=problems(*MOVING, VersionMissing, NotADraft))
async def edit_survey(id: UUID, body: SurveyBody, caller: StaffChange) -> Receipt:
    """The whole of it; questions and options get new ids."""
    return await caller.run(commands.EditSurvey(id, body.plan(), caller.version))


@router.get("/{id}/form", summary="A survey to answer", responses=problems(NotFound))
async def show_form(id: UUID, reader: Everyone, response: Response, preferred: Languages) -> FormToRead:
    """In the language asked for, as far as it goes."""
    async with reader.reading() as session:
        form = await surveys.show_form(session, id, preferred)
    response.headers.update(in_language(form.language))
    return form


@router.post("/{id}/copies", status_code=201, summary="Ask it again", responses=problems(NotFound, KeyReused))
async def copy_survey(id: UUID, body: CopyBody, caller: Staff) -> Receipt:
    """A draft with the same questions, without a closing time."""
    return await caller.run(commands.CopySurvey(id, body.house_id), at="/surveys/{id}")


@router.post(
    "/{id}/opening",
    summary="Open a survey",
    responses=problems(*MOVING, SurveyCannotMove, PlainDutchMissing, NothingToAsk),
)
async def open_survey(id: UUID, caller: Staff) -> Receipt:
    """It takes answers from now on. Questions and tie rule stay as they are."""
    return await caller.run(commands.OpenSurvey(id, caller.version))


@router.post(
    "/{id}/correction",
    summary="Put words of an open survey right",
    responses=problems(*MOVING, NotOpenForAnswers, NoSuchText),
)
async def correct_survey(id: UUID, body: CorrectionBody, caller: Staff) -> Receipt:
    """A typing error in the title, a question or an option. They mean what they did: answers count, and letters stay good.
    What read differently and since when is kept, and everybody sees that something was put right."""
    return await caller.run(commands.CorrectSurvey(id, body.title, body.texts, caller.version))


@router.get("/{id}/preview", summary="A survey as it will be read", responses=problems(NotFound))
async def show_preview(id: UUID, reader: StaffReader) -> Preview:
    """In each of its languages, also as a draft; for staff alone."""
    async with reader.reading() as session:
        return await surveys.preview(session, id)


@router.post("/{id}/preview", summary="Try an answer", responses=problems(NotFound, *FITTING))
async def try_an_answer(id: UUID, body: BallotBody, caller: Trier) -> Tried:
    """Answered as a ballot would be, and kept nowhere."""
    async with caller.reading() as session:
        form = await surveys.form_of(session, id)
    form.check(body.cast(IntakeChannel.WEB).given)
    return Tried(survey_id=id)


@router.get(
    "/{id}/preview/letter.pdf",
    response_class=Response,
    summary="A letter as it will be read",
    responses=holds(PDF, "A page.") | problems(NotFound, PlainDutchMissing),
)
async def show_letter(id: UUID, reader: StaffReader, wanted: Annotated[LetterQuery, Query()]) -> Response:
    """With words in place of a code, which say that it is none; for staff alone."""
    async with reader.reading() as session:
        survey = await surveys.show_survey(session, id)
    page = await asyncio.to_thread(example, invitation(survey, wanted, reader.corporation))
    headers = {"Content-Disposition": 'inline; filename="preview.pdf"'}
    return Response(page, headers=headers, media_type=PDF)


@router.post("/{id}/pause", summary="Pause a survey", responses=problems(*MOVING, SurveyCannotMove))
async def pause_survey(id: UUID, caller: Staff) -> Receipt:
    """It takes no answers for a while; its closing time stands."""
    return await caller.run(commands.PauseSurvey(id, caller.version))


@router.post("/{id}/resumption", summary="Resume a survey", responses=problems(*MOVING, SurveyCannotMove))
async def resume_survey(id: UUID, caller: Staff) -> Receipt:
    """It takes answers again."""
    return await caller.run(commands.ResumeSurvey(id, caller.version))


@router.post("/{id}/closing", summary="Close a survey", responses=problems(*MOVING, SurveyCannotMove))
async def close_survey(id: UUID, caller: Staff) -> Receipt:
    """By hand; at its closing time it closes by itself."""
    return await caller.run(commands.CloseSurvey(id, caller.version))


@router.post("/{id}/publication", summary="Publish results", responses=problems(*MOVING, SurveyCannotMove))
async def publish_results(id: UUID, caller: Staff, body: PublicationBody = NO_DATE) -> Receipt:
    """Everybody can read them, and they never change. A runoff between those who tie opens at once."""
    return await caller.run(commands.PublishResults(id, body.runoff_closes_at, caller.version))


@router.post("/{id}/cancellation", summary="Cancel a draft", responses=problems(*MOVING, SurveyCannotMove))
async def cancel_survey(id: UUID, caller: Staff) -> Receipt:
    """It will not be asked."""
    return await caller.run(commands.CancelSurvey(id, caller.version))


@router.get("/{id}/results", summary="Results", responses=problems(NotFound, NotCounted))
async def show_results(
    id: UUID, reader: StaffReader, response: Response, preferred: Languages
) -> ResultsView:
    """For staff, as soon as the survey is closed."""
    async with reader.reading() as session:
        found = await results.show_results(session, id, preferred)
    response.headers.update(in_language(found.title.language))
    return found


@router.get(
    "/{id}/results/export",
    summary="Results as a file",
    response_model=None,
    responses=EXPORTED | problems(NotFound, NotCounted),
)
async def export_results(
    id: UUID, reader: StaffReader, preferred: Languages, format: FileFormat = Format.CSV
) -> StreamingResponse:
    """A row for each option."""
    async with reader.reading() as session:
        rows = results.as_rows(await results.show_results(session, id, preferred))
    return await export("results", ResultRow, at_once(rows), format)


@router.get(
    "/{id}/ideas/export",
    summary="Open ideas as a file",
    response_model=None,
    responses=EXPORTED | problems(NotFound, NotCounted),
)
async def export_ideas(id: UUID, reader: StaffReader, format: FileFormat = Format.CSV) -> StreamingResponse:
    """All of them, in random order."""
    pages = in_pages(
        reader.reading, lambda session, after, limit: results.list_ideas(session, id, after, limit)
    )
    return await export("ideas", Idea, pages, format)


@router.get("/{id}/ideas", summary="Open ideas", responses=problems(NotFound, NotCounted))
async def list_ideas(id: UUID, reader: StaffReader, page: Paging) -> Page[Idea]:
    """What people wrote, in random order, for staff to propose themes from."""
    async with reader.reading() as session:
        return page.of(await results.list_ideas(session, id, page.after, page.limit))
