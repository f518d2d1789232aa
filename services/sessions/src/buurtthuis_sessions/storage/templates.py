"""Where templates are kept."""

from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate
from sqlalchemy import Boolean, Column, Integer, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_sessions.domain.templates import Entry, Template

mapper = registry()

templates = corporation_table(
    "templates",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("title", String, nullable=False),
    Column("entries", Whole(tuple[Entry, ...]), nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Template, templates)
