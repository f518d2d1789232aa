"""Servers of our own to kill, processes to kill, and a ledger of what was said to them."""

import itertools
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from buurtthuis.embedded import socket_folder
from buurtthuis.embedded.databases import create_database
from buurtthuis.persistence.schema import migrate

from tests.faults.programs import MortalPostgres, MortalValkey, Nursery, Servers, Town
from tests.faults.town import SERVICES

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether to go on for minutes."""
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="session")
async def mortal_servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Servers]:
    """PostgreSQL and Valkey for these tests alone, which the tests kill; with a migrated database a service."""
    data = tmp_path_factory.mktemp("mortal")
    data.chmod(0o711)
    with socket_folder() as sockets:
        async with MortalPostgres(data, sockets) as postgres, MortalValkey(data, sockets) as valkey:
            servers = Servers(postgres, valkey, sockets)
            for service in SERVICES.values():
                await create_database(postgres.url, service.name)
                owner = servers.database_url(service.name, f"{service.name}_owner")
                await migrate(owner, service.name, service.migrations, service.looks)
            yield servers


@pytest.fixture(scope="session")
async def nursery() -> AsyncIterator[Nursery]:
    """Where processes come from."""
    async with Nursery() as started:
        yield started


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "replicas(*many): of each service, where --replicas does not say")
    config.addinivalue_line("markers", "takes_long: only where --long or --replicas asks for it")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not (config.getoption("--long") or config.getoption("--replicas")):
        items[:] = [item for item in items if not item.get_closest_marker("takes_long")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "replicas" in metafunc.fixturenames:
        asked = metafunc.config.getoption("--replicas") or "1,2,3" * metafunc.config.getoption("--long")
        said = metafunc.definition.get_closest_marker("replicas")
        short = said.args if said else (1,)
        many = [int(number) for number in asked.split(",")] if asked else short
        metafunc.parametrize("replicas", many, ids="{}-replicas".format)


@pytest.fixture
async def town(
    mortal_servers: Servers, nursery: Nursery, tmp_path: Path, replicas: int
) -> AsyncIterator[Town]:
    """Fresh databases, an empty Valkey, and no process running yet."""
    prefix = f"town_{next(NUMBERS)}_"
    await mortal_servers.revive()
    await mortal_servers.flush()
    await mortal_servers.copy_databases(SERVICES, prefix)
    async with Town(mortal_servers, nursery, tmp_path, prefix) as running:
        running.replicas = replicas
        yield running
    await mortal_servers.revive()
    await mortal_servers.drop_databases(SERVICES, prefix)
    shutil.rmtree(tmp_path / "copy", ignore_errors=True)
