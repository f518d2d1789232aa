"""Where sessions and the seats in them are kept."""

from dataclasses import fields
from typing import Any

from buurtthuis.events.sessions import Kind, SeatRole
from buurtthuis.persistence.columns import Sealed, Whole, corporation_table, map_aggregate, map_part, word
from sqlalchemy import ARRAY, Boolean, Column, DateTime, ForeignKey, Integer, Interval, String, Uuid
from sqlalchemy.orm import composite, registry, relationship

from buurtthuis_sessions.domain.arrivals import Arrival, WalkIn
from buurtthuis_sessions.domain.plans import NEWCOMERS_FIRST, Outline, Plan
from buurtthuis_sessions.domain.seats import Seat, SeatState
from buurtthuis_sessions.domain.sessions.attendance import Turnout
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import SessionState

mapper = registry()

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
    Column("begins", DateTime(timezone=True)),
    Column("ends", DateTime(timezone=True)),
    Column("place", String),
    Column("room_id", Uuid),
    Column("capacity", Integer),
    Column("languages", ARRAY(String, as_tuple=True), nullable=False),
    Column("roles", Whole(dict[SeatRole, int]), nullable=False),
    Column("newcomer_seats", Integer, nullable=False),
    Column("newcomers_first", Interval, nullable=False),
    Column("series_id", Uuid),
    Column("occurrence", DateTime),
    Column("follow_up_of", Uuid),
    Column("option_id", Uuid),
    Column("hidden", String),
    Column("confirm_by", DateTime(timezone=True)),
    Column("attended", Integer, nullable=False),
    Column("walk_ins", Integer, nullable=False),
    Column("no_shows", Integer, nullable=False),
    Column("reason", String),
    Column("withheld", Boolean, nullable=False),
    Column("because", String),
    Column("report", String),
    Column("asked_who_came", Boolean, nullable=False),
    Column("no_new_places", Boolean, nullable=False),
    Column("walked_in", Whole(tuple[WalkIn, ...]), nullable=False),
    Column("noted_at", DateTime(timezone=True)),
    Column("door_code", String),
    Column("suits", DateTime),
    Column("sequence", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)

seats = corporation_table(
    "seats",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("session_id", Uuid, ForeignKey("sessions.id"), nullable=False),
    Column("house_id", Uuid, nullable=False),
    Column("resident_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", word(SeatState), nullable=False),
    Column("role", word(SeatRole)),
    Column("plus_one", Boolean, nullable=False),
    Column("newcomer", Boolean, nullable=False),
    Column("standing", Boolean, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("needs", Sealed(str)),
    Column("called", Sealed(str)),
    Column("arrival", Whole(Arrival)),
)


PLAN = tuple(part.name for part in fields(Plan))
#: Columns have the names that clients know, where the clock on the wall is meant.
COLUMNS = {"local_start": "starts_at", "local_end": "ends_at"}
OUTLINE = tuple(part.name for part in fields(Outline))
#: What is there of no outline, and yet in no column null.
UNSAID = {**dict.fromkeys(PLAN), "newcomers_first": NEWCOMERS_FIRST}


def _plan(*columns: Any) -> Plan | Outline:
    facts = dict(zip(PLAN, columns, strict=True))
    if facts["local_start"] is None:
        return Outline(**{name: facts[name] for name in OUTLINE})
    return Plan.kept(**facts)


def _columns(plan: Plan | Outline) -> tuple[Any, ...]:
    facts = {**UNSAID, **vars(plan)}
    return tuple(facts[name] for name in PLAN)


for value in (Plan, Outline):
    value.__composite_values__ = _columns  # type: ignore[union-attr]  # where SQLAlchemy looks for it

map_part(mapper, Seat, seats)
map_aggregate(
    mapper,
    Session,
    sessions,
    properties={
        **{f"_{name}": sessions.c[COLUMNS.get(name, name)] for name in PLAN},
        "turnout": composite(Turnout, *(sessions.c[part.name] for part in fields(Turnout))),
        "plan": composite(_plan, *(f"_{name}" for name in PLAN)),
        "seats": relationship(Seat, lazy="selectin", order_by=seats.c.number, cascade="all, delete-orphan"),
    },
)
