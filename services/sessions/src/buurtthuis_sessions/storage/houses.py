"""Where houses are kept."""

from buurtthuis.events.sessions import Joining, Outcome
from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate, word
from sqlalchemy import Column, Date, DateTime, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import composite, registry

from buurtthuis_sessions.domain.houses import AnnouncedEnd, House, HouseState

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
    Column("gap_limit_days", Integer, nullable=False),
    Column("retention_days", Integer, nullable=False),
    Column("state", word(HouseState), nullable=False),
    Column("reason", String),
    Column("outcome", word(Outcome)),
    Column("ended_on", Date),
    Column("anonymise_on", Date),
    Column("announced_outcome", word(Outcome)),
    Column("announced_reason", String),
    Column("takes_effect_at", DateTime(timezone=True)),
    Column("removed", Whole(dict[str, int])),
    Column("joining", word(Joining), nullable=False),
    Column("guest_digest", LargeBinary),
    Column("bag_id", String),
    Column("vera_id", String),
    Column("version", Integer, nullable=False),
)

#: The words of it are blanked by their column's name.
ANNOUNCED_END = ("announced_outcome", "announced_reason", "takes_effect_at")

map_aggregate(
    mapper,
    House,
    houses,
    properties={
        "announced_end": composite(
            AnnouncedEnd, *ANNOUNCED_END, return_none_on=lambda outcome, *_: outcome is None
        )
    },
)
