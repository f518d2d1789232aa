"""What tests share: real servers, a fresh system for each test, and people to use it."""

import asyncio
import fcntl
import gc
import itertools
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import hypothesis
import pytest
import structlog
from buurtthuis.core.settings import Settings
from buurtthuis.eventlog.streams import connect
from buurtthuis.identity.issuer import LocalIssuer
from buurtthuis.runtime.installed import installed_services
from buurtthuis.runtime.service import Service
from buurtthuis.telemetry.logging import configure_plainly
from buurtthuis.testing import Clock, Playground, playground
from playwright.async_api import Browser

from tests.browser import chromium, chromium_path
from tests.commands import up, with_a_copy
from tests.servers import RealServers, containers, docker_has_images, embedded

configure_plainly()

ROOT = Path(__file__).parent.parent
#: Each corporation costs every service of a test its readers, timers and workers: most tests have one.
ONE, BOTH = ROOT / "tests" / "woonpartners.toml", ROOT / "tests" / "corporations.toml"
NUMBERS = itertools.count(1)
#: Of Redis' sixteen databases: what somebody sends late goes to another than the next test's.
OF_FILES, OF_TESTS = 0, itertools.cycle(range(1, 16))
RAN_ON: Counter[str] = Counter()
WITHOUT = "without shared servers"
#: What the tests of a folder start, unless a test says what it `starts`; all others start every service.
STARTED = {
    "surveys": ("surveys",),
    "sessions": ("sessions",),
    "notifications": ("sessions", "notifications"),
    "moderation": ("sessions", "moderation"),
}


def pytest_configure(config: pytest.Config) -> None:
    """What holds for all of them.

    A shell starts background jobs with SIGINT ignored, and children inherit that: tests that press Ctrl-C need it.
    Examples are the same in every run, so that a run that fails says something of the change; `--long` makes up new ones.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hypothesis.settings.register_profile("alike", derandomize=True)
    hypothesis.settings.register_profile("long", max_examples=1000, deadline=None)
    hypothesis.settings.load_profile("long" if config.getoption("--long") else "alike")
    config.addinivalue_line("markers", "starts(*names): the services that a test needs, and no other")
    config.addinivalue_line(
        "markers", "waits: what is tried takes long and little work, as a process that comes back"
    )
    config.addinivalue_line("markers", "both_corporations: what one does is seen, or not, at another")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that mostly wait are spread over the others, those of many tests first, and none over the last fifth.

    Side by side they would leave the machine with nothing to do, and at the end they would be waited for."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    waiting = sorted((path for path in files if _waits(files[path][0])), key=lambda path: -len(files[path]))
    order = [path for path in files if path not in waiting]
    apart = 0.8 * len(order) / max(len(waiting), 1)
    for number, path in reversed([*enumerate(waiting)]):
        order.insert(round(number * apart), path)
    items[:] = [item for path in order for item in files[path]]


def _waits(item: pytest.Item) -> bool:
    return item.path.parent.name == "faults" or item.get_closest_marker("waits") is not None


def pytest_collection_finish() -> None:
    """What was imported stays: a collection need not look through all of it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true", help="run faults and fuzzers for minutes instead of seconds"
    )
    parser.addoption("--replicas", help="of each service in tests/faults, such as 1,2 (with --long: 1,2,3)")


@pytest.fixture(scope="session")
def examples(pytestconfig: pytest.Config) -> int:
    """Of the requests that a fuzzer makes up for each thing that a service can be asked."""
    return 100 if pytestconfig.getoption("--long") else 5


