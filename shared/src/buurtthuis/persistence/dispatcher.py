"""Commands come in here: one command, one unit of work, one receipt."""

from collections.abc import Mapping

from buurtthuis.core.corporations import Corporation
from buurtthuis.core.errors import Refused
from buurtthuis.core.handlers import CommandHandler, outcome
from buurtthuis.core.work import Cause, Receipt
from buurtthuis.persistence.engine import Database, is_transient
from buurtthuis.persistence.erasure import check_not_erased
from buurtthuis.persistence.idempotency import IdempotencyKey, earlier_answer, release, remember
from buurtthuis.persistence.unit_of_work import SqlWork

#: A command that lost a deadlock or met a lost connection before anything was committed is tried this often.
TRIES = 3
RETRYABLE = ("40001", "40P01")


class Dispatcher:
    """Runs the commands of one service."""

    def __init__(self, handlers: Mapping[type, CommandHandler], database: Database) -> None:
        self.handlers = handlers
        self.database = database

    async def run(
        self, command: object, corporation: Corporation, cause: Cause, key: IdempotencyKey | None = None
    ) -> Receipt:
        """Do what `command` says and commit it with its events.

        The receipt is for what the handler's answer names. Raises the handler's Refused, having changed no more than
        what that keeps, or AskedToBeForgotten, having changed nothing; with `key`, a repeat gets the first answer."""
        for _ in range(TRIES - 1):
            try:
                return await self._once(command, corporation, cause, key)
            except Exception as error:
                if not _lost_a_race(error):
                    raise
        return await self._once(command, corporation, cause, key)

    async def _once(
        self, command: object, corporation: Corporation, cause: Cause, key: IdempotencyKey | None
    ) -> Receipt:
        async with self.database.work(corporation, cause) as work:
            await check_not_erased(work.session, cause.resident_id)
            earlier = await earlier_answer(work.session, key, work.now) if key else None
            if earlier:
                return earlier
            answer = await outcome(self.handlers[type(command)], command, work)
            work.record(answer)
            came_to = answer if isinstance(answer, Refused) else work.receipt(answer)
            if key:
                await _settle(key, came_to, work)
        if isinstance(came_to, Refused):
            raise came_to
        return came_to


async def _settle(key: IdempotencyKey, came_to: Receipt | Refused, work: SqlWork) -> None:
    """A repeat of what was refused is a new try."""
    if isinstance(came_to, Refused):
        await release(work.session, key)
    else:
        await remember(work.session, key, came_to)


def _lost_a_race(error: BaseException) -> bool:
    return is_transient(error) and getattr(getattr(error, "orig", None), "sqlstate", None) in RETRYABLE
