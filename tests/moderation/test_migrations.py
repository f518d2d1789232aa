"""Migrations that put right what is there: what was said before is read again, and a guess is none any more."""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from buurtthuis.settings import Settings
from buurtthuis_moderation.migrations import (
    moderation_0005_who_lived_there,
    moderation_0007_undetermined,
    moderation_0008_what_is_said_of_sessions,
)
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

T = TypeVar("T")
CORPORATIONS = ("woonpartners", "de-waterlelie")
ENTER = text("SELECT set_config('buurtthuis.corporation', :slug, true)")
READ = text(
    "INSERT INTO checkpoints (source, position) VALUES ('notifications', 7), ('sessions', 7), ('surveys', 7)"
)
WRITE = text(
    "INSERT INTO contents (id, house_id, kind, language, written_at, origin, state, pinned, findings, leaving, version)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), :kind, 'nl', now(), 'resident', 'published', false, '[]', false, 1)"
)
LANGUAGES = text("SELECT kind, language FROM contents")
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
    found = await _as_owner(settings, lambda connection: _upgraded(connection, migration))
    expected = dict.fromkeys(("notifications", "sessions", "surveys"), 7) | {anew: 0}
    assert found == dict.fromkeys(CORPORATIONS, expected)


async def test_in_which_language_an_idea_was_written_is_no_guess_any_more(settings: Settings) -> None:
    found = await _as_owner(settings, _guessed)
    expected = {"post": "nl", "theme": "und", "option": "und"}
    assert found == dict.fromkeys(CORPORATIONS, expected)


async def _as_owner(settings: Settings, do: Callable[[Connection], T]) -> T:
    """Nothing of it stays."""
    url = settings.for_service("moderation").database_owner_url
    assert url
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(do)
    await engine.dispose()
    return found


def _guessed(connection: Connection) -> dict[str, dict[str, str]]:
    with Operations.context(MigrationContext.configure(connection)):
        for slug in CORPORATIONS:
            connection.execute(ENTER, {"slug": slug})
            for kind in ("post", "theme", "option"):
                connection.execute(WRITE, {"kind": kind})
        connection.execute(ENTER, {"slug": ""})
        moderation_0007_undetermined.upgrade()
    return {slug: _languages(connection, slug) for slug in CORPORATIONS}


def _languages(connection: Connection, slug: str) -> dict[str, str]:
    connection.execute(ENTER, {"slug": slug})
    return {row.kind: row.language for row in connection.execute(LANGUAGES)}


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
