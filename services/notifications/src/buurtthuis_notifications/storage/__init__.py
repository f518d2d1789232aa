"""Where notifications keeps its things. Whoever comes in maps all of them."""

from buurtthuis_notifications.storage import codes, erasures, known, residents

__all__ = ["codes", "erasures", "known", "residents"]
