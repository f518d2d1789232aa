"""Reading how many codes on paper there are, and how many people came with them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from buurtthuis.core.errors import NotFound
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.known import KnownHouse
from buurtthuis_notifications.storage import known as _mapped


class Batch(BaseModel):
    """Codes that were made together, each good for so many `people`; so many `joined` with them."""

    id: UUID
    made_at: datetime
    codes: int
    people: int
    used: int
    joined: int
    withdrawn: int


BATCHES = text(
    """
    SELECT batch_id AS id, min(made_at) AS made_at, count(*) AS codes, max(people) AS people,
           count(*) FILTER (WHERE used > 0) AS used, sum(used) AS joined, count(withdrawn_at) AS withdrawn
    FROM joining_codes WHERE house_id = :house GROUP BY batch_id ORDER BY min(made_at) DESC, batch_id DESC
    """
)


async def list_batches(session: AsyncSession, house: UUID) -> Sequence[Batch]:
    """Newest first. Raises NotFound."""
    if await session.get(KnownHouse, house) is None:
        raise NotFound(what="house", id=house)
    found = await session.execute(BATCHES, {"house": house})
    return [Batch.model_validate(dict(row)) for row in found.mappings()]


__all__ = ["Batch", "_mapped", "list_batches"]
