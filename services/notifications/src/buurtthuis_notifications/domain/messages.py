"""One thing to tell one person, until they know it."""
