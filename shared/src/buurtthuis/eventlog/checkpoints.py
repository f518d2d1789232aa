"""How far a service has read of each producer: at which event, and which it heard where, for as long as copies may lie back."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import and_, column, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis.eventlog.agreement import BEGINNING, HAD_NOTHING, HadAlready, HeardAt
from buurtthuis.eventlog.envelope import Envelope
from buurtthuis.persistence.looking import Look
from buurtthuis.persistence.replicas import Replicas

#: How old a copy of a producer's database may be, for a reader to know what both of them have.
REMEMBERED = timedelta(days=30)
#: Batches that are read at once, to look for what both know.
BATCHES = 100
HIGHEST = 2**63 - 1


class StillRead(Exception):
    """Another process reads here, which is not known to be dead, and has not given up yet."""

    def __init__(self, readers: Collection[UUID]) -> None:
        super().__init__(readers)
        self.readers = readers


class CheckpointMoved(Exception):
    """Somebody else has this batch, or it is a repeat."""


class Checkpoint(NamedTuple):
    """Where a reader is, and what it has had already of what comes after."""

    heard_at: HeardAt
    had: HadAlready

    @classmethod
    def of(cls, row: Any) -> Self:
        """As it is kept."""
        heard_at = HeardAt(row.position, row.event_id) if row.position else BEGINNING
        went_back = row.astray or row.said_before
        return cls(heard_at, HadAlready(frozenset(row.astray), row.said_before) if went_back else HAD_NOTHING)


class Opened(NamedTuple):
    """A checkpoint that is read from, and whether whoever read from it before did not stop by itself."""

    checkpoint: Checkpoint
    was_killed: bool


class HeardBatch(NamedTuple):
    """Events that were heard together, each at its position; the last of them was said at that moment."""

    id: int
    last: int
    said_at: datetime
    positions: Sequence[int]
    events: Sequence[str]

    @property
    def places(self) -> Sequence[HeardAt]:
        """Each in its place."""
        return [HeardAt(*pair) for pair in zip(self.positions, self.events, strict=True)]


OPEN = text("INSERT INTO checkpoints (source) VALUES (:source) ON CONFLICT DO NOTHING")
CHECKPOINT = """
    position, event_id::text, said_before,
    ARRAY(SELECT unnest(events)::text FROM heard WHERE heard.source = opened.source AND astray) AS astray
