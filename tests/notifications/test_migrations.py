"""A migration that finds what every corporation was told before, and shows it to fewer."""

from alembic.migration import MigrationContext
from alembic.operations import Operations
from buurtthuis.events import Audience
from buurtthuis.settings import Settings
from buurtthuis_notifications.migrations import notifications_0009_deliveries_from_before as migration
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

CORPORATIONS = ("woonpartners", "de-waterlelie")
ENTER = text("SELECT set_config('buurtthuis.corporation', :slug, true)")
INSERT = text(
    """
    INSERT INTO journal (event_id, type, subject, audience, actor, time, data)
    VALUES (gen_random_uuid(), 'nl.buurtthuis.notifications.' || :name, gen_random_uuid(), :rank, 'system', now(), '{}')
    """
)
NAMES = ("hand-delivery-requested.v1", "hand-delivery-done.v1", "delivery-failed.v1")


async def test_what_was_said_before_of_whom_something_is_brought_to_is_shown_to_no_staff(
    settings: Settings,
) -> None:
    """They see the address beside the delivery's id."""
    url = settings.for_service("notifications").database_owner_url
    engine = create_async_engine(url)
    async with engine.connect() as connection:  # and nothing of it stays
        found = await connection.run_sync(_shown)
    await engine.dispose()
    assert found == {slug: {"delivery-failed.v1"} for slug in CORPORATIONS}


def _shown(connection: Connection) -> dict[str, set[str]]:
    for slug in CORPORATIONS:
        connection.execute(ENTER, {"slug": slug})
        connection.execute(INSERT, [{"name": name, "rank": Audience.STAFF.rank} for name in NAMES])
    connection.execute(ENTER, {"slug": ""})
    with Operations.context(MigrationContext.configure(connection)):
        migration.upgrade()
    return {slug: _types(connection, slug) for slug in CORPORATIONS}


def _types(connection: Connection, slug: str) -> set[str]:
    connection.execute(ENTER, {"slug": slug})
    seen = text("SELECT type FROM journal WHERE audience <= :rank AND type LIKE '%deliver%'")
    types = connection.scalars(seen, {"rank": Audience.STAFF.rank})
    return {name.removeprefix("nl.buurtthuis.notifications.") for name in types}
