"""Where it is kept who moved out of which house, by pseudonym."""

from buurtthuis.persistence.columns import corporation_table, map_aggregate
from sqlalchemy import Column, Integer, Uuid
from sqlalchemy.orm import registry

from buurtthuis_moderation.domain.departures import Departure

mapper = registry()

departures = corporation_table(
    "departures",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("resident_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Departure, departures)
