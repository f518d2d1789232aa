"""Tokens that were taken back: what notifications says of a subject, a sign-in or a token holds in every service.

Each service hears it like any event, keeps it in its own database, and tells all its replicas.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import column, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis.identity.tokens import LONGEST
from buurtthuis.persistence.looking import Look

#: Where PostgreSQL tells all replicas of a service that something was revoked, and for which corporation.
CHANNEL = "buurtthuis_revoked"
NOTE = text(
    f"""
    WITH noted AS (
        INSERT INTO revocations AS known (id, before, said_at)
        VALUES (:id, coalesce(CAST(:before AS timestamptz), 'infinity'), :said_at)
        ON CONFLICT (corporation, id) DO UPDATE
        SET before = greatest(known.before, excluded.before), said_at = greatest(known.said_at, excluded.said_at)
        RETURNING corporation
    )
    SELECT pg_notify('{CHANNEL}', corporation) FROM noted
    """  # noqa: S608  our own constant
)
READ = text("SELECT id, nullif(before, 'infinity') AS before FROM revocations")
FORGET = text("DELETE FROM revocations WHERE said_at < :moment")
#: No token lives so long.
KEPT = LONGEST + timedelta(days=1)
revocations = table("revocations", column("corporation"), column("said_at"))
#: What `forget` drops.
OUTLIVED = Look(
    "outlived_revocations",
    lambda now: select(revocations.c.said_at).where(revocations.c.said_at < now - KEPT),
)


async def note(session: AsyncSession, id: UUID, before: datetime | None, said_at: datetime) -> None:
    """Keep it, with what else is committed."""
    await session.execute(NOTE, {"id": id, "before": before, "said_at": said_at})


async def read(session: AsyncSession) -> dict[UUID, datetime | None]:
    """All that is kept: an id, and before which moment, where it is not for good."""
    return {row.id: row.before for row in await session.execute(READ)}


async def forget(session: AsyncSession, now: datetime) -> None:
    """What is older than any token that it could refuse."""
    await session.execute(FORGET, {"moment": now - KEPT})
