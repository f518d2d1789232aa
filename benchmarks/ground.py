"""What every benchmark stands on: its own servers in a temporary folder, and processes to measure."""

import asyncio
import json
import os
import platform
import resource
import socket
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import uvloop
from buurtthuis.core.corporations import Corporation, Corporations
from buurtthuis.core.settings import Settings
from buurtthuis.embedded import Servers, ValkeyServer, embedded_servers, ensure_database
from buurtthuis.eventlog.streams import connect
from buurtthuis.identity.issuer import LocalIssuer
from buurtthuis.identity.principals import Role
from buurtthuis.persistence.engine import Database
from buurtthuis.persistence.unit_of_work import Committed
from buurtthuis.runtime.service import Service
from buurtthuis.runtime.system import embedded_settings, migrate_service
from buurtthuis.telemetry import logging, tracing
from redis.asyncio import Redis

Measure = Callable[..., Coroutine[Any, Any, Any]]

LIBRARIES = ("faststream", "sqlalchemy", "asyncpg", "redis", "fastapi", "uvicorn")
ROOT = Path(__file__).parent.parent
#: The service under measurement where no real one will do.
BENCH = Service("bench", "Is measured.", (), Path(__file__).parent / "migrations")
PATIENCE_SECONDS = 60.0
INVENTED = """
[[corporation]]
slug = "corporation-{number}"
name = "Corporation {number}"
kvk = "{kvk}"
languages = ["nl"]
time_zone = "Europe/Amsterdam"
"""
#: What we are compared with reads in groups.
ValkeyServer.rights = ("on", "nopass", "~*", "&*", "+@all")


@dataclass(frozen=True)
class Ground:
    """Fresh servers; `quick` asks for smaller numbers."""

    servers: Servers
    settings: Settings
    corporation: Corporation
    redis: Redis
    quick: bool

    async def prepare(self, service: Service) -> None:
        """A migrated, empty database."""
        await ensure_database(self.servers, service.name)
        await migrate_service(service, self.settings)

    def database(
        self, service: str, pool_size: int = 10, on_committed: Callable[[Committed], object] = lambda _: None
    ) -> Database:
        """A service's database as the service sees it."""
        url = self.settings.for_service(service).database_url
        return Database(url, pool_size=pool_size, on_committed=on_committed)

    @asynccontextmanager
    async def administering(self, database: str) -> AsyncIterator[asyncpg.Connection]:
        """A bare connection to a database, above row-level security."""
        connection = await asyncpg.connect(self.servers.postgres, database=database)
        try:
            yield connection
        finally:
            await connection.close()

    def token(self, *roles: Role, subject: UUID | None = None, corporation: str = "") -> str:
        """An access token that every service here takes, of the one corporation or another."""
        assert self.settings.issuer_key_file
        issuer = LocalIssuer.in_file(self.settings.issuer_key_file)
        return issuer.issue(corporation or self.corporation.slug, roles, subject)

    @asynccontextmanager
    async def serving(self, *services: str, port: int = 0, **settings: str) -> AsyncIterator["Serving"]:
        """`buurtthuis serve` in a process of its own."""
        port = port or free_port()
        command = (str(script("buurtthuis")), "serve", *services, "--host", "127.0.0.1", "--port", str(port))
        url = f"http://127.0.0.1:{port}"
        feeds = {"FEED_URL": f"{url}/{{service}}/v1/events"}
        async with running(*command, env={**self.environment, **feeds, **settings}) as process:
            await answering(f"{url}/readyz", process)
            yield Serving(process, port, url)

    @property
    def environment(self) -> dict[str, str]:
        """The settings, for another process."""
        return {
            "DATABASE_URL": self.settings.database_url,
            "DATABASE_OWNER_URL": self.settings.database_owner_url,
            "REDIS_URL": self.settings.redis_url,
            "ISSUER_KEY_FILE": str(self.settings.issuer_key_file),
            "CORPORATIONS_FILE": str(self.settings.corporations_file),
            "LOG_LEVEL": "WARNING",
        }


@dataclass(frozen=True)
class Serving:
    """A server in another process."""

    process: Process
    port: int
    url: str


