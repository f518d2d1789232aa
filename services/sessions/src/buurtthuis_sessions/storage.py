"""Where houses, sessions and seats are kept."""

from buurtthuis.database import corporation_table, map_aggregate, map_part, word
from buurtthuis.events.sessions import Kind
from sqlalchemy import ARRAY, Column, Date, DateTime, ForeignKey, Integer, String, Uuid
from sqlalchemy.orm import registry, relationship

from buurtthuis_sessions.domain import House, Seat, SeatState, Session, SessionState

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

sessions = corporation_table(
    "sessions",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("house_id", Uuid, nullable=False),
    Column("theme_id", Uuid),
    Column("title", String),
    Column("state", word(SessionState), nullable=False),
    Column("kind", word(Kind)),
    Column("starts_at", DateTime),
    Column("ends_at", DateTime),
    Column("time_zone", String),
    Column("place", String),
    Column("capacity", Integer),
    Column("languages", ARRAY(String, as_tuple=True), nullable=False),
    Column("walk_ins", Integer, nullable=False),
    Column("reason", String),
    Column("version", Integer, nullable=False),
)

seats = corporation_table(
    "seats",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("session_id", Uuid, ForeignKey("sessions.id"), nullable=False),
    Column("resident_id", Uuid, nullable=False),
    Column("state", word(SeatState), nullable=False),
)

map_aggregate(mapper, House, houses)
map_part(mapper, Seat, seats)
map_aggregate(
    mapper,
    Session,
    sessions,
    properties={
        "seats": relationship(Seat, lazy="selectin", order_by=seats.c.id, cascade="all, delete-orphan")
    },
)
