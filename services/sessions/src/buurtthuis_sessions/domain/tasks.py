"""What a person is asked to do, because no rule can do it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from buurtthuis.core.work import new_id
from buurtthuis.events.sessions import TaskDone, TaskKind, TaskRaised


@dataclass(eq=False)
class Task:
    """About a session or a series of a house."""

    id: UUID
    house_id: UUID
    kind: TaskKind
    raised_at: datetime
    session_id: UUID | None = None
    series_id: UUID | None = None
    done_at: datetime | None = None
    version: int = 0

    @classmethod
    def raised(
        cls,
        kind: TaskKind,
        house: UUID,
        now: datetime,
        *,
        session: UUID | None = None,
        series: UUID | None = None,
    ) -> tuple[Self, TaskRaised]:
        """Ask for it."""
        task = cls(new_id(), house, kind, now, session, series)
        return task, TaskRaised(
            task_id=task.id, house_id=house, kind=kind, session_id=session, series_id=series
        )

    def finish(self, now: datetime) -> list[TaskDone]:
        """It is done, or needs doing no more; once."""
        if self.done_at:
            return []
        self.done_at = now
        return [TaskDone(task_id=self.id, house_id=self.house_id, kind=self.kind)]
