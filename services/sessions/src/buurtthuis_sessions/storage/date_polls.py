"""Where it is kept which dates are asked for, and what people say of them."""

from collections.abc import Mapping
from uuid import UUID

from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate, map_part
from sqlalchemy import Column, ForeignKey, Integer, String, Uuid
from sqlalchemy.orm import registry, relationship

from buurtthuis_sessions.domain.date_polls import DateAnswer, DatePoll, ProposedDate, Suits

mapper = registry()

date_polls = corporation_table(
    "date_polls",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("session_id", Uuid, nullable=False),
    Column("house_id", Uuid, nullable=False),
    Column("time_zone", String, nullable=False),
    Column("dates", Whole(tuple[ProposedDate, ...]), nullable=False),
    Column("code", String),
    Column("chosen", Uuid),
    Column("counted", Whole(Mapping[UUID, Mapping[Suits, int]]), nullable=False),
    Column("version", Integer, nullable=False),
)

date_answers = corporation_table(
    "date_answers",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("poll_id", Uuid, ForeignKey("date_polls.id"), nullable=False),
    Column("house_id", Uuid, nullable=False),
    Column("resident_id", Uuid, nullable=False),
    Column("suits", Whole(Mapping[UUID, Suits]), nullable=False),
)

map_part(mapper, DateAnswer, date_answers)
map_aggregate(
    mapper,
    DatePoll,
    date_polls,
    properties={
        "answers": relationship(
            DateAnswer, lazy="selectin", order_by=date_answers.c.id, cascade="all, delete-orphan"
        )
    },
)
