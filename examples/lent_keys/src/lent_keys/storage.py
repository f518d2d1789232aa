"""Where keys are kept: the table as it is, and which class it is for."""

from buurtthuis import corporation_table, map_aggregate, word
from sqlalchemy import Boolean, Column, DateTime, Integer, String, Uuid
from sqlalchemy.orm import registry

from lent_keys.domain import Key, KeyState

mapper = registry()

keys = corporation_table(
    "keys",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("room", String, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("state", word(KeyState), nullable=False),
    Column("rung", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Key, keys)
