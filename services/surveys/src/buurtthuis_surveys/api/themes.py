"""Themes over HTTP."""

from typing import Annotated
from uuid import UUID

from buurtthuis.errors import KeyReused, NotFound
from buurtthuis.events.surveys import Channel, Origin
from buurtthuis.identity import Role
from buurtthuis.web import MOVING, Body, Caller, Page, Paging, Reader, etag, may_post, may_read, problems
from buurtthuis.work import Receipt
from fastapi import APIRouter, Query, Response
from pydantic import Field

from buurtthuis_surveys.commands import themes as commands
from buurtthuis_surveys.domain.themes import NotYourTheme, ThemeCannotMove, ThemeState, staff_origin
from buurtthuis_surveys.queries import themes as queries
from buurtthuis_surveys.queries.themes import ThemeView

router = APIRouter(prefix="/themes", tags=["themes"])

Everyone = Annotated[Reader, may_read(Role.RESIDENT, Role.STAFF, Role.CHAIN_PARTNER, Role.GUIDE)]
Proposer = Annotated[Caller, may_post(Role.RESIDENT, Role.STAFF, Role.CHAIN_PARTNER)]
Withdrawer = Annotated[Caller, may_post(Role.RESIDENT, Role.CHAIN_PARTNER)]
Staff = Annotated[Caller, may_post(Role.STAFF)]


class ProposeThemeBody(Body):
    house_id: UUID = Field(examples=["01a204c1-fe22-7520-b7a9-199f15c86465"])
    title: str = Field(min_length=1, max_length=200, examples=["Ontmoeten"])
    captured_via: Channel = Field(
        Channel.WEB, description="Staff who type in a card, a talk at the door or a call say so here."
    )


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
async def list_themes(
    reader: Everyone,
    page: Paging,
    house: Annotated[UUID | None, Query(description="Only this house.")] = None,
    state: Annotated[ThemeState | None, Query(description="Only in this state.")] = None,
) -> Page[ThemeView]:
    """In order of arrival. Residents and chain partners see what is on the list, and all of their own."""
    async with reader.reading() as session:
        found = await queries.list_themes(
            session, viewer=_viewer(reader), house=house, state=state, after=page.after, limit=page.limit
        )
    return Page.of(found, page.limit)


@router.get("/{id}", summary="One theme", responses=problems(NotFound))
async def show_theme(id: UUID, reader: Everyone, response: Response) -> ThemeView:
    """With its version as ETag."""
    async with reader.reading() as session:
        theme = await queries.show_theme(session, id, viewer=_viewer(reader))
    response.headers["ETag"] = etag(theme.version)
    return theme


@router.post("/{id}/admission", summary="Admit a theme", responses=problems(*MOVING, ThemeCannotMove))
async def admit_theme(id: UUID, caller: Staff) -> Receipt:
    """It goes on the list that residents choose from."""
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
    if caller.has(Role.STAFF):
        origin = staff_origin(body.captured_via)
        return commands.ProposeTheme(body.house_id, body.title, origin, body.captured_via, entered_by=who)
    origin = Origin.CHAIN_PARTNER if caller.has(Role.CHAIN_PARTNER) else Origin.RESIDENT
    return commands.ProposeTheme(body.house_id, body.title, origin, proposed_by=who)


def _viewer(reader: Reader) -> UUID | None:
    return None if reader.has(Role.STAFF, Role.GUIDE) else reader.principal.subject
