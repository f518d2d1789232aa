"""A connection that belongs to one corporation, for as long as a transaction of it lasts."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import asyncpg

from buurtthuis.core.houses import ALL_HOUSES, Houses

#: A process that is stopped in mid-transaction loses its locks after this long, so that another can go on.
IDLE_IN_TRANSACTION_MS = 10_000
#: One that is stopped between two messages of a statement is not idle to PostgreSQL; from version 17 on this ends it.
LONGEST_TRANSACTION_MS = 45_000
#: What works by itself waits no longer for a row that somebody else holds: it gives its connection back, and tries again.
LONGEST_WAIT_MS = 2_000
#: What belongs to the deployment has rows of its own, behind the same wall; never a corporation's slug.
NO_CORPORATION = "-"
#: The corporation of the transaction that begins next in this context.
CORPORATION: ContextVar[str | None] = ContextVar("corporation", default=None)
#: And of which of its houses it sees rows.
HOUSES: ContextVar[Houses] = ContextVar("houses", default=ALL_HOUSES)
#: Whether what happens in this context is what nobody waits for: see `by_itself`.
BY_ITSELF: ContextVar[bool] = ContextVar("by_itself", default=False)


@contextmanager
def by_itself() -> Iterator[None]:
    """For reactions, timers and workers: all of them together never take every connection, and hold none for long.

    Whoever asked for something waits for a connection; what works by itself can wait for ever."""
    before = BY_ITSELF.set(True)
    try:
        yield
    finally:
        BY_ITSELF.reset(before)


class CorporationConnection(asyncpg.Connection):
    """Begins a transaction and says for which corporation it is in one round trip.

    Without a corporation a transaction begins all the same; whatever it then asks of a table fails."""

    async def execute(self, query: str, *args: object, timeout: float | None = None) -> str:  # noqa: ASYNC109  asyncpg's own
        """asyncpg begins a transaction by executing this."""
        corporation = CORPORATION.get()
        if corporation and query.startswith("BEGIN"):
            slug = corporation.replace("'", "''")
            query = f"{query} {ENTER.format(slug=slug, idle=IDLE_IN_TRANSACTION_MS)}"
            if BY_ITSELF.get():
                query += PATIENCE.format(longest=LONGEST_WAIT_MS)
            if self.get_server_version() >= (17,):
                query += LIMIT.format(longest=LONGEST_TRANSACTION_MS)
            only = HOUSES.get().only
            if only is not None:
                query += OF_HOUSES.format(houses=",".join(map(str, only)))
        return await super().execute(query, *args, timeout=timeout)


ENTER = (
    "SELECT set_config('buurtthuis.corporation', '{slug}', true), "
    "set_config('idle_in_transaction_session_timeout', '{idle}', true)"
)
OF_HOUSES = ", set_config('buurtthuis.houses', '{{{houses}}}', true)"
PATIENCE = ", set_config('lock_timeout', '{longest}', true)"
LIMIT = ", set_config('transaction_timeout', '{longest}', true)"
