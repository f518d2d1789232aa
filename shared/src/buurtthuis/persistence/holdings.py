"""Everything that one database holds of a corporation: found, counted, copied to files, removed.

Tables are found in the database itself, so that a new one is never forgotten. It is the owner who asks, for one
corporation in one transaction: row-level security, which binds the owner too, keeps all others out of it.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import asyncpg
import orjson

from buurtthuis.persistence.engine import driver_url
from buurtthuis.persistence.sealing import SEALED
from buurtthuis.persistence.tenancy import NO_CORPORATION

#: By `table.column`: how what is sealed there is opened for whom it is about.
Opens = Mapping[str, Callable[[Any], object]]
#: Rows that are fetched together.
PAGE = 500

TABLES = """
    SELECT c.oid::regclass::text AS name,
           array_agg(a.attname::text ORDER BY a.attnum) AS columns,
           array_agg(format_type(a.atttypid, NULL) ORDER BY a.attnum) AS types,
           array_agg(a.attnotnull ORDER BY a.attnum) AS filled,
           (SELECT coalesce(array_agg(k.attname::text ORDER BY k.attnum), '{}')
            FROM pg_index i JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = ANY (i.indkey)
            WHERE i.indrelid = c.oid AND i.indisprimary) AS key,
           (SELECT coalesce(array_agg(DISTINCT f.confrelid::regclass::text), '{}')
            FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid) AS above
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
      AND EXISTS (SELECT FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = 'corporation' AND NOT o.attisdropped)
    GROUP BY c.oid
    ORDER BY name
"""
#: `leaving` is what a table that nobody may rewrite asks for, of its owner alone.
ENTER = """
    SELECT set_config('buurtthuis.corporation', $1, true), set_config('buurtthuis.leaving', $1, true),
           set_config('TimeZone', 'UTC', true)
"""
#: To see what every corporation is shown.
ANYBODY = "SELECT set_config('buurtthuis.corporation', $1, true)"
#: How PostgreSQL's types are written in JSON.
WRITTEN: Mapping[str, Mapping[str, Any]] = {
    "uuid": {"type": "string", "format": "uuid"},
    "timestamp with time zone": {"type": "string", "format": "date-time"},
    "timestamp without time zone": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "time without time zone": {"type": "string"},
    "integer": {"type": "integer"},
    "bigint": {"type": "integer"},
    "smallint": {"type": "integer"},
    "numeric": {"type": "number"},
    "double precision": {"type": "number"},
    "boolean": {"type": "boolean"},
    "json": {},
    "jsonb": {},
}


class CannotTakeAlong(Exception):
    """{where} cannot be opened ({why}): put the key back that sealed it."""

    def __init__(self, where: str, error: Exception) -> None:
        super().__init__(
            f"{where} cannot be opened ({type(error).__name__}): put the key back that sealed it."
        )


class NotRemoved(Exception):
    """Rows stay in a table though they were removed: a rule or a trigger of somebody's keeps them."""

    def __init__(self, table: str) -> None:
        super().__init__(f"Rows stay in {table} though they were removed: a rule or a trigger keeps them.")


@dataclass(frozen=True)
class HeldTable:
    """A table in which each row is a corporation's."""

    name: str
    types: Mapping[str, str]
    filled: frozenset[str]
    key: Sequence[str]
    above: Sequence[str]

    def named(self, column: str) -> str:
        """How the column is called outside of its table."""
        return f"{self.name}.{column}"


@dataclass(frozen=True)
class Holding:
    """What a table holds of a corporation: how many rows, and which columns stay here as they say nothing without our keys."""

    table: HeldTable
    rows: int
    shown: int
    opened: Sequence[str] = ()
    withheld: Sequence[str] = ()

    @property
    def plain(self) -> Sequence[str]:
        """Columns that go along as they are."""
        return [name for name in self.table.types if name not in {*self.opened, *self.withheld}]

    @property
    def schema(self) -> dict[str, Any]:
        """What a line is, as JSON Schema."""
        columns = {
            name: _schema(kind, filled=name in self.table.filled, opened=name in self.opened)
            for name, kind in self.table.types.items()
            if name not in self.withheld
        }
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.table.name,
            "type": "object",
            "properties": columns,
            "required": list(columns),
            "additionalProperties": False,
        }


@dataclass
class Copied:
    """A file that was written: how long it is, and what is in it."""

    path: str
    size: int = 0
    rows: int | None = None
    _hash: Any = field(default_factory=sha256)

    def add(self, part: bytes) -> bytes:
        """This is in it too."""
        self.size += len(part)
        self._hash.update(part)
        return part

    @property
    def facts(self) -> dict[str, Any]:
        """For a manifest."""
        counted = {} if self.rows is None else {"rows": self.rows}
        return {"path": self.path, **counted, "bytes": self.size, "sha256": self._hash.hexdigest()}


async def connect(owner_url: str) -> asyncpg.Connection:
    """As the owner of the tables."""
    return await asyncpg.connect(driver_url(owner_url), timeout=10)


async def enter(connection: asyncpg.Connection, corporation: str) -> None:
    """For the rest of the transaction there is this corporation only, and it is leaving."""
    await connection.fetchrow(ENTER, corporation)


async def holdings(connection: asyncpg.Connection, corporation: str, opens: Opens) -> list[Holding]:
    """What each table holds of it, those that lead to others before them. Within `enter`."""
    return [await _holding(connection, table, corporation, opens) for table in await tables_of(connection)]


