"""What the tests of the backbone's rooms share: the sample services, each on a fresh database."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.eventlog.streams import connect
from buurtthuis.runtime.service import Service
from buurtthuis.testing import samples

from tests.conftest import OF_TESTS, ROOT
from tests.servers import RealServers
from tests.shared.rooms import Rooms, open_rooms

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
    number, redis_url = next(NUMBERS), servers.redis_database(next(OF_TESTS))
    redis = connect(redis_url)
    await redis.flushdb()
    await redis.aclose()
    for service in sample_templates:
        await servers.copy(service.name, f"try_{number}_{service.name}")
    yield Settings(
        database_url=servers.database_url(f"try_{number}_{{service}}", "{service}"),
        database_owner_url=servers.database_url(f"try_{number}_{{service}}", "{service}_owner"),
        database_pool_size=5,
        redis_url=redis_url,
        corporations_file=ROOT / "tests" / "corporations.toml",
        issuer_key_file=issuer_key_file,
    )
    for service in sample_templates:
        await servers.drop(f"try_{number}_{service.name}")


@pytest.fixture
async def rooms(sample_settings: Settings) -> AsyncIterator[Rooms]:
    """A speaker's and a hearer's database and Redis, with nothing running."""
    async with open_rooms(sample_settings) as opened:
        yield opened
