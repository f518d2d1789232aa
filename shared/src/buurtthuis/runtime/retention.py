"""What a service does not need any more after a while: it says which rows those are, and they are deleted by themselves."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, CompoundSelect, Table, delete, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis.core.corporations import Corporation
from buurtthuis.persistence.looking import Now
from buurtthuis.runtime.workers import Worker, Workplace

#: Which rows of which tables were outlived by that moment. Each table has an `id`, and an index that leads to them.
Outlived: TypeAlias = Callable[[Now], Sequence[tuple[Table, ColumnElement[bool]]]]

#: Rows of one kind in one transaction.
SOME = 1000


def purger(outlived: Outlived) -> Worker:
    """A worker that deletes them, some at a time, within an hour."""

    def to_delete(now: Now) -> CompoundSelect[Any]:
        return union_all(*(select(table.c.id).where(old) for table, old in outlived(now)))

    async def purge(running: Workplace, corporation: Corporation) -> int:
        async with running.database.transaction(corporation.slug) as session:
            return await delete_some(session, outlived, await running.database.time(session))

    return Worker(purge, looks_for=to_delete, every=timedelta(hours=1), eager=False)


async def delete_some(session: AsyncSession, outlived: Outlived, now: datetime) -> int:
    """Of each kind; says how many rows that were."""
    deleted = 0
    for table, old in outlived(now):
        some = select(table.c.id).where(old).limit(SOME)
        done: Any = await session.execute(delete(table).where(table.c.id.in_(some)))
        deleted += done.rowcount
    return deleted
