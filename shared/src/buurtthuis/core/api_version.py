"""Which version of the HTTP API this is: its first number in every path, all of it on every answer."""

from typing import Final

API_VERSION: Final = "1.0.0"
IN_PATHS: Final = f"v{API_VERSION.partition('.')[0]}"


def path_of(service: str) -> str:
    """Below which a service answers. Its health and metrics are for operators, and have no version."""
    return f"/{service}/{IN_PATHS}"


def feeds_at(url: str) -> str:
    """Where services find each other's feeds, of those that answer at one address."""
    return f"{url}{path_of('{service}')}/events"
