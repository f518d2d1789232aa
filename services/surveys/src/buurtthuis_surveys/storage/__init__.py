"""Where surveys keeps its things. Whoever comes in maps all of them."""

from buurtthuis_surveys.storage import campaigns, cards, neighbours, surveys, themes

__all__ = ["campaigns", "cards", "neighbours", "surveys", "themes"]
