"""Events that a reaction gave up on, over HTTP: shown, tried again, dropped."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from buurtthuis.core.errors import KeyReused, NotFound
from buurtthuis.eventlog import dead_letters
from buurtthuis.eventlog.dead_letters import ParkedEvent
from buurtthuis.eventlog.retries import StillFailing, retry_parked
from buurtthuis.http.feed import audience_of
from buurtthuis.http.models import Page, Paging
from buurtthuis.http.policies import may_delete, may_post, may_read
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Caller, Reader
from buurtthuis.identity.principals import Role

OPERATORS = (Role.STAFF, Role.OPERATOR)
router = APIRouter(tags=["parked events"])


@router.get("/parked-events", summary="Events that a reaction gave up on", responses=problems())
async def list_parked_events(
    reader: Annotated[Reader, may_read(*OPERATORS, of_all_houses=True)], page: Paging
) -> Page[ParkedEvent]:
    """Oldest first, with why and when; those that were said to services alone are for operators."""
    async with reader.reading() as session:
        found = await dead_letters.parked(session, page.after, page.limit, audience_of(reader.principal))
        return page.of(found)


@router.get("/parked-events/{id}", summary="One parked event", responses=problems(NotFound))
async def show_parked_event(
    id: UUID, reader: Annotated[Reader, may_read(*OPERATORS, of_all_houses=True)]
) -> ParkedEvent:
    """The event as it came, and what went wrong."""
    async with reader.reading() as session:
        return await dead_letters.parked_event(session, id, audience_of(reader.principal))


@router.post(
    "/parked-events/{id}/retry",
    status_code=204,
    summary="Let the reaction try again",
    responses=problems(NotFound, KeyReused, StillFailing),
)
async def retry_parked_event(
    id: UUID, caller: Annotated[Caller, may_post(*OPERATORS, of_all_houses=True)]
) -> None:
    """On success the event is no longer parked; otherwise it stays, and the answer says why."""
    service = caller.service
    audience = audience_of(caller.principal)
    await retry_parked(service.database, caller.corporation, service.handlers, id, caller.key, audience)


@router.delete(
    "/parked-events/{id}", status_code=204, summary="Give up on a parked event", responses=problems(NotFound)
)
async def drop_parked_event(
    id: UUID, caller: Annotated[Caller, may_delete(*OPERATORS, of_all_houses=True)]
) -> None:
    """The reaction will never happen."""
    async with caller.reading() as session:
        await dead_letters.take(session, id, audience_of(caller.principal))
