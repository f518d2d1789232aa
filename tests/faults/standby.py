"""A standby that follows PostgreSQL asynchronously, and the address by which services reach whichever is in charge."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from buurtthuis.embedded import PostgresServer, socket_folder
from buurtthuis.embedded.postgres import program

from tests.faults.programs import MortalPostgres, Servers, eventually

NOW = "SELECT pg_current_wal_lsn()::text"
SENDER = "SELECT pid FROM pg_stat_replication WHERE replay_lsn >= $1::text::pg_lsn"


class Standby(MortalPostgres):
    """Begins as a copy of another server."""

    def __init__(self, primary: PostgresServer, data: Path, sockets: Path) -> None:
        super().__init__(data, sockets)
        self._primary = primary

    def maker(self, folder: Path) -> list[str]:
        """The program that makes a new cluster, and its arguments."""
        copying = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--pgdata", str(folder)]
        return [program("pg_basebackup"), "--dbname", self._primary.url, *copying]


@dataclass
class Failover:
    """From the one to the other. `address` leads to the one in charge."""

    servers: Servers
    standby: Standby
    address: Path

    def settings(self, database: str) -> dict[str, str]:
        """For a process whose database fails over."""
        there = Servers(self.servers.postgres, self.servers.valkey, self.address)
        return {"DATABASE_URL": there.database_url(database, "{service}")}

    async def sender(self) -> int:
        """The process that sends to the standby, which has received everything that there is now."""
        async with self.servers.admin() as admin:
            now = await admin.fetchval(NOW)
            return int(await eventually(lambda: admin.fetchval(SENDER, now), "a standby that follows"))

    def redirect(self) -> None:
        """The address leads to the standby from now on."""
        lead_to(self.address, self.standby.sockets)

    async def promote(self) -> None:
        """The standby is in charge, with what it has."""
        async with Servers(self.standby, self.servers.valkey, self.standby.sockets).admin() as admin:
            assert await admin.fetchval("SELECT pg_promote()")


def lead_to(address: Path, sockets: Path) -> None:
    """Make an address, or make it another's."""
    new = address.with_suffix(".new")
    new.symlink_to(sockets)
    new.replace(address)


@asynccontextmanager
async def standby_of(servers: Servers, data: Path) -> AsyncIterator[Failover]:
    """A standby that follows."""
    with socket_folder() as sockets, socket_folder() as addresses:
        lead_to(addresses / "at", servers.sockets)
        async with Standby(servers.postgres, data, sockets) as standby:
            yield Failover(servers, standby, addresses / "at")
