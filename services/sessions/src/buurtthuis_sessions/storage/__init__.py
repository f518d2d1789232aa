"""Where sessions keeps its things. Whoever comes in maps all of them."""

from buurtthuis_sessions.storage import (
    agendas,
    follow_ups,
    houses,
    rooms,
    series,
    sessions,
    tasks,
    templates,
)

__all__ = ["agendas", "follow_ups", "houses", "rooms", "series", "sessions", "tasks", "templates"]
