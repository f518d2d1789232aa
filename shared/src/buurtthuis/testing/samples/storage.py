"""Where notes and echoes are kept."""

from sqlalchemy import Column, ForeignKey, Integer, String, Uuid
from sqlalchemy.orm import registry, relationship

from buurtthuis.persistence.columns import corporation_table, map_aggregate, map_part
from buurtthuis.testing.samples.domain import Echo, Note, Page

mapper = registry()

notes = corporation_table(
    "notes",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("text", String, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("label", String),
    Column("house_id", Uuid),
    Column("version", Integer, nullable=False),
)
pages = corporation_table(
    "pages",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("note_id", Uuid, ForeignKey("notes.id"), nullable=False),
    Column("line", Integer, nullable=False),
)
echoes = corporation_table(
    "echoes",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("note_id", Uuid, nullable=False),
    Column("line", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)

map_part(mapper, Page, pages)
map_aggregate(
    mapper,
    Note,
    notes,
    properties={
        "pages": relationship(Page, lazy="selectin", order_by=pages.c.line, cascade="all, delete-orphan")
    },
)
map_aggregate(mapper, Echo, echoes)
