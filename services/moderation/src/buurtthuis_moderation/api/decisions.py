"""Over HTTP: what was decided about you, appeals against that, mutes, statistics, and the trail of what was done."""

from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import KeyReused, NotFound, VersionMissing
from buurtthuis.core.work import Receipt
from buurtthuis.http.models import Body, Page, Paging
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.versions import etag
from fastapi import APIRouter, Query, Response
from pydantic import Field

from buurtthuis_moderation.api.people import (
    Author,
    AuthorReader,
    Everyone,
    HandlerChange,
    HandlerDelete,
    HandlerReader,
    Own,
    acting,
)
from buurtthuis_moderation.commands import appeals as commands
from buurtthuis_moderation.commands.mutes import LiftMute
from buurtthuis_moderation.domain.appeals import (
    AppealedAlready,
    AppealIsDecided,
    AppealState,
    NotAboutYou,
    NothingToAppeal,
    TooLateToAppeal,
)
from buurtthuis_moderation.domain.cases import ConflictOfInterest
from buurtthuis_moderation.domain.mutes import Muted, NotMuted
from buurtthuis_moderation.domain.pages import NotAModerator
from buurtthuis_moderation.queries import decisions as queries
from buurtthuis_moderation.queries import statistics, trail
from buurtthuis_moderation.queries.decisions import AppealView, DecisionView, MuteView
from buurtthuis_moderation.queries.statistics import StatisticsView
from buurtthuis_moderation.queries.trail import EntryView

router = APIRouter(tags=["decisions"])


class AppealBody(Body):
    words: str = Field(
        min_length=1,
        max_length=5000,
        description="Why somebody else should look again.",
        examples=["Het is mijn eigen nummer."],
    )


class AppealAnswerBody(Body):
    upheld: bool = Field(
        description="The decision was wrong: it is undone, with all that followed from it.", examples=[True]
    )
    reason: str = Field(
        min_length=1,
        max_length=2000,
        description="Why, in plain words.",
        examples=["U hebt gelijk: het nummer is van uzelf."],
    )


@router.get("/decisions", summary="What was decided about what you wrote", responses=problems())
async def list_own_decisions(reader: Own) -> list[DecisionView]:
    """Newest first, with your appeals."""
    async with reader.reading() as session:
        return await queries.list_own(session, reader.principal.subject)


@router.get("/decisions/{id}", summary="One decision about you", responses=problems(NotFound))
async def show_decision(id: UUID, reader: Own) -> DecisionView:
    """Also until when you can ask somebody else to look again."""
    async with reader.reading() as session:
        return await queries.show_decision(session, id, reader.principal.subject)


@router.post(
    "/decisions/{id}/appeal",
    status_code=201,
    summary="Ask somebody else to look again",
    responses=problems(NotFound, KeyReused, NotAboutYou, NothingToAppeal, TooLateToAppeal, AppealedAlready),
)
async def file_appeal(id: UUID, body: AppealBody, caller: Author) -> Receipt:
    """Once, within twenty days."""
    command = commands.FileAppeal(id, caller.actor, body.words)
    return await caller.run_namelessly(command, at="/appeals/{id}")


@router.get(
    "/pages/{id}/appeals",
    summary="Appeals that wait for an answer",
    responses=problems(NotFound, NotAModerator),
)
async def list_appeals(
    id: UUID,
    reader: HandlerReader,
    page: Paging,
    state: Annotated[AppealState, Query(description="Only in this state.")] = AppealState.PENDING,
) -> Page[AppealView]:
    """Oldest first; without those of the reader."""
    async with reader.reading() as session:
        found = await queries.list_appeals(
            session, id, acting(reader), state, after=page.after, limit=page.limit
        )
    return page.of(found)


@router.get("/appeals/{id}", summary="One appeal", responses=problems(NotFound, NotAModerator))
async def show_appeal(id: UUID, reader: AuthorReader, response: Response) -> AppealView:
    """For whoever filed it, and for those who look after the page. With its version as ETag."""
    async with reader.reading() as session:
        appeal = await queries.show_appeal(session, id, acting(reader))
    response.headers["ETag"] = etag(appeal.version)
    return appeal


@router.post(
    "/appeals/{id}/decision",
    summary="Answer an appeal",
    responses=problems(*MOVING, VersionMissing, NotAModerator, Muted, ConflictOfInterest, AppealIsDecided),
)
async def decide_appeal(id: UUID, body: AppealAnswerBody, caller: HandlerChange) -> Receipt:
    """By somebody who had nothing to do with it. Whoever filed it is told why."""
    command = commands.DecideAppeal(id, body.upheld, body.reason, caller.actor, caller.version)
    return await caller.run_namelessly(command)


@router.get("/pages/{id}/mutes", summary="Who cannot write now", responses=problems(NotFound, NotAModerator))
async def list_mutes(id: UUID, reader: HandlerReader) -> list[MuteView]:
    """And until when."""
    async with reader.reading() as session:
        return await queries.list_mutes(session, id, acting(reader), await reader.time(session))


@router.delete(
    "/mutes/{id}",
    summary="Let somebody write again",
    responses=problems(NotFound, NotAModerator, Muted, NotMuted),
)
async def lift_mute(id: UUID, caller: HandlerDelete) -> Receipt:
    """Before the time that was decided."""
    return await caller.run_namelessly(LiftMute(id, caller.actor))


@router.get("/pages/{id}/statistics", summary="How a page is looked after", responses=problems(NotFound))
async def show_statistics(id: UUID, reader: Everyone) -> StatisticsView:
    """How many, why and how fast; never what, or who."""
    async with reader.reading() as session:
        return await statistics.show_statistics(session, id)


@router.get(
    "/pages/{id}/trail", summary="What was done on a page", responses=problems(NotFound, NotAModerator)
)
async def list_trail(
    id: UUID,
    reader: HandlerReader,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="The last number that you have.")] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
) -> list[EntryView]:
    """In order. Each entry seals the one before; `buurtthuis moderation verify` says whether all are there."""
    async with reader.reading() as session:
        return await trail.list_entries(session, id, acting(reader), after=after, limit=limit)
