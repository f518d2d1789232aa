"""Houses over HTTP."""

from datetime import date
from typing import Annotated
from uuid import UUID

from buurtthuis.errors import KeyReused, NotFound
from buurtthuis.web import Body, Page, Paging, etag, problems
from buurtthuis.work import Receipt
from fastapi import APIRouter, Response
from pydantic import Field

from buurtthuis_sessions.api.people import Everyone, Staff
from buurtthuis_sessions.commands import houses as commands
from buurtthuis_sessions.queries import houses
from buurtthuis_sessions.queries.houses import HouseView

router = APIRouter(prefix="/houses", tags=["houses"])

Title = Annotated[str, Field(min_length=1, max_length=200)]


class OpenHouseBody(Body):
    title: Title = Field(examples=["BuurtThuis Wingerd"])
    town: Title = Field(examples=["Waddinxveen"])
    dwellings: int = Field(ge=1, le=100_000, examples=[96])
    label: Title | None = Field(None, examples=["Praatmaatje"], description="What residents call it.")
    ends_on: date | None = Field(None, examples=["2019-03-31"])


@router.post("", status_code=201, summary="Open a house", responses=problems(KeyReused))
async def open_house(body: OpenHouseBody, caller: Staff) -> Receipt:
    """Start an experiment at one complex."""
    return await caller.run(commands.OpenHouse(**body.model_dump()), at="/houses/{id}")


@router.get("", summary="Houses", responses=problems())
async def list_houses(reader: Everyone, page: Paging) -> Page[HouseView]:
    """In order of opening."""
    async with reader.reading() as session:
        return Page.of(await houses.list_houses(session, page.after, page.limit), page.limit)


@router.get("/{id}", summary="One house", responses=problems(NotFound))
async def show_house(id: UUID, reader: Everyone, response: Response) -> HouseView:
    """With its version as ETag."""
    async with reader.reading() as session:
        house = await houses.show_house(session, id)
    response.headers["ETag"] = etag(house.version)
    return house
