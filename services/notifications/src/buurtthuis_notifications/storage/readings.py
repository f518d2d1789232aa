"""Where it is kept who read contact data, of whom and for what."""

from collections.abc import Collection
from uuid import UUID

from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.work import new_id
from buurtthuis.persistence.columns import corporation_table, map_part, word
from sqlalchemy import Column, DateTime, Uuid, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import registry

from buurtthuis_notifications.domain.readings import Occasion, Reading

mapper = registry()

readings = corporation_table(
    "readings",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("resident_id", Uuid, nullable=False),
    Column("read_by", Uuid, nullable=False),
    Column("role", word(ActorKind), nullable=False),
    Column("occasion", word(Occasion), nullable=False),
    Column("read_at", DateTime(timezone=True), nullable=False),
)

map_part(mapper, Reading, readings)

#: Of whoever is being forgotten meanwhile nothing is noted: it waits for that, or that waits for it.
NOTE = text(
    """
    INSERT INTO readings (id, resident_id, read_by, role, occasion, read_at)
    SELECT noted.id, noted.resident_id, :by, :role, :occasion, now()
    FROM (
        SELECT new.id, new.resident_id
        FROM unnest(CAST(:ids AS uuid[]), CAST(:residents AS uuid[])) AS new (id, resident_id)
        JOIN residents ON residents.id = new.resident_id
        ORDER BY new.resident_id
        FOR KEY SHARE OF residents
    ) AS noted
    """
)


async def note(session: AsyncSession, reader: Actor, residents: Collection[UUID], occasion: Occasion) -> None:
    """Of each once, in one statement, however many they are; in the transaction of what is answered."""
    if not residents:
        return
    of = list(residents)
    values = {"ids": [new_id() for _ in of], "residents": of, "by": reader.person}
    await session.execute(NOTE, {**values, "role": reader.kind.value, "occasion": occasion.value})
