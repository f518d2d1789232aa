"""Commands come in here: one command, one unit of work, one receipt."""

from collections.abc import Callable, Mapping

from buurtthuis.core.corporations import Corporation
from buurtthuis.core.handlers import CommandHandler, outcome
from buurtthuis.core.work import Cause, Receipt
from buurtthuis.persistence.engine import Database, is_transient
from buurtthuis.persistence.erasure import check_not_erased
from buurtthuis.persistence.idempotency import IdempotencyKey, earlier_answer, release, remember

#: A command that lost a deadlock or met a lost connection before anything was committed is tried this often.
TRIES = 3
RETRYABLE = ("40001", "40P01")


class Dispatcher:
    """Runs the commands of one service."""

    def __init__(
        self,
        handlers: Mapping[type, CommandHandler],
        database: Database,
        on_committed: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.handlers = handlers
        self.database = database
        self._on_committed = on_committed

    async def run(
        self, command: object, corporation: Corporation, cause: Cause, key: IdempotencyKey | None = None
    ) -> Receipt:
        """Do what `command` says and commit it with its events.

        The receipt is for the aggregate of the first event; a command about which nobody is told is answered
        with what it looked at first. Raises the handler's Refused, or AskedToBeForgotten, having changed nothing; with `key`, a repeat gets the first answer."""
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
            happened, refused = await outcome(self.handlers[type(command)], command, work)
            receipt = work.receipt(work.record(happened))
            if key and refused:
                await release(work.session, key)
            elif key:
                await remember(work.session, key, receipt)
        self._on_committed(corporation.slug)
        if refused:
            raise refused
        return receipt


def _lost_a_race(error: BaseException) -> bool:
    return is_transient(error) and getattr(getattr(error, "orig", None), "sqlstate", None) in RETRYABLE
