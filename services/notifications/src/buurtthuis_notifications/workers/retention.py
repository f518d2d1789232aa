"""Taking away what nobody needs any more: codes that ran out and the messages that brought them, sign-ins that ended,
counts of an hour ago, what came of webhooks, and what was told two years ago."""

from datetime import timedelta

from buurtthuis.core.corporations import Corporation
from buurtthuis.runtime.workers import Worker, Workplace

from buurtthuis_notifications.parts import Parts
from buurtthuis_notifications.storage.retention import delete_some, to_delete


async def purge(running: Workplace[Parts], corporation: Corporation) -> int:
    """Some of it; says how much that was."""
    async with running.database.transaction(corporation.slug) as session:
        return await delete_some(session, await running.database.time(session))


worker = Worker(purge, looks_for=to_delete, every=timedelta(hours=1), eager=False)
