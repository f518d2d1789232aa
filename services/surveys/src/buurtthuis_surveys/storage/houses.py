"""Where it is kept of which houses everybody may know."""

from buurtthuis.persistence.columns import corporation_table, map_aggregate
from sqlalchemy import Column, Integer, Uuid
from sqlalchemy.orm import registry

from buurtthuis_surveys.domain.houses import PublicHouse

mapper = registry()

public_houses = corporation_table(
    "public_houses",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, PublicHouse, public_houses)
