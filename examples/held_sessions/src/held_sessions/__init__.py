"""Counts the sessions that were held in each house."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

from buurtthuis import Handlers, Reader, Role, Service, SqlWork, may_read
from buurtthuis.events.sessions import SessionHeld
from fastapi import APIRouter
from sqlalchemy import text

on = Handlers()
router = APIRouter()

COUNT = text(
    "INSERT INTO held_sessions (house_id) VALUES (:house) "
    "ON CONFLICT (corporation, house_id) DO UPDATE SET held = held_sessions.held + 1"
)


@on.event
async def count_a_held_session(event: SessionHeld, work: SqlWork) -> None:
    await work.session.execute(COUNT, {"house": event.house_id})


@router.get("/houses")
async def list_houses(reader: Annotated[Reader, may_read(Role.STAFF, Role.RESIDENT)]) -> dict[UUID, int]:
    async with reader.reading() as session:
        return dict((await session.execute(text("SELECT house_id, held FROM held_sessions"))).tuples().all())


service = Service(
    name="held_sessions",
    summary="Counts the sessions that were held in each house.",
    rooms=[on],
    router=router,
    migrations=Path(__file__).parent / "migrations",
)
