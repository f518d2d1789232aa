"""Where notifications keeps its things. Whoever comes in maps all of them."""

from buurtthuis_notifications.storage import (
    codes,
    erasures,
    hand_deliveries,
    known,
    messages,
    residents,
    wishes,
)

__all__ = ["codes", "erasures", "hand_deliveries", "known", "messages", "residents", "wishes"]
