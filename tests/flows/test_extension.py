"""A service of somebody else, installed beside ours, without a change here."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.embedded.databases import create_database
from buurtthuis.eventlog.streams import connect
from buurtthuis.identity.issuer import LocalIssuer
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.installed import installed_services
from buurtthuis.testing import Playground, eventually
from sqlalchemy.engine import make_url

from tests.conftest import StartSome
from tests.extension import SOURCES, install, migrate, serving
from tests.people import HOUSE, PLAN, done, made
from tests.servers import RealServers

pytestmark = pytest.mark.both_corporations

OURS = tuple(installed_services().values())
#: The feeds of those who said nothing yet: nobody reads them.
NOWHERE = "http://127.0.0.1:9/{service}/v1/events"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("extension") / "installed"
    install(target)
    return target


@pytest.fixture(scope="module")
async def its_table(
    servers: RealServers, installed: Path, issuer_key_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A database of the extension with its table, to copy."""
    await create_database(servers.admin_url, "held_sessions")
    settings = Settings(
        database_url=servers.database_url("{service}", "{service}"),
        database_owner_url=servers.database_url("{service}", "{service}_owner"),
        redis_url=servers.redis_url,
        issuer_key_file=issuer_key_file,
    )
    await migrate(installed, settings, tmp_path_factory.mktemp("migrating"))


@pytest.fixture
async def with_a_database(
    servers: RealServers, settings: Settings, its_table: None
) -> AsyncIterator[Settings]:
    """The settings, on which the extension too has a database with its table."""
    name = make_url(settings.for_service("held_sessions").database_url).database
    assert name
    await servers.copy("held_sessions", name)
    yield settings
    await servers.drop(name)


async def hold_sessions(place: Playground, count: int) -> str:
    """Hold so many sessions in a new house, over HTTP; the house."""
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    for _ in range(count):
        place.clock.move_to(datetime(2018, 11, 12, tzinfo=UTC))
        session = await made(staff, "/sessions/v1/sessions", {"house_id": house, "title": "Koffietafel"})
        await staff.put(f"/sessions/v1/sessions/{session}/plan", json=PLAN, headers={"If-Match": '"1"'})
        place.clock.move_to(datetime(2019, 1, 11, tzinfo=UTC))
        await done(staff, f"/sessions/v1/sessions/{session}/attendance", {"attended": [], "walk_ins": 3})
    return house


def staff_of(settings: Settings, corporation: str = "woonpartners") -> dict[str, str]:
    assert settings.issuer_key_file
    token = LocalIssuer.in_file(settings.issuer_key_file).issue(corporation, [Role.STAFF])
    return {"Authorization": f"Bearer {token}"}


async def counts(client: httpx.AsyncClient, staff: dict[str, str], house: str) -> dict[str, int]:
    """What the extension answers, once it knows the house."""

    async def counted() -> dict[str, int]:
        answer = await client.get("/held_sessions/v1/houses", headers=staff)
        answer.raise_for_status()
        found: dict[str, int] = answer.json()
        return found if house in found else {}

    return await eventually(counted, "the extension counts a session")


async def test_an_extension_counts_sessions_beside_the_services_it_listens_to(
    start: StartSome, with_a_database: Settings, installed: Path, tmp_path: Path
) -> None:
    async with start(OURS) as place:
        settings = with_a_database.model_copy(update={"feed_url": f"{place.url}/{{service}}/v1/events"})
        async with serving(
            "held_sessions", installed=installed, settings=settings, folder=tmp_path
        ) as client:
            house = await hold_sessions(place, 1)
            assert await counts(client, staff_of(settings), house) == {house: 1}


async def test_an_extension_that_is_started_later_catches_up_from_the_feed(
    start: StartSome, with_a_database: Settings, installed: Path, tmp_path: Path
) -> None:
    async with start(OURS) as place:
        house = await hold_sessions(place, 2)
        await place.settled()
    await _forget_every_stream(with_a_database)
    names = ("moderation", "notifications", "surveys", "sessions", "held_sessions")
    async with serving(*names, installed=installed, settings=with_a_database, folder=tmp_path) as client:
        staff = staff_of(with_a_database)
        assert await eventually(lambda: _twice(client, staff, house), "both sessions are counted") == {
            house: 2
        }


async def test_an_extension_shows_another_corporation_nothing(
    start: StartSome, with_a_database: Settings, installed: Path, tmp_path: Path
) -> None:
    async with start(OURS) as place:
        settings = with_a_database.model_copy(update={"feed_url": f"{place.url}/{{service}}/v1/events"})
        async with serving(
            "held_sessions", installed=installed, settings=settings, folder=tmp_path
        ) as client:
            await counts(client, staff_of(settings), await hold_sessions(place, 1))
            stranger = staff_of(settings, "de-waterlelie")
            assert (await client.get("/held_sessions/v1/houses", headers=stranger)).json() == {}


async def test_an_extension_is_on_the_index_beside_the_others(
    with_a_database: Settings, installed: Path, tmp_path: Path
) -> None:
    names, settings = ("sessions", "held_sessions"), with_a_database.model_copy(update={"feed_url": NOWHERE})
    async with serving(*names, installed=installed, settings=settings, folder=tmp_path) as client:
        page = (await client.get("/")).text
    assert [name for name in names if f'href="{name}/v1/docs"' in page] == list(names)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.name))
def test_the_extensions_own_tests_pass_where_it_is_installed(
    installed: Path, settings: Settings, tmp_path: Path, source: Path
) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    env = {**kept, "PYTHONPATH": str(installed), "CORPORATIONS_FILE": str(settings.corporations_file)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-q",
        "-o",
        "asyncio_mode=auto",
        "--rootdir",
        str(source),
        str(source / "tests"),
    ]
    found = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert " passed" in found.stdout


async def _twice(client: httpx.AsyncClient, staff: dict[str, str], house: str) -> dict[str, int]:
    found = await counts(client, staff, house)
    return found if found[house] >= 2 else {}


async def _forget_every_stream(settings: Settings) -> None:
    redis = connect(settings.redis_url)
    await redis.flushall()
    await redis.aclose()
