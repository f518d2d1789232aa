"""Events that a reaction could not digest: counted, parked, shown, retried, dropped."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis.core.actor import resident_of
from buurtthuis.core.errors import NotFound
from buurtthuis.core.work import new_id
from buurtthuis.eventlog.envelope import Envelope, from_attributes
from buurtthuis.eventlog.redaction import without_words
from buurtthuis.events import Audience
from buurtthuis.persistence.engine import Database
from buurtthuis.persistence.erasure import is_erased
from buurtthuis.persistence.unit_of_work import SqlWork

COUNTS = text("SELECT reaction, count FROM attempts WHERE source = :source AND position = :position")
START = text(
    """
    INSERT INTO attempts (source, position, reaction, count) VALUES (:source, :position, :reaction, 1)
    ON CONFLICT (corporation, source, position, reaction) DO UPDATE SET count = attempts.count + 1
    """
)
PASSED = text(
    "UPDATE attempts SET count = 0 WHERE source = :source AND position = :position AND reaction = :reaction"
)
FORGIVE = text(
    "UPDATE attempts SET count = count - 1 WHERE source = :source AND position = :position AND reaction = :reaction"
)
CLEAR = text("DELETE FROM attempts WHERE source = :source AND position <= :position")
PARK = text(
    """
    INSERT INTO parked_events (id, source, position, reaction, parked_at, why, envelope)
    VALUES (:id, :source, :position, :reaction, :parked_at, :why, CAST(:envelope AS jsonb))
    """
)
LIST = text(
    """
    SELECT id, source, position, reaction, parked_at, why, envelope FROM parked_events
    WHERE (CAST(:after AS uuid) IS NULL OR id > :after) AND envelope ->> 'audience' = ANY(:audiences)
    ORDER BY id LIMIT :limit
    """
)
ONE = text(
    """
    SELECT id, source, position, reaction, parked_at, why, envelope FROM parked_events
    WHERE id = :id AND envelope ->> 'audience' = ANY(:audiences)
    """
)
TAKE = text(
    """
    DELETE FROM parked_events WHERE id = :id AND envelope ->> 'audience' = ANY(:audiences)
    RETURNING reaction, envelope
    """
)


class ParkedEvent(BaseModel):
    """One event that one reaction gave up on, and why."""

    id: UUID
    source: str
    position: int
    reaction: str
    parked_at: datetime
    why: str
    envelope: dict[str, Any]


class Tally:
    """Counts attempts at one event in transactions of their own, so that a killed process counts too."""

    def __init__(self, database: Database, corporation: str, source: str, position: int) -> None:
        self.database = database
        self.corporation = corporation
        self.key = {"source": source, "position": position}
        self.running = ""
        self.interrupted = False

    async def counts(self) -> Mapping[str, int]:
        """Reaction -> how often it was tried and did not succeed; what was interrupted does not count."""
        async with self.database.transaction(self.corporation) as session:
            if self.interrupted:
                await session.execute(FORGIVE, {**self.key, "reaction": self.running})
            counts: dict[str, int] = dict((await session.execute(COUNTS, self.key)).all())
        self.running, self.interrupted = "", False
        return counts

    async def start(self, reaction: str) -> None:
        """`reaction` is about to be tried; the one before it did not fail."""
        async with self.database.transaction(self.corporation) as session:
            if self.running:
                await session.execute(PASSED, {**self.key, "reaction": self.running})
            await session.execute(START, {**self.key, "reaction": reaction})
        self.running = reaction

    async def clear(self, session: AsyncSession) -> None:
        """The event is behind us."""
        await session.execute(CLEAR, self.key)


async def park(work: SqlWork, source: str, envelope: Envelope, reaction: str, why: str) -> None:
    """Set an event aside for one reaction, in the transaction that moves the checkpoint on.

    Of a resident who was forgotten before it came it has no words."""
    if await is_erased(work.session, resident_of(envelope.actor)):
        envelope = without_words(envelope)
    await work.session.execute(
        PARK,
        {
            "id": new_id(),
            "source": source,
            "position": envelope.position,
            "reaction": reaction,
            "parked_at": work.now,
            "why": why,
            "envelope": orjson.dumps(envelope.attributes()).decode(),
        },
    )


async def parked(
    session: AsyncSession, after: UUID | None = None, limit: int = 100, audience: Audience = Audience.SYSTEM
) -> list[ParkedEvent]:
    """What is parked, oldest first, above the id `after`, as far as `audience` may see it."""
    wanted = {"after": after, "limit": limit, "audiences": _seen_by(audience)}
    return [ParkedEvent(**row) for row in (await session.execute(LIST, wanted)).mappings()]


async def parked_event(session: AsyncSession, id: UUID, audience: Audience = Audience.SYSTEM) -> ParkedEvent:
    """One parked event; raises NotFound, also where `audience` may not see it."""
    wanted = {"id": id, "audiences": _seen_by(audience)}
    row = (await session.execute(ONE, wanted)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="parked event", id=id)
    return ParkedEvent(**row)


async def take(session: AsyncSession, id: UUID, audience: Audience = Audience.SYSTEM) -> tuple[str, Envelope]:
    """Take a parked event away, to drop it or to try it again: its reaction's name and the event.

    Raises NotFound, also where `audience` may not see it. Two who take the same one: the second finds nothing."""
    row = (await session.execute(TAKE, {"id": id, "audiences": _seen_by(audience)})).one_or_none()
    if row is None:
        raise NotFound(what="parked event", id=id)
    return row.reaction, from_attributes(row.envelope)


def _seen_by(audience: Audience) -> list[str]:
    return [seen.value for seen in Audience if seen.rank <= audience.rank]
