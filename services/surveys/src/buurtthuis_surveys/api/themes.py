"""Themes over HTTP."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.errors import Invalid, KeyReused, NotFound
from buurtthuis.events.surveys import Channel, Origin, Source
from buurtthuis.identity import Role
from buurtthuis.sheets import EXPORTED, Format, export
from buurtthuis.tracing import current
from buurtthuis.web import (
    MOVING,
    Body,
    Caller,
    Page,
    Paging,
    Reader,
    etag,
    may_delete,
    may_post,
    may_read,
    problems,
)
from buurtthuis.work import Cause, Receipt
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from buurtthuis_surveys.commands import themes as commands
from buurtthuis_surveys.domain.themes import (
    CannotMergeInto,
    MergeIntoItself,
    NotOnTheList,
    NotSupported,
    NotYourTheme,
    OtherHouse,
    SupportedAlready,
    ThemeCannotMove,
    ThemeState,
    staff_origin,
)
from buurtthuis_surveys.queries import look_alikes, shares, timelines
from buurtthuis_surveys.queries import themes as queries
from buurtthuis_surveys.queries.look_alikes import LookAlike
from buurtthuis_surveys.queries.shares import Share
from buurtthuis_surveys.queries.themes import ThemeView, Wanted
from buurtthuis_surveys.queries.timelines import TimelineStep

router = APIRouter(prefix="/themes", tags=["themes"])

Everyone = Annotated[Reader, may_read(Role.RESIDENT, Role.STAFF, Role.CHAIN_PARTNER, Role.GUIDE)]
Observer = Annotated[Reader, may_read(Role.STAFF, Role.GUIDE)]
Proposer = Annotated[Caller, may_post(Role.RESIDENT, Role.STAFF, Role.CHAIN_PARTNER)]
Withdrawer = Annotated[Caller, may_post(Role.RESIDENT, Role.CHAIN_PARTNER)]
Supporter = Annotated[Caller, may_post(Role.RESIDENT)]
FormerSupporter = Annotated[Caller, may_delete(Role.RESIDENT)]
Staff = Annotated[Caller, may_post(Role.STAFF)]

#: Dates outside these are typing errors, and the ends of the calendar have no time zones.
Day = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2200, 1, 1))]


@dataclass(frozen=True)
class Filters:
    """Which themes; all of it together."""

    house: Annotated[UUID | None, Query(description="Only this house.")] = None
    state: Annotated[ThemeState | None, Query(description="Only in this state.")] = None
    origin: Annotated[Origin | None, Query(description="Only whose idea it is.")] = None
    captured_via: Annotated[Channel | None, Query(description="Only by this road.")] = None
    source: Annotated[Source | None, Query(description="Only what came out of such a thing.")] = None
    source_id: Annotated[UUID | None, Query(description="Only what came out of this very one.")] = None
    since: Annotated[Day, Query(alias="from", description="Proposed on this day or later.")] = None
    until: Annotated[Day, Query(alias="to", description="Proposed on this day or earlier.")] = None
    words: Annotated[
        str | None,
        Query(alias="search", max_length=200, description="Words in the title, in any Dutch form."),
    ] = None

    def wanted(self, time_zone: str) -> Wanted:
        """Days are the corporation's own."""
        return Wanted(
            house=self.house,
            state=self.state,
            origin=self.origin,
            captured_via=self.captured_via,
            source=self.source,
            source_id=self.source_id,
            since=_midnight(self.since, time_zone) if self.since else None,
            until=_midnight(self.until + timedelta(days=1), time_zone) if self.until else None,
            words=self.words,
        )


Filtered = Annotated[Filters, Depends()]
InHouse = Annotated[UUID, Query(description="The house.")]


class ProposeThemeBody(Body):
    house_id: UUID = Field(examples=["01a204c1-fe22-7520-b7a9-199f15c86465"])
    title: str = Field(min_length=1, max_length=200, examples=["Ontmoeten"])
    captured_via: Channel = Field(
        Channel.WEB, description="Staff who type in a card, a talk at the door or a call say so here."
    )
    source: Source = Field(Source.NONE, description="Staff say what it came out of.")
    source_id: UUID | None = Field(None, description="Which survey, campaign or session that was.")