@asynccontextmanager
async def ground(quick: bool, corporations: int = 0) -> AsyncIterator[Ground]:
    """Embedded PostgreSQL and Valkey on an empty folder, for so many invented `corporations`, or those of the examples."""
    corporations_file = ROOT / "corporations.toml"
    with tempfile.TemporaryDirectory(prefix="buurtthuis-bench-") as folder:
        if corporations:
            corporations_file = Path(folder) / "corporations.toml"
            corporations_file.write_text("".join(map(_invented, range(corporations))))
        async with embedded_servers(Path(folder)) as servers:
            settings = embedded_settings(Settings(corporations_file=corporations_file), servers, Path(folder))
            redis = connect(servers.redis_url)
            corporation = next(iter(Corporations.load(corporations_file).values()))
            yield Ground(servers, settings, corporation, redis, quick)
            await redis.aclose()


def _invented(number: int) -> str:
    return INVENTED.format(number=number, kvk=90_000_000 + number)


@asynccontextmanager
async def running(*command: str, env: dict[str, str] | None = None, **pipes: Any) -> AsyncIterator[Process]:
    """A child process that stops when we are done with it."""
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **(env or {})}, cwd=ROOT, limit=2**26, **pipes
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def answering(url: str, process: Process) -> None:
    """Wait until a server answers 200; raises RuntimeError when its process ends instead."""
    async with httpx.AsyncClient() as client, asyncio.timeout(PATIENCE_SECONDS):
        while process.returncode is None:
            try:
                if (await client.get(url)).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.01)
    raise RuntimeError(f"a server stopped with exit code {process.returncode} instead of answering")


async def alive(serving: Serving) -> float:
    """Seconds until it relays, and reads every stream."""
    started = time.monotonic()
    await answering(f"{serving.url}/healthz", serving.process)
    return time.monotonic() - started


@asynccontextmanager
async def clients(how: str, **wanted: Any) -> AsyncIterator["Clients"]:
    """Clients in a process of their own: see `benchmarks.clients`."""
    command = (sys.executable, "-m", "benchmarks.clients", how)
    async with running(*command, stdin=PIPE, stdout=PIPE) as process:
        started = Clients(process)
        started.tell(json.dumps(wanted))
        yield started


class Clients:
    """A process full of clients. It says `ready`, starts when told to, and ends with what it saw."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def ready(self) -> None:
        """Wait until all are connected."""
        await self._said()

    async def finish(self) -> Any:
        """Let them go on, or stop, as their kind does; what they saw."""
        self.tell("")
        return json.loads(await self._said())

    def tell(self, line: str) -> None:
        """Write a line to it."""
        assert self._process.stdin
        self._process.stdin.write(line.encode() + b"\n")

    async def _said(self) -> bytes:
        assert self._process.stdout
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the clients died")
        return line


@contextmanager
def many_sockets() -> Iterator[None]:
    """As many open files as we may have, for us and our children."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def script(name: str) -> Path:
    """A command that is installed beside this Python."""
    return Path(sys.executable).with_name(name)


def in_a_process_of_its_own(measure: Measure, *arguments: Any) -> Any:
    """So that nothing inherits another's memory; on the loop that `buurtthuis` itself runs on."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run, measure, arguments).result()


def _run(measure: Measure, arguments: tuple[Any, ...]) -> Any:
    logging.configure("WARNING")
    tracing.configure()
    return uvloop.run(measure(*arguments))


async def ran_on() -> str:
    """The machine, the servers and the libraries, in one line."""
    async with ground(quick=True) as here, here.administering("postgres") as connection:
        postgres = await connection.fetchval("SHOW server_version")
        valkey = (await here.redis.info("server"))["valkey_version"]
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"On {os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"embedded PostgreSQL {postgres} and Valkey {valkey}; {libraries}."
    )


async def until(condition: Callable[[], Awaitable[bool]], patience: float = PATIENCE_SECONDS) -> None:
    """Wait for something that tells nobody; raises TimeoutError when it never comes true."""
    async with asyncio.timeout(patience):
        while not await condition():  # noqa: ASYNC110  there is no event to wait for
            await asyncio.sleep(0.01)
