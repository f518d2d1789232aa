"""Lends the keys of rooms, and rings when one is not brought back: put together here, and nowhere else."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

from buurtthuis import (
    MOVING,
    Body,
    Caller,
    Corporation,
    Line,
    Moment,
    Now,
    Receipt,
    Role,
    Service,
    Timer,
    Worker,
    Workplace,
    may_post,
    problems,
)
from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from lent_keys import commands
from lent_keys.domain import Key, KeyIsBack, KeyState
from lent_keys.parts import Parts
from lent_keys.storage import keys

router = APIRouter()
Staff = Annotated[Caller, may_post(Role.STAFF)]


class Loan(Body):
    room: Annotated[Line, Field(examples=["Ontmoetingsruimte Wingerd"])]
    due_at: Annotated[Moment, Field(examples=["2030-01-10T22:00:00+01:00"])]


@router.post("/keys", status_code=201, summary="Lend a key", responses=problems())
async def lend_key(body: Loan, caller: Staff) -> Receipt:
    return await caller.run(commands.LendKey(body.room, body.due_at))


@router.post("/keys/{id}/return", summary="A key is back", responses=problems(*MOVING, KeyIsBack))
async def bring_key_back(id: UUID, caller: Staff) -> Receipt:
    return await caller.run(commands.BringKeyBack(id, caller.version))


def overdue(now: Now) -> Select[UUID]:
    """What the timer looks for, in all corporations at once."""
    return select(keys.c.id).where(keys.c.state == KeyState.LENT, keys.c.due_at <= now)


async def missing(session: AsyncSession, now: datetime) -> Sequence[commands.MissKey]:
    """A timer: what is due in one that has any, hence which commands."""
    return [commands.MissKey(id) for id in await session.scalars(overdue(now))]


def unrung(_: Now) -> Select[UUID]:
    """What the worker looks for."""
    return select(keys.c.id).where(keys.c.state == KeyState.MISSING, ~keys.c.rung)


async def ring(service: Workplace[Parts], corporation: Corporation) -> int:
    """A worker: it alone talks to the outside. One key a round, which no other replica holds; says how many it did."""
    waiting = select(Key).where(keys.c.state == KeyState.MISSING, ~keys.c.rung).limit(1)
    async with service.database.transaction(corporation.slug) as session:
        key = (await session.scalars(waiting.with_for_update(skip_locked=True))).one_or_none()
        if key is None:
            return 0
        await service.parts.bell.ring(key.room)
        await session.execute(update(keys).where(keys.c.id == key.id).values(rung=True))
    return 1


service = Service(
    name="lent_keys",
    summary="Lends the keys of rooms, and rings when one is not brought back.",
    rooms=[commands.on],
    router=router,
    migrations=Path(__file__).parent / "migrations",
    timers=[Timer(missing, looks_for=overdue, every=timedelta(seconds=5))],
    workers=[Worker(ring, looks_for=unrung, every=timedelta(minutes=1))],
    parts=Parts.of,
)
