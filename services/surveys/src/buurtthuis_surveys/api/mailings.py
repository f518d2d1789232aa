"""Letters to the addresses of a house over HTTP: asked for, printed meanwhile, read for a day."""

from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.http.files import PDF, attachment, holds
from buurtthuis.http.policies import may_post, may_read
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Caller, Reader
from buurtthuis.identity.principals import Role
from buurtthuis.persistence.sealing import CannotUnseal
from fastapi import APIRouter, Response

from buurtthuis_surveys.api.bodies import LetterRunBody
from buurtthuis_surveys.commands.mailings import CancelLetters
from buurtthuis_surveys.domain.mailings import (
    CodesOfTheFirstRound,
    NoSuchAddress,
    NothingToPrint,
    NotPrinted,
    RunCannotMove,
)
from buurtthuis_surveys.domain.questions import PLAIN
from buurtthuis_surveys.domain.surveys import NoCodes, PlainDutchMissing
from buurtthuis_surveys.queries import mailings as queries
from buurtthuis_surveys.queries.mailings import LetterRunView, Responses
from buurtthuis_surveys.queries.surveys import form_of

router = APIRouter(prefix="/surveys/{id}", tags=["letters"])

Staff = Annotated[Caller, may_post(Role.STAFF)]
StaffReader = Annotated[Reader, may_read(Role.STAFF)]


@router.post(
    "/letters",
    status_code=202,
    summary="Have letters printed",
    responses=problems(
        *MOVING, NoCodes, CodesOfTheFirstRound, NothingToPrint, NoSuchAddress, PlainDutchMissing
    ),
)
async def ask_for_letters(id: UUID, body: LetterRunBody, caller: Staff) -> LetterRunView:
    """One for each address of the survey's house that has none yet, or for these addresses: once more as it was, or `anew`, with
    another code in place of a lost one. They are printed while you do something else: look where `Location` says how far it is, and
    read the file there within a day. A code counts from when its letter is printed. An address has one code for a survey, however often
    it is printed."""
    async with caller.reading() as session:
        form = await form_of(session, id)
    if PLAIN not in form.title:
        raise PlainDutchMissing(field="title")
    receipt = await caller.run(body.command(id), at=f"/surveys/{id}/letters/{{id}}")
    async with caller.reading() as session:
        return await queries.show_run(session, id, receipt.id)


@router.get("/letters", summary="Letters that were asked for", responses=problems(NotFound))
async def list_letters(id: UUID, reader: StaffReader) -> list[LetterRunView]:
    """Within a day, the newest first. To which addresses is told nowhere."""
    async with reader.reading() as session:
        return await queries.list_runs(session, id)


@router.get("/letters/{run}", summary="How far letters are", responses=problems(NotFound))
async def show_letters(id: UUID, run: UUID, reader: StaffReader) -> LetterRunView:
    """Ask again until they are printed, cancelled or failed. They are gone a day after they were asked for, or when the survey closes."""
    async with reader.reading() as session:
        return await queries.show_run(session, id, run)


@router.get(
    "/letters/{run}/document",
    response_class=Response,
    summary="Letters as a file",
    responses=holds(PDF, "The letters.") | problems(NotFound, NotPrinted, CannotUnseal),
)
async def read_letters(id: UUID, run: UUID, reader: StaffReader) -> Response:
    """A PDF, a page for each address, as the caretaker walks; for envelopes with a window where the corporation has it."""
    async with reader.reading() as session:
        document = await queries.read_document(session, id, run)
    return attachment(document, "letters.pdf", PDF)


@router.post(
    "/letters/{run}/cancellation", summary="Cancel letters", responses=problems(*MOVING, RunCannotMove)
)
async def cancel_letters(id: UUID, run: UUID, caller: Staff) -> LetterRunView:
    """That are not printed yet: none of their codes counts, and none is withdrawn for them."""
    await caller.run(CancelLetters(id, run))
    async with caller.reading() as session:
        return await queries.show_run(session, id, run)


@router.get("/responses", summary="Who answered, by entrance", responses=problems(NotFound, CannotUnseal))
async def show_responses(id: UUID, reader: StaffReader) -> Responses:
    """How many of the households that got a letter answered, by the entrance that the list of addresses gave when it was printed: in steps of
    five, and never all, so that it says of nobody whether they did. What was withdrawn counts as it did."""
    async with reader.reading() as session:
        return await queries.show_responses(session, id)
