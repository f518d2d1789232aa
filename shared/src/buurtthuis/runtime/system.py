"""The whole of BuurtThuis in one process, on embedded servers or on real ones: for `up`, `demo` and the tests."""

import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from buurtthuis.core.api_version import feeds_at
from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.core.settings import Settings, SettingsError
from buurtthuis.embedded import Servers, embedded_servers, ensure_database
from buurtthuis.persistence.engine import is_transient
from buurtthuis.persistence.revisions import is_up_to_date
from buurtthuis.runtime.process import Process
from buurtthuis.runtime.service import Service
from buurtthuis.runtime.trial_provider import TrialProvider

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
    with_trial_provider: bool = False,
) -> AsyncIterator[Process]:
    """Databases made and migrated, every service ready to be served on `port`.

    DATABASE_URL and REDIS_URL point it at servers of your own; otherwise it starts its own on `data`. What has no
    way out is caught, and shown behind a secret that nobody can guess and that is another one each time. With a trial provider
    anybody who reaches it is whoever they pick."""
    every = list(services)
    url = f"http://127.0.0.1:{port}"
    settings = settings.reached_at(url).model_copy(update={"sink_secret": secrets.token_urlsafe(32)})
    feed_url = feeds_at(url)
    trial = TrialProvider(url) if with_trial_provider else None
    if bool(settings.database_url) != bool(settings.redis_url):
        raise SettingsError("Set both DATABASE_URL and REDIS_URL, or none: one alone would not be used.")
    if settings.database_url:
        yield await _prepared(settings, every, feed_url, clock, progress, trial)
        return
    async with embedded_servers(data, progress) as servers:
        for service in every:
            await ensure_database(servers, service.name)
        yield await _prepared(
            embedded_settings(settings, servers, data), every, feed_url, clock, progress, trial
        )


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
    try:
        if await is_up_to_date(one.database_owner_url, service.migrations, service.looks):
            return []
        from buurtthuis.persistence.schema import migrate, role_of

        return list(
            await migrate(
                one.database_owner_url, role_of(one.database_url), service.migrations, service.looks
            )
        )
    except (OSError, DBAPIError) as error:
        if not is_transient(error):
            raise
        raise SettingsError(
            f"The database of {service.name} does not let us in ({_cause(error)}): see DATABASE_OWNER_URL."
        ) from None


def _cause(error: BaseException) -> str:
    inner = getattr(error, "orig", None)
    return type(getattr(inner, "__cause__", None) or inner or error).__name__


async def _prepared(
    settings: Settings,
    services: list[Service],
    feed_url: str,
    clock: Clock,
    progress: Progress,
    trial: TrialProvider | None,
) -> Process:
    for service in services:
        if settings.database_owner_url and await migrate_service(service, settings):
            progress(f"Database of {service.name} brought up to date.")
    return Process(services, settings, feed_url=feed_url, clock=clock, trial=trial)
