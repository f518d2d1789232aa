"""Whether all trails of a deployment are as they were written."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from buurtthuis.corporations import Corporation
from buurtthuis.database import Database

from buurtthuis_moderation.domain.trail import Fault, Trail
from buurtthuis_moderation.queries.trail import all_trails, fault_in


@dataclass(frozen=True)
class Verified:
    """One trail, and where it is broken first, if anywhere."""

    corporation: str
    trail: Trail
    fault: Fault | None

    def __str__(self) -> str:
        where = f"{self.corporation}, page {self.trail.house_id}"
        if self.fault:
            return f"{where}: entry {self.fault.number} {self.fault.what}"
        return f"{where}: {self.trail.entries} entries, {self.trail.digest}"


async def verify(database: Database, corporations: Iterable[Corporation]) -> AsyncIterator[Verified]:
    """Every trail, one after the other; each as it is at one moment."""
    for corporation in corporations:
        async with database.transaction(corporation.slug) as session:
            for trail in await all_trails(session):
                yield Verified(corporation.slug, trail, await fault_in(session, trail))
