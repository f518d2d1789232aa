"""What a thief reads off a disk: every byte of a database's files, with rows that are long gone."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import asyncpg
from buurtthuis.sealing import CannotUnseal, Seals
from buurtthuis.service import RunningService

from tests.servers import RealServers

PAGE = 8192
TOKEN = re.compile(rb"gAAAAA[\w-]{70,}={0,2}")


class Tuple(NamedTuple):
    """A version of a row: alive, dead, or in what a page has left over."""

    written_by: int
    data: bytes


@asynccontextmanager
async def _thief(servers: RealServers, service: RunningService) -> AsyncIterator[asyncpg.Connection]:
    database = service.database.engine.url.database
    connection = await asyncpg.connect(servers.admin_url, database=database)
    try:
        await connection.execute("CHECKPOINT")
        yield connection
    finally:
        await connection.close()


async def table(servers: RealServers, service: RunningService, name: str) -> bytes:
    """The file of a table."""
    async with _thief(servers, service) as connection:
        found: bytes = await connection.fetchval(
            "SELECT pg_read_binary_file(pg_relation_filepath($1::regclass))", name
        )
    return found


async def everything(servers: RealServers, service: RunningService, *, log: bool = False) -> bytes:
    """All files of the database, and the write-ahead `log` of the whole server if wanted."""
    async with _thief(servers, service) as connection:
        folder = await connection.fetchval(
            "SELECT 'base/' || oid FROM pg_database WHERE datname = current_database()"
        )
        folders = [folder, "pg_wal"] if log else [folder]
        found = [
            row[0]
            for each in folders
            for row in await connection.fetch(
                "SELECT pg_read_binary_file($1 || '/' || name, 0, size, true) FROM "
                "(SELECT name, (pg_stat_file($1 || '/' || name, true)).size, (pg_stat_file($1 || '/' || name, true)).isdir "
                "FROM pg_ls_dir($1) name) files WHERE NOT isdir",
                each,
            )
        ]
    return b"".join(filter(None, found))


def tuples(file: bytes) -> Iterator[Tuple]:
    """Every version of a row that a page still points at."""
    for start in range(0, len(file), PAGE):
        page = file[start : start + PAGE]
        lower = int.from_bytes(page[12:14], "little")
        for at in range(24, lower, 4):
            pointer = int.from_bytes(page[at : at + 4], "little")
            offset, state, length = pointer & 0x7FFF, pointer >> 15 & 3, pointer >> 17
            if state == 1:
                row = page[offset : offset + length]
                yield Tuple(int.from_bytes(row[:4], "little"), row[row[22] :])


def unsealed(disk: bytes, seals: Seals) -> list[bytes]:
    """What somebody who has the keys too makes of whatever was sealed with them."""
    found = []
    for token in TOKEN.findall(disk):
        try:
            found.append(seals.unseal(token.decode()))
        except CannotUnseal:
            continue
    return found
