"""The real servers that tests run on: containers where a Docker engine has the images, else embedded ones."""

import os
import re
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest
from buurtthuis.embedded import ValkeyServer, embedded_servers
from buurtthuis.embedded.databases import create_database
from buurtthuis.persistence.schema import migrate
from buurtthuis.runtime.service import Service
from buurtthuis.testing import eventually
from sqlalchemy.engine import make_url

POSTGRES_IMAGE = "postgres:15-bookworm"
REDIS_IMAGE = "redis:7-bookworm"
#: A folder that both containers share with whoever runs the tests.
SOCKETS = "/sockets"
#: What the user of an embedded Valkey may do where tests administer it.
EVERYTHING = ("on", "nopass", "~*", "&*", "+@all")
#: The library's own tables: they go together with what a running process knows.
COUNTED = (
    *("journal", "streams", "checkpoints", "heard", "attempts", "idempotency_keys"),
    *("redactions", "erased_residents", "revocations", "known_rights", "replicas", "history_starts"),
)
#: What holds anything is emptied to the last page: rows whose order nobody says come in that of their making again.
EMPTY = """
    DO $$ DECLARE kept name; holds_any boolean; full_tables text[] := '{}'; BEGIN
        SET LOCAL session_replication_role = replica;
        SET LOCAL lock_timeout = '100ms';  -- long before two who wait for each other are found out
        FOR kept IN SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
            WHERE relkind = 'r' AND attname = 'corporation' AND relname <> ALL ('{but}')
        LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %I)', kept) INTO holds_any;
            IF holds_any THEN full_tables := full_tables || quote_ident(kept); END IF;
        END LOOP;
        IF full_tables <> '{}' THEN
            EXECUTE format('TRUNCATE %s RESTART IDENTITY CASCADE', array_to_string(full_tables, ', '));
        END IF;
    END $$
"""


@dataclass(frozen=True)
class RealServers:
    """Where PostgreSQL (as its administrator) and Redis answer, and what they are, in words."""

    admin_url: str
    redis_url: str
    described: str
    #: An administrator stays in a database: a new process of PostgreSQL would have to learn all of its tables.
    administrators: dict[str, asyncpg.Connection] = field(default_factory=dict)

    def database_url(self, database: str, role: str) -> str:
        """A database as one of its roles, for SQLAlchemy."""
        url = make_url(self.admin_url).set(
            drivername="postgresql+asyncpg", username=role, password=None, database=database
        )
        return url.render_as_string(hide_password=False).replace("%7B", "{").replace("%7D", "}")

    def redis_database(self, number: int) -> str:
        """One of Redis' sixteen databases."""
        return re.sub(r"(?<=/|=)0$", str(number), self.redis_url)

    async def template(self, service: Service) -> None:
        """A migrated, empty database of a service, to copy from; nobody else gets in."""
        await create_database(self.admin_url, service.name)
        owner = self.database_url(service.name, f"{service.name}_owner")
        await migrate(owner, service.name, service.migrations, service.looks)
        await self._administer(f'ALTER DATABASE "{service.name}" ALLOW_CONNECTIONS false')

    async def copy(self, service: str, name: str) -> None:
        """A fresh database called `name` for one test; copied as files, which costs a quarter of writing it as log."""
        await self._administer(
            f'CREATE DATABASE "{name}" TEMPLATE "{service}" STRATEGY file_copy OWNER "{service}_owner"'
        )

    async def empty(self, name: str, but: Sequence[str] = COUNTED) -> None:
        """Take away what a service keeps; what was said and heard stays counted."""
        statement = EMPTY.replace("{but}", "{" + ",".join(but) + "}")

        async def nobody_is_at_it() -> bool:
            try:
                await self._administer(statement, name)
            except asyncpg.LockNotAvailableError:
                return False
            return True

        await eventually(nobody_is_at_it, "nothing that goes by itself is at it")

    async def drop(self, name: str) -> None:
        """Take a test's database away, whoever is still connected."""
        if name in self.administrators:
            await self.administrators.pop(name).close()
        await self._administer(f'DROP DATABASE "{name}" WITH (FORCE)')

    async def _administer(self, statement: str, database: str = "postgres") -> None:
        if database not in self.administrators or self.administrators[database].is_closed():
            self.administrators[database] = await asyncpg.connect(self.admin_url, database=database)
        await self.administrators[database].execute(statement)


def docker_has_images() -> bool:
    """Whether an engine answers that has, or can get, both images."""
    if os.environ.get("TEST_SERVERS") == "embedded":
        return False
    with suppress(Exception):
        import docker

        engine = docker.from_env(timeout=120)
        engine.ping()
        for image in (POSTGRES_IMAGE, REDIS_IMAGE):
            if not engine.images.list(name=image):
                engine.images.pull(image)
        return True
    return False


@contextmanager
def containers() -> Iterator[RealServers]:
    """PostgreSQL and Redis in containers, which go when the run ends; no third container watches them."""
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    from testcontainers.community.postgres import PostgresContainer
    from testcontainers.community.redis import RedisContainer

    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(ignore_cleanup_errors=True)))
        folder.chmod(0o777)  # in the containers it is somebody else who writes there
        postgres = PostgresContainer(
            POSTGRES_IMAGE, username="buurtthuis", password="buurtthuis", dbname="postgres", driver=None
        )
        postgres.with_env("POSTGRES_HOST_AUTH_METHOD", "trust").with_command(
            "-c max_connections=300 -c fsync=off -c full_page_writes=off -c shared_buffers=64MB "
            f"-c unix_socket_directories=/var/run/postgresql,{SOCKETS}"
        )
        postgres.with_tmpfs_mount("/var/lib/postgresql/data")
        redis = RedisContainer(REDIS_IMAGE)
        redis.with_command(f"redis-server --unixsocket {SOCKETS}/redis --unixsocketperm 777")
        for container in (postgres, redis):
            container.with_volume_mapping(str(folder), SOCKETS, "rw")
            stack.enter_context(container)
        yield RealServers(
            _at(folder, ".s.PGSQL.5432", f"postgresql://buurtthuis@/postgres?host={folder}&port=5432")
            or f"postgresql://buurtthuis@{postgres.get_container_host_ip()}:{postgres.get_exposed_port(5432)}/postgres",
            _at(folder, "redis", f"unix://{folder}/redis?db=0")
            or f"redis://{redis.get_container_host_ip()}:{redis.get_exposed_port(6379)}/0",
            "PostgreSQL 15 and Redis 7 in containers",
        )


def _at(folder: Path, name: str, url: str) -> str:
    """The address of a socket that a container made here, which spares the network between; none on an engine elsewhere."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(folder / name))
        return url
    return ""


@asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[RealServers]:
    """PostgreSQL and Valkey from wheels; tests empty it, and give users their rights."""
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ValkeyServer, "rights", EVERYTHING)
            servers = await stack.enter_async_context(embedded_servers(folder))
        await _hurry(servers.postgres)
        yield RealServers(servers.postgres, servers.redis_url, "embedded PostgreSQL 18 and Valkey 9")


async def _hurry(admin_url: str) -> None:
    """These servers never outlive the run: they need not wait for the disk."""
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute("ALTER SYSTEM SET fsync = off")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()
