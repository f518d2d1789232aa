"""Where sessions keeps its things. Whoever comes in maps all of them."""

from buurtthuis.persistence import ballot_boxes, neighbourhoods

from buurtthuis_sessions.storage import (
    agendas,
    date_polls,
    follow_ups,
    houses,
    rooms,
    series,
    sessions,
    tasks,
    templates,
)

__all__ = [
    "agendas",
    "ballot_boxes",
    "date_polls",
    "follow_ups",
    "houses",
    "neighbourhoods",
    "rooms",
    "series",
    "sessions",
    "tasks",
    "templates",
]
