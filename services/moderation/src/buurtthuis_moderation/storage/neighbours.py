"""Where it is kept who lives in which house, by pseudonym."""

from buurtthuis.database import corporation_table, map_aggregate
from sqlalchemy import Column, Integer, Uuid
from sqlalchemy.orm import registry

from buurtthuis_moderation.domain.neighbours import Neighbour

mapper = registry()

neighbours = corporation_table(
    "neighbours",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("resident_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Neighbour, neighbours)
