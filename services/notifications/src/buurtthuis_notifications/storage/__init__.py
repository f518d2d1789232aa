"""Where notifications keeps its things. Whoever comes in maps all of them."""

from buurtthuis_notifications.storage import known, residents

__all__ = ["known", "residents"]
