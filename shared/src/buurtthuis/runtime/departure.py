"""A corporation leaves: all that services hold of it goes into a package that it takes along, and nothing stays here.

Of each service a part is written, and its rows are removed in the transaction that they were read in: what is in the
part is what was removed. Cut anywhere it can be done again: whether a part's rows are gone says its transaction.
"""

import asyncio
import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, RedisError, ResponseError

from buurtthuis.core.corporations import Corporation
from buurtthuis.core.settings import Settings, SettingsError
from buurtthuis.eventlog import asyncapi
from buurtthuis.eventlog.streams import connect
from buurtthuis.persistence import holdings
from buurtthuis.persistence.holdings import CannotTakeAlong, Holding, NotRemoved, Opens
from buurtthuis.runtime.corporations_file import LOOK_SECONDS
from buurtthuis.runtime.service import Service

#: Until every process has read that it left, and done what it had in hand, in seconds.
NOTICED_SECONDS = 3 * LOOK_SECONDS + 1
#: So long it has to stay away before it is believed to be gone: whoever works for it still tells readers' marks more often.
QUIET_SECONDS = 7.0
#: How often what came back is removed once more.
ROUNDS = 3
#: How often a transaction that met others is tried.
TRIES = 5
MANIFEST = "manifest.json"
PART = "part.json"
UNDER_WAY = ".part"
#: Somebody else was at the same rows.
MET_OTHERS = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)


class ComesBack(Exception):
    """Something still works for a corporation that left, and made anew what was removed."""

    def __init__(self, slug: str, what: Sequence[str]) -> None:
        super().__init__(
            f"Something still works for {slug}, and made anew what was removed ({', '.join(what)}): a process that does "
            "not read this corporations file, or reads another. Restart it, and do this again."
        )


