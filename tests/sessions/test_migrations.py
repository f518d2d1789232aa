"""A migration that finds the reasons in sentences that were Dutch for everybody."""

from uuid import UUID

from buurtthuis.core.settings import Settings
from buurtthuis_sessions.migrations import sessions_0011_because as migration
from sqlalchemy import Connection, text

from tests.migrations import as_owner, enter

HOUSE = UUID(int=1)
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
    found = await as_owner(settings, "sessions", _upgraded)
    assert found == list(WAS.values())


def _upgraded(connection: Connection) -> list[tuple[str | None, str | None]]:
    migration.downgrade()
    enter(connection, "woonpartners")
    connection.execute(A_HOUSE, {"id": HOUSE})
    for number, reason in enumerate(WAS):
        connection.execute(A_SERIES, {"id": UUID(int=number), "house": HOUSE, "reason": reason})
    enter(connection, "")
    migration.upgrade()
    enter(connection, "woonpartners")
    rows = connection.execute(text("SELECT reason, because FROM series ORDER BY id"))
    return [(row.reason, row.because) for row in rows]
