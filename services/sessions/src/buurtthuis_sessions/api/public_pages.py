"""What everybody reads of houses without signing in: on the corporation's own site, and wherever else."""

from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import NoSuchPage
from buurtthuis.http.keeping import A_MINUTE, kept_for
from buurtthuis.http.models import Paging
from buurtthuis.http.policies import PUBLIC
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Visitor
from fastapi import APIRouter

from buurtthuis_sessions.queries import houses, public_pages
from buurtthuis_sessions.queries.public_pages import CorporationView, PublicHousePage, PublicHouses

router = APIRouter(
    prefix="/public/{corporation}/houses", tags=["for everybody"], dependencies=[kept_for(A_MINUTE)]
)

Anybody = Annotated[Visitor, PUBLIC]


@router.get("", summary="A corporation and its houses", responses=problems(NoSuchPage))
async def list_public_houses(visitor: Anybody, page: Paging) -> PublicHouses:
    """In order of opening: those that opened, and those that ended, until their data goes."""
    async with visitor.reading() as session:
        found = await houses.list_public_houses(session, after=page.after, limit=page.limit)
    return PublicHouses(corporation=CorporationView.of(visitor.corporation), **dict(page.of(found)))


@router.get("/{id}", summary="The page of a house for everybody", responses=problems(NoSuchPage))
async def show_public_page(id: UUID, visitor: Anybody) -> PublicHousePage:
    """What is on and how many places are left, what was decided, and whether people keep meeting. All that there is in one read."""
    async with visitor.reading() as session:
        now = await visitor.time(session)
        return await public_pages.show_public_page(session, id, visitor.corporation, now)
