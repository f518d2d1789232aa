"""The service's own event log: outbox, history for late-comers, and audit of facts in one.

A row has no `position` until the relay numbers it; from then on it never changes its place.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, MetaData, SmallInteger, String, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis.events import Audience, Event
from buurtthuis.work import Cause, new_id

metadata = MetaData()

journal = Table(
    "journal",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("corporation", String, nullable=False),
    Column("position", BigInteger),
    Column("event_id", Uuid, nullable=False),
    Column("type", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("house", Uuid),
    Column("audience", SmallInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("time", DateTime(timezone=True), nullable=False),
    Column("traceparent", String),
    Column("data", JSONB, nullable=False),
)

AUDIENCES = tuple(Audience)
#: Entries in one page at most.
PAGE = 500


class Entry(NamedTuple):
    """A numbered row as it is read; ids are text, and `data` is JSON text, passed on as they stand."""

    position: int
    event_id: str
    type: str
    subject: str
    house: str | None
    audience: int
    actor: str
    time: datetime
    traceparent: str | None
    data: str


def row(event: Event, cause: Cause, now: datetime) -> dict[str, Any]:
    """The journal row of an event, not yet numbered."""
    return {
        "event_id": new_id(),
        "type": event.type(),
        "subject": event.subject,
        "house": getattr(event, "house_id", None),
        "audience": event.audience.rank,
        "actor": cause.actor,
        "time": now,
        "traceparent": cause.traceparent,
        "data": event.model_dump(mode="json"),
    }


READ = text(
    """
    SELECT position, event_id::text, type, subject, house::text, audience, actor, time, traceparent, data::text
    FROM journal
    WHERE position > :after
      AND audience <= :rank
      AND (CAST(:type AS text) IS NULL OR type = :type)
      AND (CAST(:house AS uuid) IS NULL OR house = :house)
    ORDER BY position LIMIT :limit
    """
)


async def read(
    session: AsyncSession,
    after: int,
    limit: int,
    *,
    audience: Audience = Audience.SYSTEM,
    type: str | None = None,
    house: UUID | None = None,
) -> Sequence[Entry]:
    """Numbered entries above `after`, in order, `limit` at most, as far as `audience` may see them."""
    wanted = {"after": after, "rank": audience.rank, "type": type, "house": house, "limit": limit}
    return [Entry._make(found) for found in await session.execute(READ, wanted)]


LAST = text("SELECT coalesce((SELECT numbered FROM streams), 0)")


async def last_position(session: AsyncSession) -> int:
    """The position of the newest numbered entry; 0 for an empty journal."""
    return int((await session.execute(LAST)).scalar_one())
