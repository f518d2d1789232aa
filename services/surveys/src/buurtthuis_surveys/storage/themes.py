"""Where themes are kept."""

from buurtthuis.events.surveys import IntakeChannel, Origin, ThemeSource
from buurtthuis.persistence.columns import corporation_table, map_aggregate, map_part, word
from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Integer, String, Uuid
from sqlalchemy.orm import registry, relationship

from buurtthuis_surveys.domain.themes import Support, Theme, ThemeState

mapper = registry()

themes = corporation_table(
    "themes",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("title", String),
    Column("origin", word(Origin), nullable=False),
    Column("captured_via", word(IntakeChannel), nullable=False),
    Column("proposed_by", Uuid),
    Column("entered_by", Uuid),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("source", word(ThemeSource), nullable=False),
    Column("source_id", Uuid),
    Column("state", word(ThemeState), nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("merged_into", Uuid),
    Column("reason", String),
    Column("reply", String),
    Column("session_id", Uuid),
    Column("organisation", String),
    Column("ask_at", DateTime(timezone=True)),
    Column("reopened_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)

supports = corporation_table(
    "theme_supports",
    mapper.metadata,
    Column("theme_id", Uuid, ForeignKey(themes.c.id), primary_key=True),
    Column("resident_id", Uuid, primary_key=True),
)

map_part(mapper, Support, supports)
map_aggregate(
    mapper,
    Theme,
    themes,
    properties={"supports": relationship(Support, lazy="selectin", cascade="all, delete-orphan")},
)