async def tables_of(connection: asyncpg.Connection) -> list[HeldTable]:
    """Every table whose rows are corporations', those that lead to others before them."""
    tables = {
        row["name"]: HeldTable(
            row["name"],
            dict(zip(row["columns"], row["types"], strict=True)),
            frozenset(name for name, full in zip(row["columns"], row["filled"], strict=True) if full),
            row["key"],
            row["above"],
        )
        for row in await connection.fetch(TABLES)
    }
    order = TopologicalSorter({name: set(table.above) & tables.keys() for name, table in tables.items()})
    return [tables[name] for name in reversed([*order.static_order()])]


async def copy(
    connection: asyncpg.Connection, holding: Holding, corporation: str, opens: Opens, folder: Path
) -> list[Copied]:
    """A line of JSON for each row, in the order of their ids, and a schema of such a line. Raises CannotTakeAlong."""
    lines = Copied(f"{holding.table.name}.jsonl", rows=0)
    with private(folder / lines.path) as file:
        async for line in _lines(connection, holding, corporation, opens):
            file.write(lines.add(line + b"\n"))
            lines.rows = (lines.rows or 0) + 1
    return [lines, write(folder, f"{holding.table.name}.schema.json", holding.schema)]


async def remove(connection: asyncpg.Connection, found: Sequence[Holding], corporation: str) -> None:
    """All of these rows. Raises NotRemoved where somebody keeps some all the same."""
    for holding in found:
        table = holding.table.name
        await connection.execute(f"DELETE FROM {table} WHERE corporation = $1", corporation)  # noqa: S608
        left = f"SELECT count(*) FROM {table} WHERE corporation = $1"  # noqa: S608
        if await connection.fetchval(left, corporation):
            raise NotRemoved(table)


@contextmanager
def private(path: Path) -> Iterator[BinaryIO]:
    """A file that is nobody else's to read, opened to be written, and on the disk afterwards."""
    path.touch(mode=0o600)
    with path.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def write(folder: Path, name: str, document: object) -> Copied:
    """A document in a file of its own."""
    copied = Copied(name)
    with private(folder / name) as file:
        file.write(copied.add(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"))
    return copied


async def _holding(
    connection: asyncpg.Connection, table: HeldTable, corporation: str, opens: Opens
) -> Holding:
    opened = [name for name in table.types if table.named(name) in opens]
    keyed = [name for name, kind in table.types.items() if kind.startswith("bytea") and name not in opened]
    texts = [name for name, kind in table.types.items() if kind == "text" and name not in opened]
    sealed = "".join(f", bool_or(starts_with({_quoted(name)}, '{SEALED}'))" for name in texts)
    count = f"SELECT count(*){sealed} FROM {table.name} WHERE corporation = $1"  # noqa: S608  its own names
    [(rows, *unreadable)] = await connection.fetch(count, corporation)
    keyed += [name for name, one in zip(texts, unreadable, strict=True) if one]
    return Holding(table, rows, await _shown(connection, table, corporation), opened, keyed)


async def _shown(connection: asyncpg.Connection, table: HeldTable, corporation: str) -> int:
    """How many of its rows every corporation may read, where row-level security says so."""
    await connection.fetchrow(ANYBODY, NO_CORPORATION)
    shown: int = await connection.fetchval(
        f"SELECT count(*) FROM {table.name} WHERE corporation = $1 AND row_security_active($2)",  # noqa: S608
        corporation,
        table.name,
    )
    await enter(connection, corporation)
    return shown


async def _lines(
    connection: asyncpg.Connection, holding: Holding, corporation: str, opens: Opens
) -> AsyncIterator[bytes]:
    table = holding.table
    plain = ", ".join(f"t.{_quoted(name)}" for name in holding.plain)
    opened = "".join(f", t.{_quoted(name)}" for name in holding.opened)
    order = ", ".join(f"t.{_quoted(name)}" for name in table.key or holding.plain)
    document = f"SELECT row_to_json(r)::text FROM (SELECT {plain}) r"  # noqa: S608  its own names
    query = f"SELECT ({document}){opened} FROM {table.name} t WHERE t.corporation = $1 ORDER BY {order}"  # noqa: S608
    openers = {name: opens[table.named(name)] for name in holding.opened}
    async for row in connection.cursor(query, corporation, prefetch=PAGE):
        line = str(row[0]).encode()
        if openers:
            said = {name: _opened(table.named(name), opener, row[name]) for name, opener in openers.items()}
            line = line[:-1] + b"," + orjson.dumps(said)[1:]
        yield line


def _opened(where: str, opener: Callable[[Any], object], sealed: Any) -> object:
    try:
        return opener(sealed) if sealed else None
    except Exception as error:
        raise CannotTakeAlong(where, error) from None


def _schema(kind: str, *, filled: bool, opened: bool) -> dict[str, Any]:
    if opened:
        return {"description": "Sealed with us, opened for you."}
    if kind.endswith("[]"):
        written: Mapping[str, Any] = {
            "type": "array",
            "items": dict(WRITTEN.get(kind[:-2], {"type": "string"})),
        }
    else:
        written = WRITTEN.get(kind, {"type": "string"})
    if filled or "type" not in written:
        return dict(written)
    return {**written, "type": [written["type"], "null"]}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
