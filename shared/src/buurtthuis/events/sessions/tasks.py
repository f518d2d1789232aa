"""What a person is asked to do."""

from uuid import UUID

from buurtthuis.events import Audience, Event
from buurtthuis.events.sessions.words import TaskKind


class TaskRaised(Event, name="sessions.task-raised.v1", subject="task_id", audience=Audience.STAFF):
    """A person is asked to do something, about a session or a series."""

    task_id: UUID
    house_id: UUID
    kind: TaskKind
    session_id: UUID | None = None
    series_id: UUID | None = None


class TaskDone(Event, name="sessions.task-done.v1", subject="task_id", audience=Audience.STAFF):
    """Somebody did it, or it needs doing no more."""

    task_id: UUID
    house_id: UUID
    kind: TaskKind
