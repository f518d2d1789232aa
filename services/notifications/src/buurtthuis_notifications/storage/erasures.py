"""Where requests to be forgotten are kept: pseudonyms and counts."""

from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate
from sqlalchemy import ARRAY, Column, DateTime, Integer, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_notifications.domain.erasures import Erasure

mapper = registry()

erasures = corporation_table(
    "erasures",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("resident_id", Uuid, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("expects", ARRAY(String, as_tuple=True), nullable=False),
    Column("answers", Whole(dict[str, dict[str, int]]), nullable=False),
    Column("alarmed_at", DateTime(timezone=True)),
    Column("completed_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Erasure, erasures)
