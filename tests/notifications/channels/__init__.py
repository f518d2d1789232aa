"""Roads to the outside."""
