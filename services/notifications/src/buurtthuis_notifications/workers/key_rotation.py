"""Sealing everything anew with the newest key of the vault, after which the earlier ones can go.

Pages of rows, each in a transaction of its own: it can be stopped, and done again.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from buurtthuis.core.corporations import Corporation
from buurtthuis.persistence.engine import Database
from sqlalchemy import Table

from buurtthuis_notifications.domain.addresses import AddressKind
from buurtthuis_notifications.storage.codes import codes
from buurtthuis_notifications.storage.residents import addresses
from buurtthuis_notifications.storage.sealed_columns import SEALED, lock_page, write_page
from buurtthuis_notifications.vault import Vault
from buurtthuis_notifications.vault.addresses import names


async def rotate(database: Database, corporations: Iterable[Corporation], vault: Vault) -> int:
    """How many secrets are sealed anew. Raises CannotOpen where a key is missing, having changed no page with that."""
    done = 0
    for corporation in corporations:
        for table, column in SEALED:
            done += await _column(database, corporation, table, column, _renewing(table, column, vault))
    return done


Renewed = dict[str, Any]
Renewing = Callable[[Any], Renewed]


def _renewing(table: Table, column: str, vault: Vault) -> Renewing:
    """What a row is from now on. An address is also found by another digest, the one that a code is for too."""

    def renewed(row: Any) -> Renewed:
        secret = vault.rotate(getattr(row, column))
        if table not in (addresses, codes):
            return {column: secret}
        known_as = names(AddressKind(row.kind), vault.open(secret))
        if table is codes:
            return {column: secret, "digests": vault.digests_of_any(known_as)}
        as_before = (name for name in known_as if row.digest in vault.digests(name))
        kept = known_as[0] if row.kind == AddressKind.DOOR else next(as_before, known_as[0])
        return {column: secret, "digest": vault.digest(kept)}

    return renewed


async def _column(
    database: Database, corporation: Corporation, table: Table, column: str, renewed: Renewing
) -> int:
    done, after = 0, None
    while page := await _page(database, corporation, table, column, after, renewed):
        done, after = done + len(page), page[-1]
    return done


async def _page(
    database: Database,
    corporation: Corporation,
    table: Table,
    column: str,
    after: UUID | None,
    renewed: Renewing,
) -> Sequence[UUID]:
    async with database.transaction(corporation.slug) as session:
        rows = await lock_page(session, table, column, after)
        if rows:
            await write_page(session, table, [(row.id, renewed(row)) for row in rows])
    return [row.id for row in rows]
