"""Cases over HTTP: reporting something, handling what was reported, deciding about it."""

from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import KeyReused, NotFound, VersionMissing
from buurtthuis.core.work import Receipt
from buurtthuis.events.moderation import Action, Category
from buurtthuis.http.models import Body, Page, Paging
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.versions import etag
from fastapi import APIRouter, Query, Response
from pydantic import Field

from buurtthuis_moderation.api.people import (
    Handler,
    HandlerChange,
    HandlerDelete,
    HandlerReader,
    Own,
    Writer,
    acting,
)
from buurtthuis_moderation.commands import cases as commands
from buurtthuis_moderation.domain.cases import (
    CaseNotOpen,
    CaseNotYours,
    CaseState,
    CaseTakenByAnother,
    ConflictOfInterest,
    NoSafetyCase,
    OwnContent,
    ReportedAlready,
    SecondPersonNeeded,
    TooManyReports,
)
from buurtthuis_moderation.domain.decisions import LONGEST_MUTE_DAYS, CannotDecideSo, NobodyToMute, Verdict
from buurtthuis_moderation.domain.mutes import Muted
from buurtthuis_moderation.domain.pages import NotAModerator
from buurtthuis_moderation.queries import cases as queries
from buurtthuis_moderation.queries.cases import CaseView, OwnReport, WholeCase

router = APIRouter(tags=["cases"])

#: Why somebody who looks after a page cannot handle a case.
KEPT_OFF = (Muted, ConflictOfInterest)


class ReportContentBody(Body):
    category: Category = Field(examples=["privacy"])
    words: str | None = Field(
        None, min_length=1, max_length=2000, description="What is wrong, in your words."
    )
    urgent: bool = Field(
        False,
        description="Somebody may not be safe. With `unsafe` it is hidden at once, until it is decided.",
    )


class VerdictBody(Body):
    action: Action = Field(examples=["hide"])
    rule: Category | None = Field(
        None, examples=["privacy"], description="Which rule it breaks; none where nothing is wrong."
    )
    reason: str = Field(
        min_length=1,
        max_length=2000,
        description="Why, in plain words: the author reads them.",
        examples=["Hier staat het telefoonnummer van iemand anders in."],
    )
    days: int | None = Field(
        None, ge=1, le=LONGEST_MUTE_DAYS, description="For so many days the author cannot write."
    )


class GroundBody(Body):
    ground: str = Field(min_length=1, max_length=2000, examples=["Er is aangifte gedaan van bedreiging."])


@router.post(
    "/contents/{id}/reports",
    status_code=201,
    summary="Report something",
    responses=problems(NotFound, KeyReused, OwnContent, ReportedAlready, TooManyReports),
)
async def report_content(id: UUID, body: ReportContentBody, caller: Writer) -> Receipt:
    """A post, a reply, a theme, or an option to vote on. Nobody is told that it was you."""
    command = commands.ReportContent(id, acting(caller), body.category, body.words, body.urgent)
    return await caller.run_namelessly(command)


@router.get("/reports", summary="What you reported", responses=problems())
async def list_own_reports(reader: Own) -> list[OwnReport]:
    """And what became of it: the last hundred, newest first."""
    async with reader.reading() as session:
        return await queries.list_own_reports(session, reader.principal.subject)


@router.get(
    "/pages/{id}/cases",
    summary="What waits for somebody to look at it",
    responses=problems(NotFound, NotAModerator),
)
async def list_cases(
    id: UUID,
    reader: HandlerReader,
    page: Paging,
    state: Annotated[CaseState, Query(description="Only in this state.")] = CaseState.OPEN,
) -> Page[CaseView]:
    """The most urgent first, then what waits longest; without what is about the reader."""
    async with reader.reading() as session:
        found = await queries.list_cases(
            session, id, acting(reader), state, after=page.after, limit=page.limit
        )
    return page.of(found)


@router.get("/cases/{id}", summary="One case", responses=problems(NotFound, NotAModerator))
async def show_case(id: UUID, reader: HandlerReader, response: Response) -> WholeCase:
    """With its reports and decisions, and its version as ETag."""
    async with reader.reading() as session:
        case = await queries.show_case(session, id, acting(reader))
    response.headers["ETag"] = etag(case.version)
    return case


@router.post(
    "/cases/{id}/assignment",
    summary="Look at a case",
    responses=problems(*MOVING, *KEPT_OFF, CaseNotOpen),
)
async def take_case(id: UUID, caller: Handler) -> Receipt:
    """So that others need not; also instead of whoever did, but cannot."""
    return await caller.run_namelessly(commands.TakeCase(id, caller.actor, caller.version))


@router.delete(
    "/cases/{id}/assignment", summary="Leave a case to others", responses=problems(NotFound, CaseNotYours)
)
async def give_case_back(id: UUID, caller: HandlerDelete) -> Receipt:
    """You may take it again."""
    return await caller.run_namelessly(commands.GiveCaseBack(id, caller.actor))


@router.post(
    "/cases/{id}/recusal",
    summary="Rather not decide a case",
    responses=problems(NotFound, KeyReused, *KEPT_OFF, CaseNotOpen),
)
async def leave_case(id: UUID, caller: Handler) -> Receipt:
    """For good, and nobody asks why. Where no moderator is left, the guide is asked."""
    return await caller.run_namelessly(commands.LeaveCase(id, caller.actor))


@router.post(
    "/cases/{id}/escalation",
    summary="Ask the guide",
    responses=problems(NotFound, KeyReused, *KEPT_OFF, CaseNotOpen),
)
async def escalate_case(id: UUID, caller: Handler) -> Receipt:
    """To look too."""
    return await caller.run_namelessly(commands.EscalateCase(id, caller.actor))


@router.post(
    "/cases/{id}/ground",
    summary="Say why a text is needed",
    responses=problems(NotFound, KeyReused, *KEPT_OFF, NoSafetyCase),
)
async def keep_text(id: UUID, body: GroundBody, caller: Handler) -> Receipt:
    """It stays until the case is decided, also where its author asks to be forgotten. Of an open case about safety."""
    return await caller.run_namelessly(commands.KeepText(id, body.ground, caller.actor))


@router.post(
    "/cases/{id}/decision",
    summary="Decide a case",
    responses=problems(
        *MOVING,
        VersionMissing,
        *KEPT_OFF,
        CaseNotOpen,
        CaseTakenByAnother,
        CannotDecideSo,
        NobodyToMute,
        SecondPersonNeeded,
    ),
)
async def decide_case(id: UUID, body: VerdictBody, caller: HandlerChange) -> Receipt:
    """The author is told, with the reason. To remove something takes two people: the first time it is only hidden.

    What is hidden can be restored or removed later, without anybody reporting it anew."""
    verdict = Verdict(body.action, body.reason, body.rule, body.days)
    return await caller.run_namelessly(commands.DecideCase(id, verdict, caller.actor, caller.version))
