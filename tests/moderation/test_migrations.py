"""Migrations that put right what is there: what was said before is read again, and a guess is none any more."""

from typing import Any

import pytest
from buurtthuis.core.settings import Settings
from buurtthuis_moderation.migrations import (
    moderation_0005_who_lived_there,
    moderation_0007_undetermined,
    moderation_0008_what_is_said_of_sessions,
)
from sqlalchemy import Connection, text

from tests.migrations import CORPORATIONS, as_owner, in_each, positions_after

SOURCES = ("notifications", "sessions", "surveys")
KINDS = ("post", "theme", "option")
WRITE = text(
    "INSERT INTO contents (id, house_id, kind, language, written_at, origin, state, pinned, findings, leaving, version)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), :kind, 'nl', now(), 'resident', 'published', false, '[]', false, 1)"
)
LANGUAGES = text("SELECT kind, language FROM contents")


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
    found = await positions_after(settings, "moderation", SOURCES, migration.upgrade)
    expected = dict.fromkeys(("notifications", "sessions", "surveys"), 7) | {anew: 0}
    assert found == dict.fromkeys(CORPORATIONS, expected)


async def test_in_which_language_an_idea_was_written_is_no_guess_any_more(settings: Settings) -> None:
    found = await as_owner(settings, "moderation", _guessed)
    expected = {"post": "nl", "theme": "und", "option": "und"}
    assert found == dict.fromkeys(CORPORATIONS, expected)


def _guessed(connection: Connection) -> dict[str, dict[str, str]]:
    in_each(connection, lambda one: one.execute(WRITE, [{"kind": kind} for kind in KINDS]))
    moderation_0007_undetermined.upgrade()
    return in_each(connection, _languages)


def _languages(connection: Connection) -> dict[str, str]:
    return {row.kind: row.language for row in connection.execute(LANGUAGES)}
