"""Where sessions keeps its things. Whoever comes in maps all of them."""

from buurtthuis_sessions.storage import houses, sessions, tasks

__all__ = ["houses", "sessions", "tasks"]
