"""Sessions over HTTP."""

from fastapi import APIRouter

from buurtthuis_sessions.api import agendas, follow_ups, houses, rooms, seats, sessions, tasks

router = APIRouter()
for room in (houses, sessions, seats, agendas, rooms, follow_ups, tasks):
    router.include_router(room.router)
