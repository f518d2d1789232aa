"""What a thief reads off a disk: every byte of a database's files, with rows that are long gone."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

import asyncpg
from buurtthuis.persistence.sealing import CannotUnseal, Seals
from buurtthuis.runtime.running_service import RunningService

from tests.servers import RealServers

PAGE = 8192
TOKEN = re.compile(rb"gAAAAA[\w-]{70,}={0,2}")


class Tuple(NamedTuple):
    """A version of a row, alive or dead, with the transactions that wrote it and that ended or locked it."""

    written_by: int
    locked_by: int
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


async def beside(
    servers: RealServers, service: RunningService, voters: str, people: Iterable[UUID]
) -> set[int]:
    """The transactions that wrote a row of `voters`, and wrote or locked one that names somebody, in whatever table."""
    async with _thief(servers, service) as connection:
        tables = await connection.fetch(
            "SELECT pg_read_binary_file(pg_relation_filepath(oid::regclass)) FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
    casting = {row.written_by for row in tuples(await table(servers, service, voters))}
    named = {one.bytes for one in people}
    rows = [row for found in tables for row in tuples(found[0]) if any(one in row.data for one in named)]
    return casting & {by for row in rows for by in (row.written_by, row.locked_by)}


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
                written_by, locked_by = (int.from_bytes(row[at : at + 4], "little") for at in (0, 4))
                yield Tuple(written_by, locked_by, row[row[22] :])


def unsealed(disk: bytes, seals: Seals) -> list[bytes]:
    """What somebody who has the keys too makes of whatever was sealed with them."""
    found = []
    for token in TOKEN.findall(disk):
        try:
            found.append(seals.unseal(token.decode()))
        except CannotUnseal:
            continue
    return found
