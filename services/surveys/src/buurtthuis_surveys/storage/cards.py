"""Where idea cards are kept."""

from buurtthuis.database import corporation_table, map_aggregate
from sqlalchemy import Column, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_surveys.domain.cards import Card

mapper = registry()

cards = corporation_table(
    "cards",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("campaign_id", Uuid, nullable=False),
    Column("number", String, nullable=False),
    Column("theme_id", Uuid, nullable=False),
    Column("salt", LargeBinary),
    Column("code", LargeBinary),
    Column("tries_left", Integer, nullable=False),
    Column("claimed_by", Uuid),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Card, cards)
