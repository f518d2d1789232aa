"""Where surveys keeps its things. Whoever comes in maps all of them."""

from buurtthuis.persistence import ballot_boxes, neighbourhoods

from buurtthuis_surveys.storage import (
    addresses,
    campaigns,
    cards,
    closing,
    houses,
    mailings,
    surveys,
    themes,
)

__all__ = [
    "addresses",
    "ballot_boxes",
    "campaigns",
    "cards",
    "closing",
    "houses",
    "mailings",
    "neighbourhoods",
    "surveys",
    "themes",
]