@pytest.fixture(scope="session")
async def servers(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[RealServers]:
    """PostgreSQL and Redis for the whole run."""
    if docker_has_images():
        with containers() as found:
            yield found
    else:
        async with embedded(tmp_path_factory.mktemp("servers")) as found:
            yield found


@pytest.fixture(scope="session")
async def templates(servers: RealServers) -> dict[str, Service]:
    """Every installed service, each with a migrated database to copy."""
    services = installed_services()
    for service in services.values():
        await servers.template(service)
    return services


@pytest.fixture(scope="session")
def issuer_key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The key that all tokens in the tests are signed with."""
    path = tmp_path_factory.mktemp("keys") / "issuer.json"
    LocalIssuer.in_file(path)
    return path


@pytest.fixture(scope="session")
async def used_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as `buurtthuis up` leaves it after its first start, to be copied; one for all processes of a run."""
    of_run = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        of_run = of_run.parent
    folder = of_run / "used"
    with (of_run / "used.lock").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        if not folder.exists():
            folder.mkdir(mode=0o711)
            async with up(folder):
                pass
    return folder / "data"


@pytest.fixture
def used_folder(tmp_path: Path, used_data: Path) -> Path:
    """Where `up` ran before, so that this start makes no databases."""
    return with_a_copy(used_data, tmp_path)


@pytest.fixture
def needed(request: pytest.FixtureRequest, templates: dict[str, Service]) -> dict[str, Service]:
    """What a test starts. Each service costs its database, connections and readers, and readers in all others."""
    return _needed(request, templates)


def _needed(request: pytest.FixtureRequest, templates: dict[str, Service]) -> dict[str, Service]:
    folder = request.path.relative_to(ROOT / "tests").parts[0]
    said = request.node.get_closest_marker("starts")
    names = said.args if said else STARTED.get(folder, tuple(templates))
    return {name: templates[name] for name in names}


def _corporations(request: pytest.FixtureRequest) -> Path:
    """The library's own tests look at what keeps corporations apart; others say so."""
    shared = request.path.is_relative_to(ROOT / "tests" / "shared")
    return BOTH if shared or request.node.get_closest_marker("both_corporations") else ONE


@pytest.fixture
async def settings(
    request: pytest.FixtureRequest,
    servers: RealServers,
    needed: dict[str, Service],
    issuer_key_file: Path,
) -> AsyncIterator[Settings]:
    """Settings that lead to fresh databases and an empty Redis."""
    corporations = _corporations(request)
    async with fresh(servers, needed, issuer_key_file, corporations, next(OF_TESTS)) as found:
        yield found


@asynccontextmanager
async def fresh(
    servers: RealServers,
    services: Iterable[str],
    issuer_key_file: Path,
    corporations: Path = ONE,
    redis_database: int = OF_FILES,
) -> AsyncIterator[Settings]:
    """The same for as long as somebody likes, where one test is not what it is for."""
    number, redis_url = next(NUMBERS), servers.redis_database(redis_database)
    redis = connect(redis_url)
    await redis.flushdb()
    for service in services:
        await servers.copy(service, f"test_{number}_{service}")
    yield Settings(
        database_url=servers.database_url(f"test_{number}_{{service}}", "{service}"),
        database_owner_url=servers.database_url(f"test_{number}_{{service}}", "{service}_owner"),
        database_pool_size=3,
        redis_url=redis_url,
        corporations_file=corporations,
        issuer_key_file=issuer_key_file,
    )
    await redis.aclose()
    for service in services:
        await servers.drop(f"test_{number}_{service}")


@pytest.fixture
def clock() -> Clock:
    """A clock that the test holds."""
    return Clock()


@pytest.fixture
async def alone(settings: Settings, needed: dict[str, Service], clock: Clock) -> AsyncIterator[Playground]:
    """The services that the test needs, running; nobody used them before."""
    async with playground(needed.values(), settings, clock) as running:
        yield running


@pytest.fixture(scope="module")
def served(request: pytest.FixtureRequest, templates: dict[str, Service]) -> Collection[Service]:
    """What the system of a file runs; a file that gives a service other parts has its own fixture of this name."""
    return _needed(request, templates).values()


@pytest.fixture(scope="module")
async def running(
    request: pytest.FixtureRequest, servers: RealServers, served: Collection[Service], issuer_key_file: Path
) -> AsyncIterator[Playground]:
    """One system for all tests of a file."""
    names = [service.name for service in served]
    async with (
        fresh(servers, names, issuer_key_file, _corporations(request)) as settings,
        playground(served, settings) as running,
    ):
        yield running


@pytest.fixture
async def together(running: Playground) -> AsyncIterator[Playground]:
    """The file's system, in which each test has houses and people of its own, and begins on the same morning."""
    running.clock.move_to(Clock().now)
    async with running.anew() as place:
        yield place


@pytest.fixture
async def emptied(running: Playground, servers: RealServers) -> AsyncIterator[Playground]:
    """The file's system, whose services keep nothing any more: as good as new, but that what is said is counted on."""
    running.clock.move_to(Clock().now)
    async with running.anew() as place:
        for service in running.process.running:
            assert service.database.engine.url.database
            await servers.empty(service.database.engine.url.database)
        yield place


#: A file whose tests each look at what they made themselves says `place = together`, and is done in a third of the time.
#: One whose tests look at all there is says `place = emptied`, where no test starts or stops anything.
place = alone


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    path = chromium_path()
    if not path:
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    async with chromium(path) as opened:
        yield opened


StartSome = Callable[..., AbstractAsyncContextManager[Playground]]


@pytest.fixture
def start(settings: Settings, clock: Clock) -> StartSome:
    """Start some services, several times in a test if it likes, on the same databases."""

    @asynccontextmanager
    async def starting(services: Iterable[Service]) -> AsyncIterator[Playground]:
        async with playground(services, settings, clock) as running:
            yield running

    return starting


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and not report.skipped:
        RAN_ON[str(dict(report.user_properties).get("ran on", WITHOUT))] += 1


@pytest.fixture(autouse=True)
def _keep_the_log() -> Iterator[None]:
    """A command line that runs in here sets its own level: the next test reads the log as ever."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(autouse=True)
def _note_servers(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    if "servers" in request.fixturenames:
        servers = request.getfixturevalue("servers")
        record_property("ran on", f"on {getattr(servers, 'described', 'servers of its own')}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ran = ", ".join(f"{count} {where}" for where, count in RAN_ON.most_common())
    terminalreporter.write_line(f"Tests that ran: {ran or 'none'}")
