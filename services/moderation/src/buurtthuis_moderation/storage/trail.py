"""Where it is kept what was done. The database itself lets nobody change or delete it."""

from typing import Any

from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate
from sqlalchemy import Column, DateTime, Integer, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_moderation.domain.trail import Entry, Trail

mapper = registry()

trails = corporation_table(
    "trails",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("digest", String, nullable=False),
    Column("version", Integer, nullable=False),
)

entries = corporation_table(
    "trail_entries",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("what", String, nullable=False),
    Column("about", Uuid, nullable=False),
    Column("facts", Whole(dict[str, Any]), nullable=False),
    Column("digest", String, nullable=False),
    Column("actor_id", Uuid),
    Column("actor_salt", String),
    Column("person_id", Uuid),
    Column("person_salt", String),
)

map_aggregate(mapper, Trail, trails)
map_aggregate(mapper, Entry, entries)
