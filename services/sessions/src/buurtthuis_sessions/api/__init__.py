"""Sessions over HTTP."""

from fastapi import APIRouter

from buurtthuis_sessions.api import agendas, houses, seats, series, sessions, templates

router = APIRouter()
for room in (houses, templates, sessions, seats, series, agendas):
    router.include_router(room.router)
