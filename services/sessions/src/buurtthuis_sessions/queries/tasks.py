"""What can be read of tasks."""

from datetime import datetime
from uuid import UUID

from buurtthuis.events.sessions import SeatRole, TaskKind
from pydantic import BaseModel
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.domain.seats import SeatState
from buurtthuis_sessions.queries.sessions import Viewer
from buurtthuis_sessions.storage.sessions import seats
from buurtthuis_sessions.storage.tasks import tasks


class TaskView(BaseModel):
    """What a person is asked to do, about a session or a series."""

    id: UUID
    house_id: UUID
    kind: TaskKind
    session_id: UUID | None
    series_id: UUID | None
    raised_at: datetime
    done_at: datetime | None
    version: int


async def list_tasks(
    session: AsyncSession,
    viewer: Viewer,
    *,
    house: UUID | None = None,
    kind: TaskKind | None = None,
    open_: bool | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[TaskView]:
    """Tasks in order of raising: every one for staff and guides, for a resident those about sessions they lead."""
    query = select(tasks)
    if not viewer.drafts:
        query = query.where(
            exists().where(
                seats.c.session_id == tasks.c.session_id,
                seats.c.resident_id == viewer.resident,
                seats.c.role == SeatRole.HOST,
                seats.c.state == SeatState.REGISTERED,
            )
        )
    for column, wanted in (("house_id", house), ("kind", kind)):
        query = query.where(tasks.c[column] == wanted) if wanted else query
    if open_ is not None:
        query = query.where(tasks.c.done_at.is_(None) if open_ else tasks.c.done_at.is_not(None))
    query = query.where(tasks.c.id > after) if after else query
    rows = await session.execute(query.order_by(tasks.c.id).limit(limit))
    return [TaskView(**row) for row in rows.mappings()]
