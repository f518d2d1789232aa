"""Where what others said is kept, as much as messages need of it."""

from buurtthuis.events.sessions import Joining, Kind, SeatRole
from buurtthuis.persistence.columns import corporation_table, map_aggregate, word
from sqlalchemy import Boolean, Column, Date, DateTime, Integer, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_notifications.domain.closing import ClosingQuestion
from buurtthuis_notifications.domain.known import (
    Follower,
    KnownHouse,
    KnownModerator,
    KnownSeat,
    KnownSeries,
    KnownSession,
    KnownSurvey,
    KnownTheme,
    SessionStanding,
    Standing,
)

mapper = registry()

known_houses = corporation_table(
    "known_houses",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("title", String, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("anonymise_on", Date),
    Column("joining", word(Joining), nullable=False),
    Column("version", Integer, nullable=False),
)

known_sessions = corporation_table(
    "known_sessions",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("title", String),
    Column("kind", word(Kind), nullable=False),
    Column("begins", DateTime(timezone=True), nullable=False),
    Column("ends", DateTime(timezone=True), nullable=False),
    Column("time_zone", String, nullable=False),
    Column("place", String, nullable=False),
    Column("series_id", Uuid),
    Column("theme_id", Uuid),
    Column("titled_by", Uuid),
    Column("standing", word(SessionStanding), nullable=False),
    Column("changes", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)

known_series = corporation_table(
    "known_series",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("title", String),
    Column("kind", word(Kind), nullable=False),
    Column("theme_id", Uuid),
    Column("titled_by", Uuid),
    Column("version", Integer, nullable=False),
)

known_seats = corporation_table(
    "known_seats",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("session_id", Uuid, nullable=False),
    Column("house_id", Uuid, nullable=False),
    Column("resident_id", Uuid, nullable=False),
    Column("standing", word(Standing), nullable=False),
    Column("role", word(SeatRole)),
    Column("since", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)

known_themes = corporation_table(
    "known_themes",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("title", String),
    Column("proposer", Uuid),
    Column("version", Integer, nullable=False),
)

followers = corporation_table(
    "followers",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("theme_id", Uuid, nullable=False),
    Column("resident_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
)

known_moderators = corporation_table(
    "known_moderators",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("resident_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
)

known_surveys = corporation_table(
    "known_surveys",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("closes_at", DateTime(timezone=True)),
    Column("open", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

closing_questions = corporation_table(
    "closing_questions",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("theme_id", Uuid, nullable=False),
    Column("house_id", Uuid, nullable=False),
    Column("resident_id", Uuid, nullable=False),
    Column("closes_at", DateTime(timezone=True), nullable=False),
    Column("solved", Boolean),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, ClosingQuestion, closing_questions)
map_aggregate(mapper, KnownHouse, known_houses)
map_aggregate(mapper, KnownSession, known_sessions)
map_aggregate(mapper, KnownSeries, known_series)
map_aggregate(mapper, KnownSeat, known_seats)
map_aggregate(mapper, KnownTheme, known_themes)
map_aggregate(mapper, Follower, followers)
map_aggregate(mapper, KnownModerator, known_moderators)
map_aggregate(mapper, KnownSurvey, known_surveys)
