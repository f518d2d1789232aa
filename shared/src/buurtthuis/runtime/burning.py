"""What was thrown away of ballot boxes is burnt."""

from datetime import timedelta

from sqlalchemy import exists, select, text

from buurtthuis.core.corporations import Corporation
from buurtthuis.persistence.ballot_boxes import boxes
from buurtthuis.persistence.looking import Now, Rows
from buurtthuis.runtime.workers import Worker, Workplace


def spent(_: Now) -> Rows:
    """Boxes of which something was thrown away."""
    return select(boxes.c.id).where(boxes.c.spent)


async def burn_spent_boxes(running: Workplace, corporation: Corporation) -> int:
    """Whether there were any. In two transactions: who only looks must not hold what the other writes anew."""
    async with running.database.transaction(corporation.slug) as session:
        if not await session.scalar(select(exists().where(boxes.c.spent))):
            return 0
    async with running.database.transaction(corporation.slug) as session:
        await session.execute(text("SELECT burn_spent_ballot_boxes()"))
    return 1


#: A worker of every service that has boxes.
burner = Worker(burn_spent_boxes, looks_for=spent, every=timedelta(minutes=5), eager=False)