@dataclass
class Departure:
    """One corporation's, with the services that are looked after from here."""

    slug: str
    corporation: Corporation | None
    services: Sequence[Service]
    settings: Settings
    redis_url: str
    package: Path
    tell: Callable[[str], None]

    @property
    def began(self) -> bool:
        """Whether its package was begun with."""
        return (self.package / MANIFEST).exists()

    async def is_held(self) -> bool:
        """Whether there is anything of it. Raises SettingsError where something is away that it takes to let it leave."""
        for service in self.services:
            self._opens(service)
        return any(sum(rows.values()) for rows in (await self._left()).values()) or bool(await self._keys())

    async def leave(self) -> None:
        """Take all along, remove it, and see that it stays away. Raises SettingsError, CannotTakeAlong, ComesBack."""
        self.open_package()
        with self._alone():
            for service in self.services:
                await self._settle(service)
            await asyncio.sleep(NOTICED_SECONDS)
            await self._remove_until_it_stays_away()

    async def _remove_until_it_stays_away(self) -> None:
        left: list[str] = []
        for _ in range(ROUNDS):
            for service in self.services:
                await self._take_along(service)
            await self._forget_keys()
            self._write_manifest({})
            await asyncio.sleep(QUIET_SECONDS)
            rows, keys = await self._left(), await self._keys()
            left = [
                f"{service}.{name}" for service in rows for name, many in rows[service].items() if many
            ] + keys
            if not left:
                self._write_manifest(_proof(rows))
                self.tell(f"{sum(map(len, rows.values()))} tables have no row of it, and Redis has no key.")
                return
        raise ComesBack(self.slug, left[:5])

    # The package

    def open_package(self) -> None:
        """Raises SettingsError where something else is in the folder."""
        manifest = self.package / MANIFEST
        try:
            self.package.mkdir(mode=0o700, parents=True, exist_ok=True)
            theirs = orjson.loads(manifest.read_bytes()) if manifest.exists() else None
            if any(self.package.iterdir()) if theirs is None else theirs["slug"] != self.slug:
                raise SettingsError(f"{self.package} has something else in it: name a folder of its own.")
        except OSError as error:
            raise SettingsError(f"{self.package}: {error.strerror}.") from None
        if theirs is None:
            self._write_manifest({})

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Raises SettingsError where somebody else is at it."""
        folder = os.open(self.package, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise SettingsError(f"Somebody else is writing {self.package}.") from None
        finally:
            os.close(folder)

    def _write_manifest(self, proof: Mapping[str, Any]) -> None:
        path, before = self.package / MANIFEST, {}
        if path.exists():
            before = orjson.loads(path.read_bytes())
        whose = self.corporation.model_dump(mode="json") if self.corporation else before.get("corporation")
        document = {
            "what": "All that BuurtThuis held of one corporation: a line of JSON for each row, a schema for each table.",
            "version": 1,
            "slug": self.slug,
            "corporation": whose,
            "parts": self._parts(),
            "removed": {**before.get("removed", {}), **proof},
        }
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        holdings.write(self.package, new.name, document)
        new.replace(path)

    def _parts(self) -> list[Any]:
        found = sorted(self.package.glob(f"*/{PART}"))
        return [
            {"folder": path.parent.name, **orjson.loads(path.read_bytes())}
            for path in found
            if path.parent.suffix != UNDER_WAY
        ]

    # Databases

    async def _settle(self, service: Service) -> None:
        """A part that was under way when this was cut: its rows are gone if its transaction was committed."""
        under_way = self._under_way(service)
        if (under_way / PART).exists():
            part = orjson.loads((under_way / PART).read_bytes())
            async with self._owner(service) as connection:
                if await _was_committed(connection, part["transaction"]):
                    self._keep(service)
                    return
        shutil.rmtree(under_way, ignore_errors=True)

    async def _take_along(self, service: Service) -> None:
        opens = self._opens(service)
        async with self._owner(service) as connection:
            for last in (*[False] * (TRIES - 1), True):
                try:
                    if await self._take_part(service, connection, opens):
                        self._keep(service)
                    return
                except (*MET_OTHERS, CannotTakeAlong, NotRemoved) as error:
                    shutil.rmtree(self._under_way(service), ignore_errors=True)
                    if last or not isinstance(error, MET_OTHERS):
                        raise

    async def _take_part(self, service: Service, connection: asyncpg.Connection, opens: Opens) -> bool:
        """Everything in one transaction, that sees nothing of what comes meanwhile; says whether there was anything."""
        async with connection.transaction(isolation="repeatable_read"):
            await holdings.enter(connection, self.slug)
            found = await holdings.holdings(connection, self.slug, opens)
            if not any(holding.rows for holding in found):
                return False
            await self._write_part(service, connection, found, opens)
            await holdings.remove(connection, found, self.slug)
        return True

    async def _write_part(
        self, service: Service, connection: asyncpg.Connection, found: Sequence[Holding], opens: Opens
    ) -> None:
        folder = self._under_way(service)
        folder.mkdir(mode=0o700)
        contract = asyncapi.specification(service.name, service.summary)
        files = [holdings.write(folder, "events.asyncapi.json", contract)]
        full = sorted((holding for holding in found if holding.rows), key=lambda holding: holding.table.name)
        for holding in full:
            files += await holdings.copy(connection, holding, self.slug, opens, folder)
        part = {
            "service": service.name,
            "taken_at": datetime.now(UTC).isoformat(),
            "transaction": await connection.fetchval("SELECT pg_current_xact_id()::text"),
            "rows": {holding.table.name: holding.rows for holding in full},
            "withheld": [holding.table.named(name) for holding in full for name in holding.withheld],
            "opened": [holding.table.named(name) for holding in full for name in holding.opened],
            "shown_to_all": {holding.table.name: holding.shown for holding in full if holding.shown},
            "files": [copied.facts for copied in files],
        }
        holdings.write(folder, PART, part)

    def _say(self, part: Mapping[str, Any]) -> None:
        rows = part["rows"]
        self.tell(
            f"{part['service']}: {sum(rows.values())} rows of {len(rows)} tables go along, and are gone here."
        )
        for table, many in part["shown_to_all"].items():
            self.tell(
                f"  {many} of its {table} were shown to all, and are no more; what others made of them is theirs."
            )

    def _opens(self, service: Service) -> Opens:
        return service.opens(self.settings.for_service(service.name)) if service.opens else {}

    def _under_way(self, service: Service) -> Path:
        return self.package / f"{service.name}{UNDER_WAY}"

    def _keep(self, service: Service) -> None:
        """Nothing is written over: what came back later is a part of its own."""
        number, name = 1, service.name
        while (self.package / name).exists():
            number += 1
            name = f"{service.name}-{number}"
        kept = self._under_way(service).rename(self.package / name)
        self._say(orjson.loads((kept / PART).read_bytes()))

    async def _left(self) -> dict[str, dict[str, int]]:
        """How many rows each table of each service has of it."""
        left: dict[str, dict[str, int]] = {}
        for service in self.services:
            async with self._owner(service) as connection, connection.transaction():
                await holdings.enter(connection, self.slug)
                found = await holdings.holdings(connection, self.slug, {})
                left[service.name] = {holding.table.name: holding.rows for holding in found}
        return left

    @asynccontextmanager
    async def _owner(self, service: Service) -> AsyncIterator[asyncpg.Connection]:
        url, connection = self.settings.for_service(service.name).database_owner_url, None
        try:
            connection = await holdings.connect(url)
            yield connection
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise SettingsError(
                f"{service.name} is as it was: {str(error) or type(error).__name__}. DATABASE_OWNER_URL has to lead to it as "
                "the owner of its tables. Do this again when that is mended."
            ) from None
        finally:
            if connection:
                await connection.close(timeout=5)

    # Redis

    async def _keys(self) -> list[str]:
        """Its streams, and what is noted beside them."""
        async with self._redis() as redis:
            found = [key async for key in redis.scan_iter(f"buurtthuis:{{{self.slug}}}:*", count=1000)]
        return sorted(key.decode() for key in found)

    async def _forget_keys(self) -> None:
        keys = await self._keys()
        if keys:
            async with self._redis() as redis:
                await redis.delete(*keys)
                try:
                    await redis.bgrewriteaof()
                except (NoPermissionError, ResponseError):
                    self.tell(
                        "Redis: what was removed is in its append-only file until that is written anew."
                    )
        self.tell(f"Redis: {len(keys)} keys removed.")

    @asynccontextmanager
    async def _redis(self) -> AsyncIterator[Redis]:
        redis = connect(self.redis_url)
        try:
            yield redis
        except NoPermissionError:
            raise SettingsError(
                "This user of Redis may not see all keys of a corporation: name one that may with REDIS_ADMIN_URL."
            ) from None
        except (OSError, RedisError) as error:
            raise SettingsError(f"Redis does not answer ({type(error).__name__}): do this again.") from None
        finally:
            await redis.aclose()


async def _was_committed(connection: asyncpg.Connection, transaction: str) -> bool:
    """Raises SettingsError where the database is another one: nobody knows then."""
    while True:
        try:
            status = await connection.fetchval("SELECT pg_xact_status($1::text::xid8)", transaction)
        except asyncpg.PostgresError:
            raise SettingsError("This is not the database that the package was taken from.") from None
        if status != "in progress":
            return bool(status != "aborted")  # one that is forgotten is long ago: the part is kept
        await asyncio.sleep(0.1)


def _proof(rows: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    seen_at = datetime.now(UTC).isoformat()
    services = {
        service: {"seen_at": seen_at, "tables": sorted(tables), "rows_left": sum(tables.values())}
        for service, tables in rows.items()
    }
    return {**services, "redis": {"seen_at": seen_at, "keys_left": 0}}
