"""Where residents' wishes are kept."""

from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate
from sqlalchemy import Column, Integer, Time, Uuid
from sqlalchemy.orm import registry

from buurtthuis_notifications.domain.rules import Topic
from buurtthuis_notifications.domain.wishes import Rhythm, Wishes

mapper = registry()

wishes = corporation_table(
    "wishes",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("off", Whole(dict[Topic, tuple[DeliveryChannel, ...]]), nullable=False),
    Column("digests", Whole(dict[Topic, Rhythm]), nullable=False),
    Column("digest_at", Time, nullable=False),
    Column("digest_day", Integer, nullable=False),
    Column("quiet_from", Time, nullable=False),
    Column("quiet_until", Time, nullable=False),
    Column("at_most", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, Wishes, wishes)
