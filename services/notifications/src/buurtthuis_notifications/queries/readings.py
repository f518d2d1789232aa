"""Reading who read contact data."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from buurtthuis.core.actor import ActorKind
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.readings import Occasion
from buurtthuis_notifications.storage.readings import readings


class ReadingView(BaseModel):
    """That a person read where a resident lives or is reached: both by pseudonym, when, and for what. Not what it said."""

    id: UUID
    resident_id: UUID
    read_by: UUID
    role: ActorKind
    occasion: Occasion
    read_at: datetime


@dataclass(frozen=True)
class Wanted:
    """Which readings; all of it together."""

    resident: UUID | None = None
    read_by: UUID | None = None


async def list_readings(
    session: AsyncSession, wanted: Wanted, after: UUID | None, limit: int
) -> list[ReadingView]:
    """Newest first."""
    query = select(readings).order_by(readings.c.id.desc()).limit(limit)
    query = query.where(readings.c.resident_id == wanted.resident) if wanted.resident else query
    query = query.where(readings.c.read_by == wanted.read_by) if wanted.read_by else query
    query = query.where(readings.c.id < after) if after else query
    return [ReadingView.model_validate(dict(row)) for row in (await session.execute(query)).mappings()]
