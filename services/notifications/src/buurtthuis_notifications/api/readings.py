"""Who looked, over HTTP: for the resident whose contact data it was, and for whoever watches over privacy."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from buurtthuis.core.actor import ActorKind
from buurtthuis.core.errors import NotFound
from buurtthuis.http.models import Page, Paging
from buurtthuis.http.problems import problems
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from buurtthuis_notifications.api.people import Me, OperatorReader
from buurtthuis_notifications.domain.readings import Occasion
from buurtthuis_notifications.queries import readings, residents
from buurtthuis_notifications.queries.readings import ReadingView, Wanted
from buurtthuis_notifications.texts.readings import sentence

router = APIRouter()


class OwnReading(BaseModel):
    """That somebody read my name, address or number: as what they did, for what, and when. Not which colleague it was."""

    id: UUID
    role: ActorKind
    occasion: Occasion
    read_at: datetime
    sentence: str = Field(
        description="The same in the language that I am written to in.",
        examples=["Somebody from Woonpartners printed a letter to you, with your name and address on it."],
    )


@router.get(
    "/me/readings",
    tags=["my own data"],
    summary="Who read where I am reached",
    responses=problems(NotFound),
)
async def list_my_readings(me: Me, page: Paging) -> Page[OwnReading]:
    """Newest first, of the last two years: each time that a person was shown it."""
    async with me.reading() as session:
        language = (await residents.one_resident(session, me.principal.subject)).reads
        wanted = Wanted(resident=me.principal.subject)
        found = await readings.list_readings(session, wanted, page.after, page.limit)
    own = [
        OwnReading(
            id=reading.id,
            role=reading.role,
            occasion=reading.occasion,
            read_at=reading.read_at,
            sentence=sentence(reading.occasion, language, me.corporation),
        )
        for reading in found
    ]
    return page.of(own)


@router.get("/readings", tags=["residents"], summary="Who read contact data", responses=problems())
async def list_readings(
    reader: OperatorReader,
    page: Paging,
    resident: Annotated[UUID | None, Query(description="Whose it was, by pseudonym.")] = None,
    by: Annotated[UUID | None, Query(description="Who read it, by pseudonym.")] = None,
) -> Page[ReadingView]:
    """Newest first, of the last two years. Not for staff: beside their lists it would say whose pseudonym is at which door."""
    async with reader.reading() as session:
        wanted = Wanted(resident, by)
        return page.of(await readings.list_readings(session, wanted, page.after, page.limit))