class MergeBody(Body):
    into: UUID = Field(description="The theme that it goes on in.")


class ReasonBody(Body):
    reason: str = Field(
        min_length=1, max_length=2000, examples=["Dit gaat over één woning, niet over de buurt."]
    )


class ReplyBody(Body):
    reply: str = Field(
        min_length=1, max_length=5000, examples=["Vanaf februari is er elke week een koffietafel."]
    )


@router.post("", status_code=201, summary="Propose a theme", responses=problems(KeyReused))
async def propose_theme(body: ProposeThemeBody, caller: Proposer) -> Receipt:
    """A resident's own idea, a chain partner's, or one that staff bring in for themselves or for a resident."""
    return await caller.run(_proposal(body, caller), at="/themes/{id}")


@router.get("", summary="Themes", responses=problems())
async def list_themes(reader: Everyone, page: Paging, filters: Filtered) -> Page[ThemeView]:
    """In order of arrival. Residents and chain partners see what is or was on the list, and all of their own."""
    wanted = filters.wanted(reader.corporation.time_zone)
    async with reader.reading() as session:
        found = await queries.list_themes(
            session, wanted, viewer=_viewer(reader), after=page.after, limit=page.limit
        )
    return Page.of(found, page.limit)


@router.get("/export", summary="Themes as a file", response_model=None, responses=EXPORTED | problems())
async def export_themes(
    reader: Observer, filters: Filtered, format: Annotated[Format, Query()] = Format.CSV
) -> StreamingResponse:
    """All of them, as far as they are wanted."""
    wanted = filters.wanted(reader.corporation.time_zone)
    return await export("themes", ThemeView, queries.all_themes(reader.reading, wanted), format)


@router.get("/share", summary="The residents' share", responses=problems())
async def show_share(reader: Observer, house: InHouse) -> Share:
    """How many of the themes of a house were theirs: ever admitted, ever selected, ever realised."""
    async with reader.reading() as session:
        return await shares.share(session, house)


@router.get("/look-alikes", summary="Themes like a title", responses=problems())
async def find_look_alikes(
    reader: Everyone,
    house: InHouse,
    title: Annotated[str, Query(min_length=1, max_length=200, description="What you want to propose.")],
) -> list[LookAlike]:
    """To be shown before somebody proposes what is there already; the most alike first, five at most."""
    async with reader.reading() as session:
        return await look_alikes.look_alikes(session, house, title, viewer=_viewer(reader))


@router.get("/{id}", summary="One theme", responses=problems(NotFound))
async def show_theme(id: UUID, reader: Everyone, response: Response) -> ThemeView:
    """With its version as ETag."""
    async with reader.reading() as session:
        theme = await queries.show_theme(session, id, viewer=_viewer(reader))
    response.headers["ETag"] = etag(theme.version)
    return theme


@router.get("/{id}/timeline", summary="What happened with an idea", responses=problems(NotFound))
async def show_timeline(id: UUID, reader: Everyone) -> list[TimelineStep]:
    """From the proposal on; where it was merged, also what became of the theme that it is part of."""
    async with reader.reading() as session:
        await queries.show_theme(session, id, viewer=_viewer(reader))
        return await timelines.timeline(session, id)


@router.get("/{id}/look-alikes", summary="Themes like this one", responses=problems(NotFound))
async def find_look_alikes_of(id: UUID, reader: Observer) -> list[LookAlike]:
    """Into which it might be merged; the most alike first, five at most."""
    async with reader.reading() as session:
        return await look_alikes.look_alikes_of(session, id)


@router.post("/{id}/admission", summary="Admit a theme", responses=problems(*MOVING, ThemeCannotMove))
async def admit_theme(id: UUID, caller: Staff) -> Receipt:
    """It goes on the list that residents choose from, or back on it from where it was parked."""
    return await caller.run(commands.AdmitTheme(id, caller.version))


