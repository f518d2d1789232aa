"""A migration that has sessions read again what was said before it listened for that."""

from buurtthuis.core.settings import Settings
from buurtthuis_sessions.migrations import sessions_0012_neighbours as migration

from tests.migrations import CORPORATIONS, positions_after


async def test_who_joined_a_house_before_sessions_noted_it_is_a_neighbour_too(settings: Settings) -> None:
    found = await positions_after(settings, "sessions", ("notifications", "surveys"), _again)
    assert found == {slug: {"notifications": 0, "surveys": 7} for slug in CORPORATIONS}


def _again() -> None:
    migration.downgrade()
    migration.upgrade()
