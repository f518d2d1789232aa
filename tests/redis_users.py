"""The server's Redis with users on it, as an operator would make them."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from buurtthuis.core.settings import Settings
from buurtthuis.eventlog.redis_users import acl_line, service_rights
from buurtthuis.eventlog.streams import connect

PASSWORD = "of-a-test"


async def make_user(settings: Settings, name: str, rights: str) -> None:
    """One that may do just this."""
    redis: Any = connect(settings.redis_url)
    _, name, *rules = acl_line(name, PASSWORD, rights).split(" ")
    words = " ".join(rules).replace(" (", "\n(").split("\n")
    selectors = words[1:]
    await redis.execute_command("ACL", "SETUSER", name, "reset", *words[0].split(" "), *selectors)
    await redis.aclose()


def as_user(settings: Settings, name: str) -> Settings:
    """The same settings for who connects as this user; `{service}` stands for a service's own."""
    url = urlsplit(settings.redis_url)
    if url.scheme == "unix":
        return settings.model_copy(update={"redis_url": f"unix://{name}:{PASSWORD}@{url.path}?{url.query}"})
    there = f"redis://{name}:{PASSWORD}@{url.hostname}:{url.port}{url.path}"
    return settings.model_copy(update={"redis_url": there})


async def with_own_users(settings: Settings, services: Iterable[str]) -> Settings:
    """Each service as a user of its own."""
    for service in services:
        await make_user(settings, service, service_rights(service))
    return as_user(settings, "{service}")
