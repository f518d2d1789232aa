"""Finding themes over HTTP: lists, searches and exports, look-alikes, timelines, and the residents' share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.core.corporations import Slug
from buurtthuis.core.errors import NotFound
from buurtthuis.events.surveys import IntakeChannel, Origin, ThemeSource
from buurtthuis.http.models import TYPED, Day, Page, Paging
from buurtthuis.http.policies import may_read
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Languages, Reader, in_language
from buurtthuis.http.sheets import EXPORTED, Format, export, in_pages
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from buurtthuis_surveys import texts
from buurtthuis_surveys.api.themes import Everyone, viewer
from buurtthuis_surveys.domain.themes import ThemeState
from buurtthuis_surveys.domain.wall_clocks import midnight
from buurtthuis_surveys.queries import closing, look_alikes, shares, timelines
from buurtthuis_surveys.queries import themes as queries
from buurtthuis_surveys.queries.closing import ClosingQuestionView, Loops
from buurtthuis_surveys.queries.look_alikes import LookAlike
from buurtthuis_surveys.queries.shares import Share
from buurtthuis_surveys.queries.themes import ThemeView, Wanted
from buurtthuis_surveys.queries.timelines import TimelineStep

router = APIRouter(prefix="/themes", tags=["themes"])

Observer = Annotated[Reader, may_read(Role.STAFF, Role.GUIDE)]


@dataclass(frozen=True)
class Filters:
    """Which themes; all of it together."""

    house: Annotated[UUID | None, Query(description="Only this house.")] = None
    state: Annotated[ThemeState | None, Query(description="Only in this state.")] = None
    origin: Annotated[Origin | None, Query(description="Only whose idea it is.")] = None
    captured_via: Annotated[
        IntakeChannel | None, Query(alias="capturedVia", description="Only by this road.")
    ] = None
    source: Annotated[ThemeSource | None, Query(description="Only what came out of such a thing.")] = None
    source_id: Annotated[
        UUID | None, Query(alias="sourceId", description="Only what came out of this very one.")
    ] = None
    since: Annotated[Day | None, Query(alias="from", description="Proposed on this day or later.")] = None
    until: Annotated[Day | None, Query(alias="to", description="Proposed on this day or earlier.")] = None
    organisation: Annotated[Slug | None, Query(description="Only what this chain partner brought in.")] = None
    words: Annotated[
        str | None,
        Query(alias="search", max_length=200, description="Words in the title, in any Dutch form."),
        TYPED,
    ] = None

    def wanted(self, time_zone: str) -> Wanted:
        """Days are the corporation's own."""
        zone = ZoneInfo(time_zone)
        return Wanted(
            house=self.house,
            state=self.state,
            origin=self.origin,
            captured_via=self.captured_via,
            source=self.source,
            source_id=self.source_id,
            since=midnight(self.since, zone) if self.since else None,
            organisation=self.organisation,
            until=midnight(self.until + timedelta(days=1), zone) if self.until else None,
            words=self.words,
        )


Filtered = Annotated[Filters, Depends()]
InHouse = Annotated[UUID, Query(description="The house.")]


@router.get("", summary="Themes", responses=problems())
async def list_themes(reader: Everyone, page: Paging, filters: Filtered) -> Page[ThemeView]:
    """In order of arrival. Residents and chain partners see what is or was on the list, and all of their own."""
    wanted = filters.wanted(reader.corporation.time_zone)
    async with reader.reading() as session:
        found = await queries.list_themes(
            session,
            wanted,
            viewer=viewer(reader),
            names=reader.corporation.organisations,
            after=page.after,
            limit=page.limit,
        )
    return page.of(found)


@router.get("/export", summary="Themes as a file", response_model=None, responses=EXPORTED | problems())
async def export_themes(
    reader: Observer, filters: Filtered, format: Annotated[Format, Query()] = Format.CSV
) -> StreamingResponse:
    """All of them, as far as they are wanted."""
    wanted = filters.wanted(reader.corporation.time_zone)
    pages = in_pages(
        reader.reading,
        lambda session, after, limit: queries.list_themes(
            session,
            wanted,
            viewer=viewer(reader),
            names=reader.corporation.organisations,
            after=after,
            limit=limit,
        ),
    )
    return await export("themes", ThemeView, pages, format)


@router.get("/share", summary="The residents' share", responses=problems())
async def show_share(reader: Observer, house: InHouse) -> Share:
    """How many of the themes of a house were theirs: ever admitted, ever selected, ever realised."""
    async with reader.reading() as session:
        return await shares.share(session, house)


@router.get("/loops", summary="The share of loops closed", responses=problems())
async def show_loops(
    reader: Observer, house: Annotated[UUID | None, Query(description="Only in this house.")] = None
) -> Loops:
    """How many of those who brought an idea in say that it is solved, and how many were asked; of all houses of yours, or of one."""
    async with reader.reading() as session:
        return await closing.loops(session, house, await reader.time(session))


@router.get("/look-alikes", summary="Themes like a title", responses=problems())
async def find_look_alikes(
    reader: Everyone,
    house: InHouse,
    title: Annotated[str, Query(min_length=1, max_length=200, description="What you want to propose.")],
) -> list[LookAlike]:
    """To be shown before somebody proposes what is there already; the most alike first, five at most."""
    async with reader.reading() as session:
        return await look_alikes.look_alikes(session, house, title, viewer=viewer(reader))


@router.get("/{id}/timeline", summary="What happened with an idea", responses=problems(NotFound))
async def show_timeline(
    id: UUID, reader: Everyone, response: Response, preferred: Languages
) -> list[TimelineStep]:
    """From the proposal on; where it was merged, also what became of the theme that it is part of."""
    async with reader.reading() as session:
        names = reader.corporation.organisations
        await queries.show_theme(session, id, viewer=viewer(reader), names=names)
        steps = await timelines.timeline(session, id, spoken := texts.spoken(preferred))
    response.headers.update(in_language(spoken.tag))
    return steps


@router.get("/{id}/closing", summary="Whether an idea is solved", responses=problems(NotFound))
async def show_closing(id: UUID, reader: Observer) -> Sequence[ClosingQuestionView]:
    """What those who brought it in said to that, as often as they were asked."""
    async with reader.reading() as session:
        return await closing.questions_of(session, id)


@router.get("/{id}/look-alikes", summary="Themes like this one", responses=problems(NotFound))
async def find_look_alikes_of(id: UUID, reader: Observer) -> list[LookAlike]:
    """Into which it might be merged; the most alike first, five at most."""
    async with reader.reading() as session:
        return await look_alikes.look_alikes_of(session, id, viewer=viewer(reader))
