"""Where it is kept what people bring."""

from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.persistence.columns import corporation_table, map_aggregate, word
from sqlalchemy import Column, DateTime, Integer, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_notifications.domain.hand_deliveries import HandDelivery, HandState

mapper = registry()

hand_deliveries = corporation_table(
    "hand_deliveries",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("message_id", Uuid, nullable=False),
    Column("resident_id", Uuid, nullable=False),
    Column("house_id", Uuid),
    Column("channel", word(DeliveryChannel), nullable=False),
    Column("rule", String, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("state", word(HandState), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("done_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, HandDelivery, hand_deliveries)
