"""Where notifications keeps its things. Whoever comes in maps all of them."""

from buurtthuis_notifications.storage import (
    codes,
    erasures,
    hand_deliveries,
    joining,
    known,
    messages,
    readings,
    residents,
    rights,
    webhooks,
    wishes,
)

__all__ = [
    "codes",
    "erasures",
    "hand_deliveries",
    "joining",
    "known",
    "messages",
    "readings",
    "residents",
    "rights",
    "webhooks",
    "wishes",
]
