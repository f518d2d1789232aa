"""What is tried again: how often, with which pauses, and by hand what was parked."""

import asyncio
from uuid import UUID

from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.errors import KeyReused, NotFound, Refused, why
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.tasks import stop_if_cancelled
from buurtthuis.core.work import Cause, Receipt
from buurtthuis.eventlog import dead_letters
from buurtthuis.eventlog.reactions import react
from buurtthuis.events import Audience
from buurtthuis.persistence.engine import Database, is_transient
from buurtthuis.persistence.idempotency import IdempotencyKey, earlier_answer, remember

#: A reaction is tried this often before its event is parked: once with its batch, then alone.
ATTEMPTS = 5
LONGEST_PAUSE = 5.0


class StillFailing(Refused):
    """The reaction failed again, so the event stays parked: {why}."""


async def retry_parked(
    database: Database,
    corporation: Corporation,
    handlers: Handlers,
    id: UUID,
    key: IdempotencyKey | None = None,
    audience: Audience = Audience.SYSTEM,
) -> None:
    """Let a reaction try its parked event once more; success takes the event away, in the same transaction.

    Raises NotFound, also where `audience` may not see it, or StillFailing; with `key`, a repeat of what succeeded succeeds."""
    try:
        async with database.work(corporation, Cause(SYSTEM)) as work:
            if key and await earlier_answer(work.session, key, work.now):
                return
            name, envelope = await dead_letters.take(work.session, id, audience)
            await react(handlers.reactions[name], envelope, work)
            if key:
                await remember(work.session, key, Receipt(id, version=0))
    except (NotFound, KeyReused):
        raise
    except Exception as error:
        if is_transient(error):  # the database is away: that says nothing about the reaction
            raise
        raise StillFailing(why=why(error)) from error


class Pause:
    """Waits a little longer each time."""

    def __init__(self) -> None:
        self._seconds = 0.05

    async def __call__(self) -> None:
        stop_if_cancelled()
        await asyncio.sleep(self._seconds)
        self._seconds = min(self._seconds * 2, LONGEST_PAUSE)
