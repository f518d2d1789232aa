"""Where themes are kept."""

from buurtthuis.database import corporation_table, map_aggregate, word
from buurtthuis.events.surveys import Channel, Origin
from sqlalchemy import Column, Integer, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_surveys.domain.themes import Theme, ThemeState

mapper = registry()

themes = corporation_table(
    "themes",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("title", String, nullable=False),
    Column("origin", word(Origin), nullable=False),
    Column("captured_via", word(Channel), nullable=False),
    Column("proposed_by", Uuid),
    Column("entered_by", Uuid),
    Column("state", word(ThemeState), nullable=False),
    Column("reason", String),
    Column("reply", String),
    Column("session_id", Uuid),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Theme, themes)