@router.post("/{id}/rejection", summary="Reject a theme", responses=problems(*MOVING, ThemeCannotMove))
async def reject_theme(id: UUID, body: ReasonBody, caller: Staff) -> Receipt:
    """It stays off the list; the proposer is told why."""
    return await caller.run(commands.RejectTheme(id, body.reason, caller.version))


@router.post(
    "/{id}/withdrawal", summary="Withdraw a theme", responses=problems(*MOVING, ThemeCannotMove, NotYourTheme)
)
async def withdraw_theme(id: UUID, caller: Withdrawer) -> Receipt:
    """The proposer takes it back, as long as it is not admitted."""
    return await caller.run(commands.WithdrawTheme(id, caller.principal.subject, caller.version))


@router.post(
    "/{id}/merge",
    summary="Merge a theme into another",
    responses=problems(*MOVING, ThemeCannotMove, CannotMergeInto, MergeIntoItself, OtherHouse),
)
async def merge_theme(id: UUID, body: MergeBody, caller: Staff) -> Receipt:
    """It says the same. It keeps the trace to the other one, which gets its support."""
    return await caller.run(commands.MergeTheme(id, body.into, caller.version))


@router.post(
    "/{id}/support",
    summary="Support a theme",
    responses=problems(*MOVING, NotOnTheList, SupportedAlready),
)
async def support_theme(id: UUID, caller: Supporter) -> Receipt:
    """One resident, one support. How many is shown to all, who to nobody."""
    return await _namelessly(caller, commands.SupportTheme(id, caller.principal.subject))


@router.delete("/{id}/support", summary="Take your support back", responses=problems(NotFound, NotSupported))
async def take_back_support(id: UUID, caller: FormerSupporter) -> Receipt:
    """As if it never was."""
    return await _namelessly(caller, commands.TakeBackSupport(id, caller.principal.subject))


@router.post("/{id}/selection", summary="Select a theme", responses=problems(*MOVING, ThemeCannotMove))
async def select_theme(id: UUID, caller: Staff) -> Receipt:
    """It is chosen to meet about; sessions drafts a session by itself."""
    return await caller.run(commands.SelectTheme(id, caller.version))


@router.post("/{id}/parking", summary="Park a theme", responses=problems(*MOVING, ThemeCannotMove))
async def park_theme(id: UUID, caller: Staff) -> Receipt:
    """A good theme, but not now."""
    return await caller.run(commands.ParkTheme(id, caller.version))


@router.post("/{id}/answer", summary="Answer a theme", responses=problems(*MOVING, ThemeCannotMove))
async def answer_theme(id: UUID, body: ReplyBody, caller: Staff) -> Receipt:
    """The corporation's official reply to the proposer."""
    return await caller.run(commands.AnswerTheme(id, body.reply, caller.version))


def _proposal(body: ProposeThemeBody, caller: Caller) -> commands.ProposeTheme:
    """Staff type in for the corporation or for a resident; residents and chain partners propose for themselves."""
    who = caller.principal.subject
    if not caller.has(Role.STAFF):
        origin = Origin.CHAIN_PARTNER if caller.has(Role.CHAIN_PARTNER) else Origin.RESIDENT
        return commands.ProposeTheme(body.house_id, body.title, origin, proposed_by=who)
    if (body.source is Source.NONE) != (body.source_id is None):
        raise Invalid("A source and its id go together.", field="/source_id")
    return commands.ProposeTheme(
        body.house_id,
        body.title,
        staff_origin(body.captured_via),
        body.captured_via,
        entered_by=who,
        source=body.source,
        source_id=body.source_id,
    )


async def _namelessly(caller: Caller, command: object) -> Receipt:
    """An event tells residents which resident it was, unless it is caused by the role alone."""
    cause = Cause(Role.RESIDENT, traceparent=current())
    return await caller.service.dispatcher.run(command, caller.corporation, cause, caller.key)


def _viewer(reader: Reader) -> UUID | None:
    return None if reader.has(Role.STAFF, Role.GUIDE) else reader.principal.subject


def _midnight(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(time_zone))
