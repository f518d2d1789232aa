"""Where tasks are kept."""

from buurtthuis.events.sessions import TaskKind
from buurtthuis.persistence.columns import corporation_table, map_aggregate, word
from sqlalchemy import Column, DateTime, Integer, Uuid
from sqlalchemy.orm import registry

from buurtthuis_sessions.domain.tasks import Task

mapper = registry()

tasks = corporation_table(
    "tasks",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("kind", word(TaskKind), nullable=False),
    Column("raised_at", DateTime(timezone=True), nullable=False),
    Column("session_id", Uuid),
    Column("series_id", Uuid),
    Column("done_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Task, tasks)
