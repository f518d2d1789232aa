"""Where it is kept who belongs to which house, by pseudonym."""

from sqlalchemy import Column, DateTime, Integer, Uuid
from sqlalchemy.orm import registry

from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.persistence.columns import corporation_table, map_aggregate

mapper = registry()

neighbours = corporation_table(
    "neighbours",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("resident_id", Uuid, nullable=False),
    Column("since", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Neighbour, neighbours)
