"""A migration that finds themes of every corporation, and leaves them as they should be."""

from alembic.migration import MigrationContext
from alembic.operations import Operations
from buurtthuis.settings import Settings
from buurtthuis_surveys.migrations import surveys_0002_campaigns
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

CORPORATIONS = ("woonpartners", "de-waterlelie")
STATES = ("proposed", "rejected", "withdrawn", "admitted", "answered")
ENTER = text("SELECT set_config('buurtthuis.corporation', :slug, true)")
INSERT = text(
    """
    INSERT INTO themes (id, house_id, title, origin, captured_via, state, version)
    VALUES (gen_random_uuid(), gen_random_uuid(), 'Koffie', 'resident', 'web', :state, 1)
    """
)


async def test_themes_from_before_are_listed_where_they_were_shown(settings: Settings) -> None:
    """As the owner of the tables, to whom row-level security shows no corporation at all."""
    url = settings.for_service("surveys").database_owner_url
    assert url
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        found = await connection.run_sync(_there_and_back)
    await engine.dispose()
    assert found == {slug: {"admitted", "answered"} for slug in CORPORATIONS}


def _there_and_back(connection: Connection) -> dict[str, set[str]]:
    with Operations.context(MigrationContext.configure(connection)):
        surveys_0002_campaigns.downgrade()
        for slug in CORPORATIONS:
            connection.execute(ENTER, {"slug": slug})
            connection.execute(INSERT, [{"state": state} for state in STATES])
        connection.execute(ENTER, {"slug": ""})
        surveys_0002_campaigns.upgrade()
    return {slug: _listed(connection, slug) for slug in CORPORATIONS}


def _listed(connection: Connection, slug: str) -> set[str]:
    connection.execute(ENTER, {"slug": slug})
    return set(connection.scalars(text("SELECT state FROM themes WHERE listed")))
