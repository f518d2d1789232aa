"""Where ballot boxes are kept, and how what was thrown away of them is burnt."""

from datetime import timedelta

from sqlalchemy import Boolean, Column, Integer, Uuid, exists, select, text
from sqlalchemy.orm import registry

from buurtthuis.ballots import BallotBox
from buurtthuis.corporations import Corporation
from buurtthuis.database import Sealed, corporation_table, map_aggregate
from buurtthuis.service import RunningService, Worker

mapper = registry()

boxes = corporation_table(
    "ballot_boxes",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("salts", Sealed(tuple[bytes, ...])),
    Column("key", Sealed(bytes)),
    Column("spent", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

map_aggregate(mapper, BallotBox, boxes)


async def burn_spent_boxes(running: RunningService, corporation: Corporation) -> int:
    """Whether there were any. In two transactions: who only looks must not hold what the other writes anew."""
    async with running.database.transaction(corporation.slug) as session:
        if not await session.scalar(select(exists().where(boxes.c.spent))):
            return 0
    async with running.database.transaction(corporation.slug) as session:
        await session.execute(text("SELECT burn_spent_ballot_boxes()"))
    return 1


#: A worker of every service that has boxes.
burner = Worker(burn_spent_boxes, every=timedelta(minutes=5), eager=False)
