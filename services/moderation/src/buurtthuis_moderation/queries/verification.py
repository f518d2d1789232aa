"""Whether all trails of a deployment are as they were written."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from buurtthuis.core.corporations import Corporation
from buurtthuis.persistence.engine import Database

from buurtthuis_moderation.domain.trail import Fault, Trail
from buurtthuis_moderation.queries.trail import all_trails, fault_in

#: Else what is done meanwhile looks as if somebody had added it.
ONE_MOMENT = {"isolation_level": "REPEATABLE READ"}


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
    """Every trail, one after the other; those of a corporation as they were at one moment."""
    for corporation in corporations:
        async with database.transaction(corporation.slug) as session:
            await session.connection(execution_options=ONE_MOMENT)
            for trail in await all_trails(session):
                yield Verified(corporation.slug, trail, await fault_in(session, trail))
