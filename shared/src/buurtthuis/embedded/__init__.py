"""PostgreSQL and Valkey from wheels, as children of this process, on a data folder: for `up`, `demo` and the tests."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from buurtthuis.embedded.databases import create_database
from buurtthuis.embedded.folder import claimed, socket_folder, sockets_in_use
from buurtthuis.embedded.postgres import PostgresServer
from buurtthuis.embedded.server import EmbeddedError, Server, kept_running
from buurtthuis.embedded.valkey import ValkeyServer

__all__ = [
    "EmbeddedError",
    "PostgresServer",
    "Server",
    "Servers",
    "ValkeyServer",
    "embedded_servers",
    "ensure_database",
    "servers_on",
    "socket_folder",
]


@dataclass(frozen=True)
class Servers:
    """Where the running servers answer."""

    postgres: str
    redis_url: str
    sockets: Path

    def database_url(self, database: str, role: str) -> str:
        """The address of a database for SQLAlchemy, as one of its roles."""
        return f"postgresql+asyncpg://{role}@/{database}?host={self.sockets}&port=5432"


def _in_silence(_: str) -> None: ...


@asynccontextmanager
async def embedded_servers(
    data: Path, progress: Callable[[str], None] = _in_silence
) -> AsyncIterator[Servers]:
    """Run both servers on the data folder, which nobody else may use meanwhile, and start them again when they die.

    Ends with an EmbeddedError where that does not help."""
    with claimed(data) as sockets:
        postgres, valkey = PostgresServer(data, sockets), ValkeyServer(data, sockets)
        progress(
            "Starting PostgreSQL and Valkey …"
            if postgres.folder.exists()
            else "Making a database (only once) …"
        )
        async with valkey, postgres, kept_running(valkey, postgres):
            yield _servers(postgres, valkey, sockets)


def servers_on(data: Path) -> Servers | None:
    """The servers that somebody else runs on the data folder now."""
    sockets = sockets_in_use(data)
    if sockets is None:
        return None
    return _servers(PostgresServer(data, sockets), ValkeyServer(data, sockets), sockets)


def _servers(postgres: Server, valkey: Server, sockets: Path) -> Servers:
    return Servers(postgres=postgres.url, redis_url=valkey.url, sockets=sockets)


async def ensure_database(servers: Servers, service: str) -> None:
    """Give the service its database: `<service>_owner` owns it, `<service>` may connect and owns nothing."""
    await create_database(servers.postgres, service)
