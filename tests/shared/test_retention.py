"""What nobody needs any more is found in all corporations at once, and deleted."""

from datetime import timedelta

import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.domain.allowances import AN_HOUR
from buurtthuis.persistence.engine import Database
from buurtthuis.runtime.retention import Outlived, delete_some
from buurtthuis.runtime.service import Service
from buurtthuis_sessions.app import service as sessions
from buurtthuis_sessions.domain.codes import TRIES_WITHIN
from buurtthuis_sessions.storage import retention as of_sessions
from buurtthuis_surveys.app import service as surveys
from buurtthuis_surveys.storage import retention as of_surveys
from sqlalchemy import text

from tests.shared.rooms import OURS, THEIRS

TRIES = [
    pytest.param(
        surveys, of_surveys.outlived, "guesses", "used", AN_HOUR, marks=pytest.mark.starts("surveys")
    ),
    pytest.param(
        sessions,
        of_sessions.outlived,
        "wrong_codes",
        "wrong",
        TRIES_WITHIN,
        marks=pytest.mark.starts("sessions"),
    ),
]


@pytest.mark.parametrize(("service", "outlived", "table", "count", "within"), TRIES)
async def test_tries_that_count_no_more_are_found_and_deleted(
    settings: Settings, service: Service, outlived: Outlived, table: str, count: str, within: timedelta
) -> None:
    database = Database(settings.for_service(service.name).database_url)
    now = database.clock()
    moments = {OURS: (now - within, now - within / 2), THEIRS: (now,)}
    made = text(f"INSERT INTO {table} (id, since, {count}, version) VALUES (gen_random_uuid(), :since, 1, 0)")
    for slug, since in moments.items():
        async with database.transaction(slug) as session:
            await session.execute(made, [{"since": moment} for moment in since])
    [look] = [look for look in service.looks if look.name == "purge"]
    assert (await database.who_has_work([look.name]))[look.name] == {OURS: 1}
    async with database.transaction(OURS) as session:
        assert await delete_some(session, outlived, now) == 1
        assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 1
    await database.close()
