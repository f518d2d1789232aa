"""Where the traces of codes are kept with which people join a house."""

from buurtthuis.persistence.columns import corporation_table, map_aggregate
from sqlalchemy import Column, DateTime, Integer, Uuid
from sqlalchemy.orm import registry

from buurtthuis_notifications.domain.joining import JoiningCode

mapper = registry()

joining_codes = corporation_table(
    "joining_codes",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("batch_id", Uuid, nullable=False),
    Column("house_id", Uuid, nullable=False),
    Column("people", Integer, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("used", Integer, nullable=False),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, JoiningCode, joining_codes)
