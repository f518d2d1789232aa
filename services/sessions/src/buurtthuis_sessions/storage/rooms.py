"""Where rooms are kept."""

from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate, word
from sqlalchemy import Boolean, Column, Integer, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_sessions.domain.rooms import Booking, Hours, Room, RoomState

mapper = registry()

rooms = corporation_table(
    "rooms",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", String, nullable=False),
    Column("address", String, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("hours", Whole(tuple[Hours, ...]), nullable=False),
    Column("wheelchair_accessible", Boolean, nullable=False),
    Column("state", word(RoomState), nullable=False),
    Column("bookings", Whole(tuple[Booking, ...]), nullable=False),
    Column("bag_id", String),
    Column("vera_id", String),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Room, rooms)
