"""Where houses are kept."""

from buurtthuis.database import corporation_table, map_aggregate
from sqlalchemy import Column, Date, Integer, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_sessions.domain.houses import House

mapper = registry()

houses = corporation_table(
    "houses",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("title", String, nullable=False),
    Column("town", String, nullable=False),
    Column("dwellings", Integer, nullable=False),
    Column("label", String),
    Column("ends_on", Date),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, House, houses)
