"""How far back a journal goes: what is older than its corporation says, by who may see it, is taken out, oldest first.

It goes in ranges of positions, along the index that readers use, so that nothing is looked through twice. What is not
published yet stays, and so does the newest published entry, at which readers stand; what the service's own queries read
there; and what residents wrote, since nothing else knows whose words to take back when they ask to be forgotten. For
each audience it is noted up to which position entries went: whoever begins below that does not get everything, and is told.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import column, func, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis.core.actor import ActorKind
from buurtthuis.core.corporations import Corporation
from buurtthuis.events import Audience, Event
from buurtthuis.persistence import journal
from buurtthuis.persistence.engine import Database
from buurtthuis.persistence.looking import Look

history_starts = table("history_starts", column("corporation"), column("position"))
#: For measurements: up to where entries went, whoever could see them.
BEGINS = Look(
    "history_begins",
    lambda _: select(history_starts.c.position),
    figure=func.max(history_starts.c.position),
)
#: Entries that are looked at in one transaction.
RANGE = 2000
#: A stream has no entry that is further than this from its newest: the relay trims it so.
MOST_ON_STREAM = 100_000

#: Up to where all is old enough among the next entries, and whether there may be more of them.
NEXT = text(
    """
    WITH next AS (
        SELECT position, time FROM journal
        WHERE position > :start AND position < (SELECT published FROM streams)
        ORDER BY position LIMIT :most
    )
    SELECT coalesce(min(position) FILTER (WHERE time >= :before) - 1, max(position), 0) AS reached,
           count(*) FILTER (WHERE time < :before) = :most AS may_be_more
    FROM next
    """
)
#: What is still on the stream is noted for the relay, which takes it off.
REMOVE = text(
    """
    WITH holding AS (
        SELECT type, words FROM jsonb_to_recordset(CAST(:words AS jsonb)) AS holding(type text, words jsonb)
    ),
    removed AS (
        DELETE FROM journal
        WHERE position > :start AND position <= :reached AND audience = :rank
          AND type <> ALL(CAST(:kept AS text[]))
          AND NOT (actor LIKE :residents AND EXISTS (
              SELECT FROM holding WHERE holding.type = journal.type AND data || words <> data
          ))
        RETURNING position
    ),
    noted AS (
        INSERT INTO redactions (position)
        SELECT position FROM removed WHERE position > (SELECT published FROM streams) - :longest_stream
        ON CONFLICT DO NOTHING
    )
    SELECT count(*) FROM removed
    """
)
START = text("SELECT position FROM history_starts WHERE audience = :rank")
MOVE_START = text(
    """
    INSERT INTO history_starts AS known (audience, position) VALUES (:rank, :reached)
    ON CONFLICT (corporation, audience) DO UPDATE SET position = greatest(known.position, excluded.position)
    """
)
BEGINS_AFTER = text("SELECT coalesce(max(position), 0) FROM history_starts WHERE audience <= :rank")


async def shorten(database: Database, corporation: Corporation, kept: Collection[type[Event]]) -> int:
    """Take out what is older than this corporation says, but for events that are `kept`; how many that were."""
    removed = 0
    for audience in corporation.history.audiences:
        may_be_more = True
        while may_be_more:
            async with database.transaction(corporation.slug) as session:
                before = corporation.history.since(audience, await database.time(session))
                count, may_be_more = await remove_some(session, audience, before, kept)
            removed += count
    return removed


async def remove_some(
    session: AsyncSession, audience: Audience, before: datetime, kept: Collection[type[Event]]
) -> tuple[int, bool]:
    """Of what just this audience may see and was said before that moment; how many, and whether there may be more.

    It ends at the first entry that is younger, whoever may see it: positions are in the order of time, but for a clock
    that was wrong."""
    start = await session.scalar(START, {"rank": audience.rank}) or 0
    found = {"start": start, "most": RANGE, "before": before}
    reached, may_be_more = (await session.execute(NEXT, found)).one()
    if reached <= start:
        return 0, False
    place: Mapping[str, Any] = {"rank": audience.rank, "start": start, "reached": reached}
    stays = {
        "kept": [event.type() for event in kept],
        "residents": f"{ActorKind.RESIDENT}:%",
        "words": journal.holding(),
    }
    removed = await session.scalar(REMOVE, {**place, **stays, "longest_stream": MOST_ON_STREAM})
    await session.execute(MOVE_START, place)
    return int(removed or 0), bool(may_be_more)


async def begins_after(session: AsyncSession, audience: Audience) -> int:
    """Up to this position not everything is there that this audience could see; 0 where all is."""
    return int((await session.execute(BEGINS_AFTER, {"rank": audience.rank})).scalar_one())
