"""Where sessions keeps its things. Whoever comes in maps all of them."""

from buurtthuis_sessions.storage import agendas, houses, series, sessions, tasks

__all__ = ["agendas", "houses", "series", "sessions", "tasks"]
