"""Rights that staff gave: what notifications says of them holds in every service, which keeps it in its own database.

A right that has ended is kept too: whose role depends on what staff gave is not to be without a limit one day.
"""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis.core.actor import ActorKind
from buurtthuis.core.rights import GivenRight
from buurtthuis.persistence.revocation import CHANNEL

#: An end only ever comes nearer, in whichever order it is heard. All replicas read anew whom they let in.
NOTE = text(
    f"""
    WITH noted AS (
        INSERT INTO known_rights AS known (id, subject, role, house, until)
        VALUES (:id, :subject, :role, :house, coalesce(CAST(:until AS timestamptz), 'infinity'))
        ON CONFLICT (corporation, id) DO UPDATE SET until = least(known.until, excluded.until)
        RETURNING corporation
    )
    SELECT pg_notify('{CHANNEL}', corporation) FROM noted
    """  # noqa: S608  our own constant
)
READ = text(
    "SELECT id, subject, role, house, nullif(until, 'infinity') AS until FROM known_rights ORDER BY id"
)
FORGET = text("DELETE FROM known_rights WHERE subject = :subject")


async def note(session: AsyncSession, right: GivenRight) -> None:
    """Keep it, with what else is committed."""
    await session.execute(
        NOTE,
        {
            "id": right.id,
            "subject": right.subject_id,
            "role": right.role.value,
            "house": right.house_id,
            "until": right.until,
        },
    )


async def read(session: AsyncSession) -> Mapping[UUID, tuple[GivenRight, ...]]:
    """All that were ever given, by whom they were given to."""
    found: defaultdict[UUID, tuple[GivenRight, ...]] = defaultdict(tuple)
    for row in await session.execute(READ):
        found[row.subject] += (GivenRight(row.id, row.subject, ActorKind(row.role), row.house, row.until),)
    return dict(found)
