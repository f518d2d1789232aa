"""Where moderation keeps its things. Whoever comes in maps all of them."""

from buurtthuis_moderation.storage import contents, members, pages

__all__ = ["contents", "members", "pages"]
