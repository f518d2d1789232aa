"""Where it is kept who was given which role in which house."""

from buurtthuis.events.notifications import GivenRole
from buurtthuis.persistence.columns import corporation_table, map_aggregate, word
from sqlalchemy import Column, DateTime, Integer, Uuid
from sqlalchemy.orm import registry

from buurtthuis_notifications.domain.rights import Right

mapper = registry()

rights = corporation_table(
    "rights",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("subject_id", Uuid, nullable=False),
    Column("role", word(GivenRole), nullable=False),
    Column("house_id", Uuid),
    Column("given_by", Uuid, nullable=False),
    Column("given_at", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True)),
    Column("taken_away_by", Uuid),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Right, rights)
