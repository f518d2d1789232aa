"""What can be asked of tasks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work
from buurtthuis.events import Event
from buurtthuis.events.sessions import TaskDone, TaskKind

from buurtthuis_sessions.domain.leading import NotAHost, may_act_for_others
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.tasks import Task

on = Handlers()


@dataclass(frozen=True)
class FinishTask:
    task_id: UUID
    by: Actor
    version: Versions | None = None


@on.command
async def finish_task(command: FinishTask, work: Work) -> Result:
    task = await work.get(Task, command.task_id, command.version)
    if not may_act_for_others(command.by):
        await _check_theirs(task, command.by, work)
    return Result(task, task.finish(await work.time()))


async def _check_theirs(task: Task, by: Actor, work: Work) -> None:
    """Hosts settle what is asked about their session. Raises NotAHost."""
    if task.session_id is None:
        raise NotAHost
    (await work.share(Session, task.session_id)).check_host(by)


async def look_for_a_host(of: Session | Series, work: Work, now: datetime) -> list[Event]:
    """Staff are asked to, unless they are already."""
    where = "series" if isinstance(of, Series) else "session"
    asked = await work.count(Task, kind=TaskKind.FIND_A_HOST, done_at=None, **{f"{where}_id": of.id})
    if asked:
        return []
    return [work.add(Task.raised(TaskKind.FIND_A_HOST, of.house_id, now, **{where: of.id}))]


async def finish_tasks(work: Work, now: datetime, **about: Any) -> list[TaskDone]:
    """Whatever was asked about this is no question any more."""
    return [done for task in await work.find(Task, done_at=None, **about) for done in task.finish(now)]
