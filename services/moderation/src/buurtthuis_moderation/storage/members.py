"""Where it is kept who writes on a page, by pseudonym, and under what name."""

from buurtthuis.persistence.columns import corporation_table, map_aggregate
from sqlalchemy import Column, Integer, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_moderation.domain.members import Member

mapper = registry()

members = corporation_table(
    "members",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("resident_id", Uuid, nullable=False),
    Column("name", String),
    Column("look", String),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Member, members)
