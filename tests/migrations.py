"""Migrations of a service, tried as the owner of its tables, to whom row-level security shows no corporation at all."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from alembic.migration import MigrationContext
from alembic.operations import Operations
from buurtthuis.core.settings import Settings
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

T = TypeVar("T")
CORPORATIONS = ("woonpartners", "de-waterlelie")
ENTER = text("SELECT set_config('buurtthuis.corporation', :slug, true)")
READ = text("INSERT INTO checkpoints (source, position) VALUES (:source, 7)")
PLACES = text("SELECT source, position FROM checkpoints")


async def as_owner(settings: Settings, service: str, do: Callable[[Connection], T]) -> T:
    """What comes of this where migrations can be run; nothing of it stays."""
    url = settings.for_service(service).database_owner_url
    assert url
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(_with_operations, do)
    await engine.dispose()
    return found


def in_each(connection: Connection, do: Callable[[Connection], T]) -> dict[str, T]:
    """What comes of this in every corporation; after it we are in none, as a migration is."""
    found = {}
    for slug in CORPORATIONS:
        enter(connection, slug)
        found[slug] = do(connection)
    enter(connection, "")
    return found


def enter(connection: Connection, slug: str) -> None:
    """Be in this corporation, or with "" in none."""
    connection.execute(ENTER, {"slug": slug})


async def positions_after(
    settings: Settings, service: str, sources: Sequence[str], migrate: Callable[[], None]
) -> dict[str, dict[str, int]]:
    """Where every corporation goes on reading these after the migration, where it was at 7 before."""

    def migrated(connection: Connection) -> dict[str, dict[str, int]]:
        in_each(connection, lambda one: one.execute(READ, [{"source": source} for source in sources]))
        migrate()
        return in_each(connection, _places)

    return await as_owner(settings, service, migrated)


def _places(connection: Connection) -> dict[str, int]:
    return {row.source: row.position for row in connection.execute(PLACES)}


def _with_operations(connection: Connection, do: Callable[[Connection], T]) -> T:
    with Operations.context(MigrationContext.configure(connection)):
        return do(connection)
