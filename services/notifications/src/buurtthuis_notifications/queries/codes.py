"""Reading codes that were asked for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.addresses import Sealed
from buurtthuis_notifications.domain.codes import TRIES

NEWEST = text(
    """
    SELECT id FROM codes
    WHERE digests && CAST(:digests AS bytea[]) AND adds IS NULL AND used_at IS NULL AND tries < :tries
      AND expires_at > :now AND (CAST(:house AS text) IS NULL OR wish ->> 'house_id' = :house)
    ORDER BY expires_at DESC, id DESC LIMIT 1
    """
)


async def newest(session: AsyncSession, address: Sealed, house: UUID | None, now: datetime) -> UUID | None:
    """The newest code that can be typed in still, of those that were sent there; one to join this house, where it is given."""
    asked = {
        "digests": list(address.digests),
        "tries": TRIES,
        "now": now,
        "house": str(house) if house else None,
    }
    found: UUID | None = await session.scalar(NEWEST, asked)
    return found
