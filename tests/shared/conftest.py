"""What the tests of the backbone's rooms share: the sample services, each on a fresh database."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.eventlog.streams import connect
from buurtthuis.runtime.service import Service
from buurtthuis.testing import samples
from sqlalchemy.engine import make_url

from tests.conftest import OF_TESTS, ROOT
from tests.servers import RealServers
from tests.shared.rooms import ECHOES, NOTES, Databases, Rooms, open_databases, open_rooms

pytest.register_assert_rewrite("buurtthuis.testing.conformance")

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
async def sample_templates(servers: RealServers) -> tuple[Service, ...]:
    """The sample services, each with a migrated database to copy."""
    for service in (samples.notes, samples.echoes):
        await servers.template(service)
    return samples.notes, samples.echoes


@pytest.fixture
async def sample_settings(
    servers: RealServers, sample_templates: tuple[Service, ...], issuer_key_file: Path
) -> AsyncIterator[Settings]:
    """Settings that lead to fresh databases of the sample services and an empty Redis."""
    async with _fresh(servers, sample_templates, issuer_key_file) as settings:
        yield await _on_an_empty_redis(servers, settings)


@asynccontextmanager
async def _fresh(
    servers: RealServers, services: tuple[Service, ...], issuer_key_file: Path
) -> AsyncIterator[Settings]:
    number = next(NUMBERS)
    for service in services:
        await servers.copy(service.name, f"try_{number}_{service.name}")
    yield Settings(
        database_url=servers.database_url(f"try_{number}_{{service}}", "{service}"),
        database_owner_url=servers.database_url(f"try_{number}_{{service}}", "{service}_owner"),
        database_pool_size=5,
        redis_url=servers.redis_url,
        corporations_file=ROOT / "tests" / "corporations.toml",
        issuer_key_file=issuer_key_file,
    )
    for service in services:
        await servers.drop(f"try_{number}_{service.name}")


async def _on_an_empty_redis(servers: RealServers, settings: Settings) -> Settings:
    redis_url = servers.redis_database(next(OF_TESTS))
    redis = connect(redis_url)
    await redis.flushdb()
    await redis.aclose()
    return settings.model_copy(update={"redis_url": redis_url})


@pytest.fixture
async def own_rooms(sample_settings: Settings) -> AsyncIterator[Rooms]:
    """A speaker's and a hearer's database and Redis, with nothing running; nobody used them before."""
    async with open_databases(sample_settings) as databases, open_rooms(sample_settings, databases) as opened:
        yield opened


@pytest.fixture(scope="module")
async def settings_of_file(
    servers: RealServers, sample_templates: tuple[Service, ...], issuer_key_file: Path
) -> AsyncIterator[Settings]:
    """Settings that lead to the databases of all tests of a file."""
    async with _fresh(servers, sample_templates, issuer_key_file) as settings:
        yield settings


@pytest.fixture
async def emptied_settings(servers: RealServers, settings_of_file: Settings) -> Settings:
    """The same, when there is nothing in them any more; nothing runs that would remember what was."""
    for name in (NOTES, ECHOES):
        database = make_url(settings_of_file.for_service(name).database_url).database
        assert database
        await servers.empty(database, but=())
    return await _on_an_empty_redis(servers, settings_of_file)


@pytest.fixture(scope="module")
async def databases_of_file(settings_of_file: Settings) -> AsyncIterator[Databases]:
    """With connections that know their tables already."""
    async with open_databases(settings_of_file) as databases:
        yield databases


@pytest.fixture
async def emptied_rooms(emptied_settings: Settings, databases_of_file: Databases) -> AsyncIterator[Rooms]:
    """A speaker's and a hearer's room on the databases of the file."""
    async with open_rooms(emptied_settings, databases_of_file) as opened:
        yield opened


#: A file says `rooms = emptied_rooms` where no test alters a table, and `sample_settings = emptied_settings`.
rooms = own_rooms
