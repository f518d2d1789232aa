"""Campaigns and their idea cards over HTTP."""

from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import KeyReused, NotFound
from buurtthuis.core.work import Receipt
from buurtthuis.http.models import Body, Line, Page, Paging, Part, WallClock
from buurtthuis.http.policies import may_post, may_read
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Caller, Reader
from buurtthuis.http.versions import etag
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Query, Response
from pydantic import Field

from buurtthuis_surveys.commands import campaigns as commands
from buurtthuis_surveys.domain.campaigns import (
    CampaignCannotMove,
    NotEnoughLeft,
    NotSoMany,
    Stand,
    StandClosed,
)
from buurtthuis_surveys.queries import campaigns as queries
from buurtthuis_surveys.queries.campaigns import CampaignView

router = APIRouter(prefix="/campaigns", tags=["campaigns"])

Observer = Annotated[Reader, may_read(Role.STAFF, Role.GUIDE)]
Staff = Annotated[Caller, may_post(Role.STAFF)]


class StandBody(Part):
    place: Line = Field(examples=["Hal van de Wingerd"])
    starts_at: WallClock = Field(examples=["2029-12-14T15:00:00"])
    ends_at: WallClock = Field(examples=["2029-12-14T18:00:00"])
    staff: list[UUID] = Field([], max_length=50, description="Who is there.")


class PlanCampaignBody(Body):
    house_id: UUID = Field(examples=["01a204c1-fe22-7520-b7a9-199f15c86465"])
    title: Line = Field(examples=["Oliebollenactie"])
    incentive: Line = Field(examples=["Een zak met zes oliebollen"])
    stock: int = Field(ge=0, le=100_000, examples=[40])
    stands: list[StandBody] = Field([], max_length=50)


class CountBody(Body):
    count: int = Field(1, ge=1, le=1_000)


@router.post("", status_code=201, summary="Plan a campaign", responses=problems(KeyReused))
async def plan_campaign(body: PlanCampaignBody, caller: Staff) -> Receipt:
    """What is given for an idea, how many of it, where and when. Times are what the clock on the wall shows."""
    stands = tuple(
        Stand(stand.place, stand.starts_at, stand.ends_at, tuple(dict.fromkeys(stand.staff)))
        for stand in body.stands
    )
    command = commands.PlanCampaign(body.house_id, body.title, body.incentive, body.stock, stands)
    return await caller.run(command, at="/campaigns/{id}")


@router.get("", summary="Campaigns", responses=problems())
async def list_campaigns(
    reader: Observer,
    page: Paging,
    house: Annotated[UUID | None, Query(description="Only this house.")] = None,
) -> Page[CampaignView]:
    """In the order in which they were planned."""
    async with reader.reading() as session:
        found = await queries.list_campaigns(session, house=house, after=page.after, limit=page.limit)
    return page.of(found)


@router.get("/{id}", summary="One campaign", responses=problems(NotFound))
async def show_campaign(id: UUID, reader: Observer, response: Response) -> CampaignView:
    """With its counts as they are now; the event `campaign-counted` tells of every change."""
    async with reader.reading() as session:
        campaign = await queries.show_campaign(session, id)
    response.headers["ETag"] = etag(campaign.version)
    return campaign


@router.post("/{id}/start", summary="Start a campaign", responses=problems(*MOVING, CampaignCannotMove))
async def start_campaign(id: UUID, caller: Staff) -> Receipt:
    """The stand is open."""
    return await caller.run(commands.StartCampaign(id, caller.version))


@router.post("/{id}/handouts", summary="Hand out", responses=problems(*MOVING, StandClosed, NotEnoughLeft))
async def hand_out(id: UUID, body: CountBody, caller: Staff) -> Receipt:
    """As far as there is stock."""
    return await caller.run(commands.HandOut(id, body.count))


@router.post(
    "/{id}/handouts/undo", summary="Undo a hand-out", responses=problems(*MOVING, StandClosed, NotSoMany)
)
async def undo_hand_out(id: UUID, body: CountBody, caller: Staff) -> Receipt:
    """It was a slip of the finger."""
    return await caller.run(commands.UndoHandOut(id, body.count))


@router.post("/{id}/collections", summary="Collect cards", responses=problems(*MOVING, StandClosed))
async def collect_cards(id: UUID, body: CountBody, caller: Staff) -> Receipt:
    """Counted apart from what is handed out: not everybody wants a bag, and some people have two ideas."""
    return await caller.run(commands.CollectCards(id, body.count))


@router.post(
    "/{id}/collections/undo",
    summary="Undo a collection",
    responses=problems(*MOVING, StandClosed, NotSoMany),
)
async def undo_collect_cards(id: UUID, body: CountBody, caller: Staff) -> Receipt:
    """It was a slip of the finger."""
    return await caller.run(commands.UndoCollectCards(id, body.count))


@router.post("/{id}/end", summary="End a campaign", responses=problems(*MOVING, CampaignCannotMove))
async def end_campaign(id: UUID, caller: Staff) -> Receipt:
    """The event `campaign-ended` sums it up. Cards can be typed in until long after."""
    return await caller.run(commands.EndCampaign(id, caller.version))
