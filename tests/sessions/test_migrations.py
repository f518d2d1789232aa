"""A migration that finds the reasons in sentences that were Dutch for everybody."""

from uuid import UUID

from alembic.migration import MigrationContext
from alembic.operations import Operations
from buurtthuis.settings import Settings
from buurtthuis_sessions.migrations import sessions_0011_because as migration
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

HOUSE = UUID(int=1)
ENTER = text("SELECT set_config('buurtthuis.corporation', :slug, true)")
A_HOUSE = text(
    "INSERT INTO houses (id, title, town, dwellings, reason, version)"
    " VALUES (:id, 'Wingerd', 'Waddinxveen', 9, 'Geen animo.', 1)"
)
A_SERIES = text(
    "INSERT INTO series (id, house_id, title, state, reason, hosts, standing, left_out, version)"
    " VALUES (:id, :house, 'Koffie', 'stopped', :reason, '{}', '{}', '{}', 1)"
)
WAS = {
    "De zaal is dicht.": ("De zaal is dicht.", None),
    "Deze reeks ligt even stil.": (None, "series_paused"),
    "De mensen die er waren, willen dit niet meer.": (None, "no_more_wanted"),
    "Wingerd is gestopt: Geen animo.": ("Geen animo.", "house_stopped"),
}


async def test_reasons_that_were_sentences_in_dutch_are_codes_and_what_somebody_wrote(
    settings: Settings,
) -> None:
    """As the owner of the tables, to whom row-level security shows no corporation at all."""
    url = settings.for_service("sessions").database_owner_url
    assert url
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(_upgraded)
    await engine.dispose()
    assert found == list(WAS.values())


def _upgraded(connection: Connection) -> list[tuple[str | None, str | None]]:
    with Operations.context(MigrationContext.configure(connection)):
        migration.downgrade()
        connection.execute(ENTER, {"slug": "woonpartners"})
        connection.execute(A_HOUSE, {"id": HOUSE})
        for number, reason in enumerate(WAS):
            connection.execute(A_SERIES, {"id": UUID(int=number), "house": HOUSE, "reason": reason})
        connection.execute(ENTER, {"slug": ""})
        migration.upgrade()
        connection.execute(ENTER, {"slug": "woonpartners"})
    rows = connection.execute(text("SELECT reason, because FROM series ORDER BY id"))
    return [(row.reason, row.because) for row in rows]
