"""Continuity over HTTP: whether people keep meeting in a house."""

from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.http.models import Page, Paging
from buurtthuis.http.problems import problems
from fastapi import APIRouter

from buurtthuis_sessions.api.people import Everyone
from buurtthuis_sessions.queries import continuity
from buurtthuis_sessions.queries.continuity import ContinuityView, TimelineEntry

router = APIRouter(prefix="/houses/{id}", tags=["continuity"])


@router.get("/continuity", summary="Whether people keep meeting", responses=problems(NotFound))
async def show_continuity(id: UUID, reader: Everyone) -> ContinuityView:
    """Green, at risk or broken: the days since people met last against the house's limit, and all its counts."""
    async with reader.reading() as session:
        now, time_zone = await reader.time(session), reader.corporation.time_zone
        return await continuity.show_continuity(session, id, now, time_zone)


@router.get("/timeline", summary="What became of its sessions", responses=problems(NotFound))
async def show_timeline(id: UUID, reader: Everyone, page: Paging) -> Page[TimelineEntry]:
    """In order of time: held, not held and cancelled, with the days between those that were held."""
    async with reader.reading() as session:
        time_zone = reader.corporation.time_zone
        found = await continuity.timeline(session, id, time_zone, after=page.after, limit=page.limit)
    return page.of(found)
