"""Sessions over HTTP."""

from fastapi import APIRouter

from buurtthuis_sessions.api import agendas, houses, seats, series, sessions

router = APIRouter()
for room in (houses, sessions, seats, series, agendas):
    router.include_router(room.router)
