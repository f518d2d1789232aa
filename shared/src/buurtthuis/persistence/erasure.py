"""Tombstones: a resident who asked to be forgotten does nothing any more, and what they said has no words.

Whatever a resident does holds a lock that it shares with everything else they do; to be forgotten takes it alone. So
there is nothing that began before and is committed, with its words, after.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis.core.errors import AskedToBeForgotten
from buurtthuis.persistence import rights

IS_ERASED = text("SELECT is_erased(:resident)")
TAKE_TURN = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(current_corporation() || CAST(:resident AS uuid), 0))"
)
BURY = text("INSERT INTO erased_residents (resident) VALUES (:resident) ON CONFLICT DO NOTHING")
FORGET_ANSWERS = text("DELETE FROM idempotency_keys WHERE principal = :resident")


async def check_not_erased(session: AsyncSession, resident: UUID | None) -> None:
    """Raises AskedToBeForgotten; until the end of the transaction it stays as it is."""
    if await is_erased(session, resident):
        raise AskedToBeForgotten


async def is_erased(session: AsyncSession, resident: UUID | None) -> bool:
    """Whether this is a resident who asked to be forgotten."""
    return resident is not None and bool(await session.scalar(IS_ERASED, {"resident": resident}))


async def bury(session: AsyncSession, resident: UUID) -> None:
    """Wait for what they are doing; nothing comes after it."""
    await session.execute(TAKE_TURN, {"resident": resident})
    await session.execute(BURY, {"resident": resident})
    await session.execute(FORGET_ANSWERS, {"resident": resident})
    await session.execute(rights.FORGET, {"subject": resident})
