"""A migration that has sessions read again what was said before it listened for that."""

from alembic.migration import MigrationContext
from alembic.operations import Operations
from buurtthuis.settings import Settings
from buurtthuis_sessions.migrations import sessions_0012_neighbours as migration
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

CORPORATIONS = ("woonpartners", "de-waterlelie")
ENTER = text("SELECT set_config('buurtthuis.corporation', :slug, true)")
READ = text("INSERT INTO checkpoints (source, position) VALUES ('notifications', 7), ('surveys', 7)")
PLACES = text("SELECT source, position FROM checkpoints")


async def test_who_joined_a_house_before_sessions_noted_it_is_a_neighbour_too(settings: Settings) -> None:
    """As the owner of the tables, to whom row-level security shows no corporation at all."""
    url = settings.for_service("sessions").database_owner_url
    assert url
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(_upgraded)
    await engine.dispose()
    assert found == {slug: {"notifications": 0, "surveys": 7} for slug in CORPORATIONS}


def _upgraded(connection: Connection) -> dict[str, dict[str, int]]:
    with Operations.context(MigrationContext.configure(connection)):
        migration.downgrade()
        for slug in CORPORATIONS:
            connection.execute(ENTER, {"slug": slug})
            connection.execute(READ)
        connection.execute(ENTER, {"slug": ""})
        migration.upgrade()
    return {slug: _places(connection, slug) for slug in CORPORATIONS}


def _places(connection: Connection, slug: str) -> dict[str, int]:
    connection.execute(ENTER, {"slug": slug})
    return {row.source: row.position for row in connection.execute(PLACES)}
