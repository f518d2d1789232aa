"""Reading what became of requests to be forgotten."""

from datetime import datetime
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.persistence.looking import Now
from pydantic import BaseModel
from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.erasures import ALARM, Erasure
from buurtthuis_notifications.storage.erasures import erasures

#: What no request reaches.
NOT_REACHED = (
    "Back-ups from before it, and archives of the write-ahead log, as long as they are kept.",
    "Bytes on a disk that no row points at any more, until something is written over them.",
    "What was sent, printed or taken out as a file before.",
)


class ErasureSummary(BaseModel):
    """One request. When it is complete this is its certificate: what each service took away from its tables and its journal,
    and so within the hour from every stream and Redis' own file. What it does not reach is said too."""

    id: UUID
    resident_id: UUID
    requested_at: datetime
    answers: dict[str, dict[str, int]]
    missing: list[str]
    alarmed_at: datetime | None
    completed_at: datetime | None
    not_reached: tuple[str, ...] = NOT_REACHED

    @classmethod
    def of(cls, erasure: Erasure) -> "ErasureSummary":
        """As staff read it."""
        return cls(
            id=erasure.id,
            resident_id=erasure.resident_id,
            requested_at=erasure.requested_at,
            answers=erasure.answers,
            missing=list(erasure.missing),
            alarmed_at=erasure.alarmed_at,
            completed_at=erasure.completed_at,
        )


async def list_erasures(session: AsyncSession, after: UUID | None, limit: int) -> list[ErasureSummary]:
    """Newest last."""
    query = select(Erasure).order_by(erasures.c.id).limit(limit)
    query = query.where(erasures.c.id > after) if after else query
    return [ErasureSummary.of(erasure) for erasure in await session.scalars(query)]


async def one_erasure(session: AsyncSession, id: UUID) -> ErasureSummary:
    """Raises NotFound."""
    erasure = await session.get(Erasure, id)
    if erasure is None:
        raise NotFound(what="erasure", id=id)
    return ErasureSummary.of(erasure)


def overdue(now: Now) -> Select[UUID]:
    """Those that wait too long, and about which nobody heard yet."""
    return select(erasures.c.id).where(
        erasures.c.completed_at.is_(None),
        erasures.c.alarmed_at.is_(None),
        erasures.c.requested_at <= now - ALARM,
    )


HEARD = text("SELECT source FROM checkpoints WHERE position > 0 ORDER BY source")


async def producers(session: AsyncSession) -> tuple[str, ...]:
    """The services that ever said anything here: each of them may know of any resident."""
    return tuple(await session.scalars(HEARD))
