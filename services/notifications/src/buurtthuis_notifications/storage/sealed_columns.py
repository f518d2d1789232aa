"""Where something sealed is kept, and a page of it at a time."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Table, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.storage.codes import codes
from buurtthuis_notifications.storage.messages import messages
from buurtthuis_notifications.storage.residents import addresses, corrections, residents
from buurtthuis_notifications.storage.webhooks import webhooks

#: Everything sealed, by table and column.
SEALED: tuple[tuple[Table, str], ...] = (
    (addresses, "secret"),
    (residents, "called"),
    (corrections, "before"),
    (codes, "secret"),
    (messages, "address"),
    (messages, "secret"),
    (webhooks, "secret"),
    (webhooks, "old_secret"),
)
PAGE = 200


async def lock_page(
    session: AsyncSession, table: Table, column: str, after: UUID | None
) -> Sequence[Row[Any]]:
    """The next rows in which something is sealed there, held until the transaction ends."""
    filled: list[ColumnElement[bool]] = [table.c[column].is_not(None), table.c[column] != b""]
    query = select(table).where(*filled, *([table.c.id > after] if after else []))
    return (await session.execute(query.order_by(table.c.id).limit(PAGE).with_for_update())).all()


async def write_page(
    session: AsyncSession, table: Table, changes: Sequence[tuple[UUID, dict[str, Any]]]
) -> None:
    """The same columns of each of these rows."""
    changed: dict[str, Any] = {name: bindparam(name) for name in changes[0][1]}
    connection = await session.connection()
    await connection.execute(
        update(table).where(table.c.id == bindparam("at")).values(changed),
        [{"at": id, **values} for id, values in changes],
    )
