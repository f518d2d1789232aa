"""Sessions that come back, and what becomes of them when nobody leads them any more."""
