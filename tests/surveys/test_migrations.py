"""A migration that finds themes of every corporation, and leaves them as they should be."""

from buurtthuis.core.settings import Settings
from buurtthuis_surveys.migrations import surveys_0002_campaigns
from sqlalchemy import Connection, text

from tests.migrations import CORPORATIONS, as_owner, in_each

STATES = ("proposed", "rejected", "withdrawn", "admitted", "answered")
INSERT = text(
    """
    INSERT INTO themes (id, house_id, title, origin, captured_via, state, version)
    VALUES (gen_random_uuid(), gen_random_uuid(), 'Koffie', 'resident', 'web', :state, 1)
    """
)


async def test_themes_from_before_are_listed_where_they_were_shown(settings: Settings) -> None:
    found = await as_owner(settings, "surveys", _there_and_back)
    assert found == {slug: {"admitted", "answered"} for slug in CORPORATIONS}


def _there_and_back(connection: Connection) -> dict[str, set[str]]:
    surveys_0002_campaigns.downgrade()
    in_each(connection, lambda one: one.execute(INSERT, [{"state": state} for state in STATES]))
    surveys_0002_campaigns.upgrade()
    return in_each(connection, _listed)


def _listed(connection: Connection) -> set[str]:
    return set(connection.scalars(text("SELECT state FROM themes WHERE listed")))
