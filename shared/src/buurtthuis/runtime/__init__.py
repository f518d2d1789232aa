"""A service put together, and processes that run some."""
