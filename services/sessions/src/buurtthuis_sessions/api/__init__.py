"""Sessions over HTTP."""

from fastapi import APIRouter

from buurtthuis_sessions.api import agendas, houses, seats, sessions

router = APIRouter()
for room in (houses, sessions, seats, agendas):
    router.include_router(room.router)
