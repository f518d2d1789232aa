"""Where series are kept."""

from buurtthuis.events.sessions import Risk
from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate, word
from sqlalchemy import ARRAY, Column, Date, DateTime, Integer, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_sessions.domain.series.plan import SeriesPlan
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.series.states import SeriesState

mapper = registry()

series = corporation_table(
    "series",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("title", String),
    Column("theme_id", Uuid),
    Column("follow_up_of", Uuid),
    Column("confirm_by", DateTime(timezone=True)),
    Column("option_id", Uuid),
    Column("hidden", String),
    Column("state", word(SeriesState), nullable=False),
    Column("plan", Whole(SeriesPlan, (("local_start", "starts_at"),))),
    Column("hosts", ARRAY(Uuid, as_tuple=True), nullable=False),
    Column("standing", ARRAY(Uuid, as_tuple=True), nullable=False),
    Column("left_out", ARRAY(Date, as_tuple=True), nullable=False),
    Column("made_until", DateTime(timezone=True)),
    Column("started_at", DateTime(timezone=True)),
    Column("risk", word(Risk)),
    Column("at_risk_since", DateTime(timezone=True)),
    Column("look_at", DateTime(timezone=True)),
    Column("reason", String),
    Column("because", String),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Series, series)
