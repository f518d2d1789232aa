"""The whole of BuurtThuis in one process, on embedded servers or on real ones: for `up`, `demo` and the tests."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from buurtthuis.database import Clock, utc_now
from buurtthuis.embedded import Servers, embedded_servers, ensure_database
from buurtthuis.schema import migrate, role_of
from buurtthuis.service import Process, Service
from buurtthuis.settings import Settings

Progress = Callable[[str], None]


@asynccontextmanager
async def system(
    data: Path,
    settings: Settings,
    services: Iterable[Service],
    *,
    port: int,
    clock: Clock = utc_now,
    progress: Progress = lambda _: None,
) -> AsyncIterator[Process]:
    """Databases made and migrated, every service ready to be served on `port`.

    DATABASE_URL and REDIS_URL point it at servers of your own; otherwise it starts its own on `data`."""
    every = list(services)
    feed_url = f"http://127.0.0.1:{port}/{{service}}/events"
    if settings.database_url and settings.redis_url:
        yield await _prepared(settings, every, feed_url, clock, progress)
        return
    async with embedded_servers(data, progress) as servers:
        for service in every:
            await ensure_database(servers, service.name)
        yield await _prepared(embedded_settings(settings, servers, data), every, feed_url, clock, progress)


def embedded_settings(settings: Settings, servers: Servers, data: Path) -> Settings:
    """The settings that lead to the embedded servers."""
    return settings.model_copy(
        update={
            "database_url": servers.database_url("{service}", "{service}"),
            "database_owner_url": servers.database_url("{service}", "{service}_owner"),
            "redis_url": servers.redis_url,
            "issuer_key_file": settings.issuer_key_file or data / "issuer.json",
        }
    )


async def migrate_service(service: Service, settings: Settings) -> list[str]:
    """Bring one service's database up to date; the revisions that were applied."""
    one = settings.for_service(service.name)
    return list(await migrate(one.database_owner_url, role_of(one.database_url), service.migrations))


async def _prepared(
    settings: Settings, services: list[Service], feed_url: str, clock: Clock, progress: Progress
) -> Process:
    for service in services:
        if settings.database_owner_url and await migrate_service(service, settings):
            progress(f"Database of {service.name} brought up to date.")
    return Process(services, settings, feed_url=feed_url, clock=clock)
