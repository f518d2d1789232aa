"""The service's own event log: outbox, history for late-comers, and audit of facts in one.

A row has no `position` until the relay numbers it; from then on it never changes its place.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    MetaData,
    SmallInteger,
    String,
    Table,
    Uuid,
    column,
    func,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis.core.houses import ALL_HOUSES, Houses
from buurtthuis.core.work import Cause, Wrote, new_id
from buurtthuis.events import Audience, Event
from buurtthuis.persistence.looking import Look

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

streams = table("streams", column("corporation"), column("numbered"), column("published"))
redactions = table("redactions", column("corporation"), column("position"))
parked_events = table("parked_events", column("corporation"))

#: What waits for the relay.
UNNUMBERED = Look("unnumbered", lambda _: select(journal.c.id).where(journal.c.position.is_(None)))
UNPUBLISHED = Look(
    "unpublished",
    lambda _: select(streams.c.corporation).where(streams.c.published < streams.c.numbered),
    figure=func.sum(streams.c.numbered - streams.c.published),
)
REDACTED = Look(
    "redacted",
    lambda _: (
        select(redactions.c.position)
        .join(streams, streams.c.corporation == redactions.c.corporation)
        .where(redactions.c.position <= streams.c.published)
    ),
)
#: How far each journal is.
NUMBERED = Look("numbered", lambda _: select(streams.c.corporation), figure=func.max(streams.c.numbered))
PUBLISHED = Look("published", lambda _: select(streams.c.corporation), figure=func.max(streams.c.published))
PARKED = Look("parked", lambda _: select(parked_events.c.corporation))

#: Where PostgreSQL tells all replicas of a service that something was numbered, and for which corporation.
CHANNEL = "buurtthuis_journal"
AUDIENCES = tuple(Audience)
#: Entries in one page at most.
PAGE = 500
#: What comes before the first entry: a journal that begins above position 1 lost what was there.
NO_EVENT = str(UUID(int=0))


class Entry(NamedTuple):
    """A numbered row as it is read; ids are text, and `data` is JSON text, passed on as they stand.

    For the stream it says the id of the entry before it, NO_EVENT for the first."""

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
    previous: str | None = None


def row(event: Event, cause: Cause, now: datetime) -> dict[str, Any]:
    """The journal row of an event, not yet numbered."""
    return {
        "event_id": new_id(),
        "type": event.type(),
        "subject": event.subject,
        "house": getattr(event, "house_id", None),
        "audience": event.audience.rank,
        "actor": cause.actor.written(),
        "time": now,
        "traceparent": cause.traceparent,
        "data": event.model_dump(mode="json"),
    }


#: Of an `Entry`.
COLUMNS = (
    "position, event_id::text, type, subject, house::text, audience, actor, time, traceparent, data::text"
)
READ = text(
    f"""
    SELECT {COLUMNS} FROM journal
    WHERE position > :after
      AND audience <= :rank
      AND (CAST(:type AS text) IS NULL OR type = :type)
      AND (CAST(:house AS uuid) IS NULL OR house = :house)
      AND (CAST(:houses AS uuid[]) IS NULL OR house = ANY(CAST(:houses AS uuid[])))
    ORDER BY position LIMIT :limit
    """  # noqa: S608  names of columns, and nobody's words
)


async def read(
    session: AsyncSession,
    after: int,
    limit: int,
    *,
    audience: Audience = Audience.SYSTEM,
    type: str | None = None,
    house: UUID | None = None,
    houses: Houses = ALL_HOUSES,
) -> Sequence[Entry]:
    """Numbered entries above `after`, in order, `limit` at most, as far as `audience` and who has these houses may see them."""
    wanted = {
        "after": after,
        "rank": audience.rank,
        "type": type,
        "house": house,
        "houses": None if houses.only is None else list(houses.only),
        "limit": limit,
    }
    return [Entry(*found) for found in await session.execute(READ, wanted)]


LAST = text("SELECT coalesce((SELECT numbered FROM streams), 0)")


async def last_position(session: AsyncSession) -> int:
    """The position of the newest numbered entry; 0 for an empty journal."""
    return int((await session.execute(LAST)).scalar_one())


IDS_AT = text(
    "SELECT position, event_id::text FROM journal WHERE position = ANY(CAST(:positions AS bigint[]))"
)
ID_BEFORE = text(
    "SELECT event_id::text FROM journal WHERE position < :position ORDER BY position DESC LIMIT 1"
)


async def ids_at(session: AsyncSession, positions: Collection[int]) -> dict[int, str]:
    """Which events stand there, by their positions; those that are there."""
    found = await session.execute(IDS_AT, {"positions": list(positions)})
    return {position: event_id for position, event_id in found}  # noqa: C416  rows are no pairs to mypy


async def id_before(session: AsyncSession, position: int) -> str:
    """Which event comes right before this position; NO_EVENT before the first."""
    found: str | None = await session.scalar(ID_BEFORE, {"position": position})
    return found or NO_EVENT


#: `holding` is every kind of entry in which people's words can be, and those words as they are when they are gone.
#: Whoever reads the stream afterwards meets a gap, and fetches what is left from the feed.
REDACTION = """
    WITH holding AS (
        SELECT type, words FROM jsonb_to_recordset(CAST(:words AS jsonb)) AS holding(type text, words jsonb)
    ),
    redacted AS (
        UPDATE journal SET data = data || words FROM holding
        WHERE {entry} AND journal.type = holding.type AND data || words <> data
        RETURNING position, journal.type, subject
    ),
    parked AS (
        UPDATE parked_events SET envelope = jsonb_set(envelope, '{{data}}', (envelope -> 'data') || words)
        FROM holding
        WHERE {envelope} AND envelope ->> 'type' = holding.type
    ),
    noted AS (
        INSERT INTO redactions (position) SELECT position FROM redacted WHERE position IS NOT NULL
        ON CONFLICT DO NOTHING
    )
    SELECT {found} FROM redacted
    """
REDACT = text(
    REDACTION.format(
        entry="journal.house = CAST(:house AS uuid)",
        envelope="envelope ->> 'house' = CAST(CAST(:house AS uuid) AS text)",
        found="count(*)",
    )
)
REDACT_ABOUT = text(
    REDACTION.format(
        entry="subject = ANY(:things)", envelope="envelope ->> 'subject' = ANY(:things)", found="count(*)"
    )
)
REDACT_SAID_BY = text(
    REDACTION.format(entry="actor = :actor", envelope="envelope ->> 'actor' = :actor", found="type, subject")
)
COUNT_WORDS = text(
    """
    SELECT count(*) FROM journal
    JOIN jsonb_to_recordset(CAST(:words AS jsonb)) AS holding(type text, words jsonb)
      ON journal.type = holding.type
    WHERE journal.house = CAST(:house AS uuid) AND data || words <> data
    """
)
TAKE_REDACTED = text("DELETE FROM redactions WHERE position <= :published RETURNING position")


async def redact(session: AsyncSession, house: UUID) -> int:
    """Take people's words out of all entries about a house, and out of parked events; says how many entries held any.

    What is on the stream already is noted for the relay."""
    return int((await session.execute(REDACT, {"house": house, "words": holding()})).scalar_one())


async def redact_about(session: AsyncSession, things: Collection[UUID], *words: str) -> int:
    """The same for entries about these things, whoever said them, and these words alone where some are named."""
    found = {"things": [str(thing) for thing in things], "words": holding(words)}
    return int((await session.execute(REDACT_ABOUT, found)).scalar_one())


async def redact_said_by(session: AsyncSession, actor: str) -> list[Wrote]:
    """The same for entries that somebody said; says which."""
    redacted = await session.execute(REDACT_SAID_BY, {"actor": actor, "words": holding()})
    return [Wrote(Event.known[type], UUID(subject)) for type, subject in redacted]


async def count_words(session: AsyncSession, house: UUID) -> int:
    """How many entries about a house hold words that people wrote."""
    return int((await session.execute(COUNT_WORDS, {"house": house, "words": holding()})).scalar_one())


async def take_redacted(session: AsyncSession, published: int) -> Sequence[int]:
    """The published positions that are to come off the stream; they are given out once."""
    return list(await session.scalars(TAKE_REDACTED, {"published": published}))


def holding(words: Collection[str] = ()) -> str:
    """Every kind of entry that can hold these words, or any, and what is in their place when they are gone."""
    kinds = [
        {"type": type, "words": dict.fromkeys(sorted(taken))}
        for type, event in Event.known.items()
        if (taken := event.erasable() & set(words) if words else event.erasable())
    ]
    return orjson.dumps(kinds).decode()
