"""Where idea cards are kept."""

from buurtthuis.persistence.columns import corporation_table, map_aggregate
from sqlalchemy import Column, DateTime, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_surveys.domain.cards import Card, Guesses

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
    Column("claimed_by", Uuid),
    Column("told_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)

guesses = corporation_table(
    "guesses",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("used", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Card, cards)
map_aggregate(mapper, Guesses, guesses)
