"""What is left on the disk of words that were erased."""

from uuid import uuid4

import asyncpg
from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.settings import Settings
from buurtthuis.core.work import Cause
from buurtthuis.events.notifications import ResidentErasureRequested
from buurtthuis.runtime.running_service import RunningService
from buurtthuis.testing import Playground
from buurtthuis_surveys.reactions import erase_the_resident

from tests import disk
from tests.people import an_idea
from tests.servers import RealServers


async def test_words_that_were_erased_are_in_no_row_of_the_disk_once_autovacuum_has_come(
    alone: Playground, servers: RealServers, settings: Settings
) -> None:
    """Alive or dead. Autovacuum comes to every table that has a single dead row; here its owner does not wait for it."""
    surveys, resident = alone.service("surveys"), uuid4()
    await an_idea(alone, "Taart bij Jansen", subject=resident)
    await alone.settled()
    request = ResidentErasureRequested(request_id=uuid4(), resident_id=resident)
    cause = Cause(SYSTEM)
    async with surveys.database.work(surveys.corporations["woonpartners"], cause) as work:
        work.record(await erase_the_resident(request, work))
    assert b"Taart bij Jansen" in await everywhere(servers, surveys)
    owner = settings.for_service("surveys").database_owner_url.replace("+asyncpg", "")
    connection = await asyncpg.connect(owner)
    unset = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND "
        "reloptions @> ARRAY['autovacuum_vacuum_threshold=0', 'autovacuum_vacuum_scale_factor=0'] IS NOT TRUE"
    )
    assert unset == []
    await connection.execute("VACUUM")
    await connection.close()
    assert b"Taart bij Jansen" not in await everywhere(servers, surveys)


async def everywhere(servers: RealServers, surveys: RunningService) -> bytes:
    """All rows that the pages of our tables point at."""
    files = [await disk.table(servers, surveys, name) for name in ("themes", "journal", "parked_events")]
    return b"".join(row.data for file in files for row in disk.tuples(file))
