"""Where sessions keeps its things. Whoever needs one of these mappings has all of them."""

from buurtthuis_sessions.storage import houses, sessions, tasks, templates

__all__ = ["houses", "sessions", "tasks", "templates"]
