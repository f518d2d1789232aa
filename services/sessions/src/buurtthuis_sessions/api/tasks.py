"""Tasks over HTTP."""

from typing import Annotated
from uuid import UUID

from buurtthuis.core.work import Receipt
from buurtthuis.events.sessions import TaskKind
from buurtthuis.http.models import Page, Paging
from buurtthuis.http.policies import may_read
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Reader
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Query

from buurtthuis_sessions.api.people import Host, viewer
from buurtthuis_sessions.commands.tasks import FinishTask
from buurtthuis_sessions.domain.leading import NotAHost
from buurtthuis_sessions.queries import tasks
from buurtthuis_sessions.queries.tasks import TaskView

router = APIRouter(prefix="/tasks", tags=["tasks"])

Helper = Annotated[Reader, may_read(Role.STAFF, Role.GUIDE, Role.RESIDENT)]


@router.get("", summary="What people are asked to do", responses=problems())
async def list_tasks(
    reader: Helper,
    page: Paging,
    house: Annotated[UUID | None, Query(description="Only of this house.")] = None,
    kind: Annotated[TaskKind | None, Query(description="Only of this kind.")] = None,
    open_: Annotated[bool | None, Query(alias="open", description="Still to do, or done.")] = None,
) -> Page[TaskView]:
    """In order of raising. Residents see what is about sessions that they lead."""
    async with reader.reading() as session:
        found = await tasks.list_tasks(
            session,
            viewer(reader),
            house=house,
            kind=kind,
            open_=open_,
            after=page.after,
            limit=page.limit,
        )
    return page.of(found)


@router.post("/{id}/done", summary="It is done", responses=problems(*MOVING, NotAHost))
async def finish_task(id: UUID, caller: Host) -> Receipt:
    """Or it needs doing no more; said twice is said once."""
    return await caller.run(FinishTask(id, caller.actor, caller.version))
