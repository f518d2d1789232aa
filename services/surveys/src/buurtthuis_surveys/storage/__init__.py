"""Where surveys keeps its things. Whoever comes in maps all of them."""

from buurtthuis import ballot_boxes

from buurtthuis_surveys.storage import campaigns, cards, neighbours, surveys, themes

__all__ = ["ballot_boxes", "campaigns", "cards", "neighbours", "surveys", "themes"]
