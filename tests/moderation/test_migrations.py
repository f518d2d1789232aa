"""A migration that has moderation read again what was said before it listened for that."""

from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from buurtthuis.settings import Settings
from buurtthuis_moderation.migrations import (
    moderation_0005_who_lived_there,
    moderation_0008_what_is_said_of_sessions,
)
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

CORPORATIONS = ("woonpartners", "de-waterlelie")
ENTER = text("SELECT set_config('buurtthuis.corporation', :slug, true)")
READ = text(
    "INSERT INTO checkpoints (source, position) VALUES ('notifications', 7), ('sessions', 7), ('surveys', 7)"
)
PLACES = text("SELECT source, position FROM checkpoints")


@pytest.mark.parametrize(
    ("migration", "anew"),
    [
        (moderation_0005_who_lived_there, "notifications"),
        (moderation_0008_what_is_said_of_sessions, "sessions"),
    ],
)
async def test_what_was_said_before_moderation_listened_for_it_is_heard_too(
    settings: Settings, migration: Any, anew: str
) -> None:
    """As the owner of the tables, to whom row-level security shows no corporation at all."""
    url = settings.for_service("moderation").database_owner_url
    assert url
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(_upgraded, migration)
    await engine.dispose()
    expected = dict.fromkeys(("notifications", "sessions", "surveys"), 7) | {anew: 0}
    assert found == dict.fromkeys(CORPORATIONS, expected)


def _upgraded(connection: Connection, migration: Any) -> dict[str, dict[str, int]]:
    with Operations.context(MigrationContext.configure(connection)):
        for slug in CORPORATIONS:
            connection.execute(ENTER, {"slug": slug})
            connection.execute(READ)
        connection.execute(ENTER, {"slug": ""})
        migration.upgrade()
    return {slug: _places(connection, slug) for slug in CORPORATIONS}


def _places(connection: Connection, slug: str) -> dict[str, int]:
    connection.execute(ENTER, {"slug": slug})
    return {row.source: row.position for row in connection.execute(PLACES)}
