"""Where it is kept who was asked whether their idea is solved."""

from buurtthuis.persistence.columns import corporation_table, map_aggregate
from sqlalchemy import Boolean, Column, DateTime, Integer, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_surveys.domain.closing import ClosingQuestion

mapper = registry()

closing_questions = corporation_table(
    "closing_questions",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("theme_id", Uuid, nullable=False),
    Column("house_id", Uuid, nullable=False),
    Column("resident_id", Uuid),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("closes_at", DateTime(timezone=True), nullable=False),
    Column("solved", Boolean),
    Column("objection", String),
    Column("answered_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, ClosingQuestion, closing_questions)
