"""Where moderation keeps its things. Whoever comes in maps all of them."""

from buurtthuis.persistence import neighbourhoods

from buurtthuis_moderation.storage import cases, contents, decisions, departures, members, pages, trail

__all__ = ["cases", "contents", "decisions", "departures", "members", "neighbourhoods", "pages", "trail"]