"""
READ = text(f"SELECT {CHECKPOINT} FROM checkpoints AS opened WHERE source = :source")  # noqa: S608  our own words
#: Whose a checkpoint is may change while we wait for its row: so that is looked at under the lock.
#: Losing that somebody reads costs no more than care, and only where both die: so that commit need not wait for the disk.
OPEN_TOGETHER = text(
    f"""
    WITH before AS (SELECT source, reading, reader FROM checkpoints WHERE source = ANY(:sources)),
    opened AS (
        INSERT INTO checkpoints (source, reading, reader)
        SELECT unnest(CAST(:sources AS text[])), true, CAST(:reader AS uuid)
        ON CONFLICT (corporation, source) DO UPDATE SET reading = true, reader = excluded.reader
        WHERE :insist OR NOT checkpoints.reading OR checkpoints.reader IS NULL
            OR checkpoints.reader = ANY(CAST(:may_be_followed AS uuid[]))
        RETURNING source, position, event_id, said_before
    )
    SELECT opened.source, {CHECKPOINT},
        coalesce(before.reading AND before.reader IS DISTINCT FROM :reader, false) AS was_read,
        set_config('synchronous_commit', 'off', true)
    FROM opened LEFT JOIN before USING (source)
    """  # noqa: S608  our own words
)
READERS = text(
    "SELECT reader FROM checkpoints WHERE source = ANY(:sources) AND reading AND reader IS NOT NULL"
)
CLOSE_TOGETHER = text(
    "UPDATE checkpoints SET reading = false WHERE source = ANY(:sources) AND reader = :reader"
)
HERE = "source = :source AND position = :position AND event_id IS NOT DISTINCT FROM CAST(:event_id AS uuid)"
MOVE = text(
    f"""
    WITH moved AS (
        UPDATE checkpoints SET position = :last, event_id = CAST(:last_id AS uuid) WHERE {HERE} RETURNING source
    )
    INSERT INTO heard (source, last, said_at, positions, events)
    SELECT source, :last, :said_at, CAST(:positions AS bigint[]), CAST(:events AS uuid[]) FROM moved
    """  # noqa: S608  our own words
)
#: Attempts are counted by position, so those at what is another event now are nobody's.
GO_BACK = text(
    f"""
    WITH gone AS (
        UPDATE checkpoints SET position = :agreed, event_id = CAST(:agreed_id AS uuid),
            said_before = greatest(said_before, CAST(:said_before AS timestamptz))
        WHERE {HERE} RETURNING source
    ),
    left_aside AS (
        UPDATE heard SET astray = true FROM gone WHERE heard.source = gone.source AND last > :agreed
    ),
    uncounted AS (
        DELETE FROM attempts USING gone WHERE attempts.source = gone.source AND attempts.position > :agreed
    )
    SELECT count(*) FROM gone
    """  # noqa: S608  our own words
)
BACKWARDS = text(
    """
    SELECT id, last, said_at, positions, events::text[] AS events FROM heard
    WHERE source = :source AND (last, id) < (:last, :id) ORDER BY last DESC, id DESC LIMIT :batches
    """
)
heard = table("heard", column("corporation"), column("source"), column("last"), column("said_at"))
places = table("checkpoints", column("corporation"), column("source"), column("position"))
FORGET = text(
    """
    DELETE FROM heard WHERE said_at < :moment AND last < (
        SELECT position FROM checkpoints WHERE checkpoints.source = heard.source
    )
    """
)
#: What `forget` drops.
OUTWORN = Look(
    "outworn_memories",
    lambda now: (
        select(heard.c.said_at)
        .join(places, and_(places.c.corporation == heard.c.corporation, places.c.source == heard.c.source))
        .where(heard.c.said_at < now - REMEMBERED, heard.c.last < places.c.position)
    ),
)


async def open_together(
    session: AsyncSession, sources: Sequence[str], replicas: Replicas, *, insist: bool
) -> Mapping[str, Opened]:
    """Read from these, each from where its checkpoint is; at the beginning where there was none.

    Raises StillRead, unless we `insist`."""
    may_be_followed = [replicas.id, *replicas.dead]
    asked = {"reader": replicas.id, "may_be_followed": may_be_followed, "insist": insist}
    opened = (await session.execute(OPEN_TOGETHER, {"sources": sources, **asked})).all()
    if len(opened) < len(sources):
        readers = set(await session.scalars(READERS, {"sources": sources}))
        raise StillRead(readers.difference(may_be_followed))
    return {row.source: Opened(Checkpoint.of(row), row.was_read) for row in opened}


async def close_together(session: AsyncSession, sources: Sequence[str], replicas: Replicas) -> None:
    """Nothing was left in mid-batch; unless somebody else took over because we seemed to be dead."""
    await session.execute(CLOSE_TOGETHER, {"sources": sources, "reader": replicas.id})


async def read(session: AsyncSession, source: str) -> Checkpoint:
    """Where the checkpoint is now, whoever moved it; at the beginning where there was none."""
    await session.execute(OPEN, {"source": source})
    row = (await session.execute(READ, {"source": source})).one()
    return Checkpoint.of(row)


async def move(session: AsyncSession, source: str, before: HeardAt, batch: Sequence[Envelope]) -> None:
    """From before a batch to its end, and keep which events that were. Raises CheckpointMoved."""
    moved: Any = await session.execute(MOVE, {"source": source, **before._asdict(), **end_of(batch)})
    if moved.rowcount != 1:
        raise CheckpointMoved


def end_of(batch: Sequence[Envelope]) -> dict[str, Any]:
    """Where a checkpoint is after it, and which events that were."""
    last = batch[-1]
    return {
        "last": last.position,
        "last_id": last.id,
        "said_at": last.time,
        "positions": [envelope.position for envelope in batch],
        "events": [envelope.id for envelope in batch],
    }


async def go_back(
    session: AsyncSession, source: str, before: HeardAt, agreed: HeardAt, said_before: datetime | None
) -> None:
    """To what both know. What was heard after it is not done again, wherever it comes. Raises CheckpointMoved."""
    values = {"agreed": agreed.position, "agreed_id": agreed.event_id, "said_before": said_before}
    if not await session.scalar(GO_BACK, {"source": source, **before._asdict(), **values}):
        raise CheckpointMoved


async def heard_before(
    session: AsyncSession, source: str, newer: HeardBatch | None = None
) -> Sequence[HeardBatch]:
    """What was heard, newest first: some batches, those before `newer`."""
    before = {"last": newer.last, "id": newer.id} if newer else {"last": HIGHEST, "id": HIGHEST}
    found = await session.execute(BACKWARDS, {"source": source, "batches": BATCHES, **before})
    return [HeardBatch(row.id, row.last, row.said_at, row.positions, row.events) for row in found]


async def forget(session: AsyncSession, now: datetime) -> None:
    """What is older than any copy from which a producer may come back; the last of each producer stays."""
    await session.execute(FORGET, {"moment": now - REMEMBERED})
