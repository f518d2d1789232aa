"""Sessions over HTTP."""

from fastapi import APIRouter

from buurtthuis_sessions.api import agendas, houses, seats, sessions, templates

router = APIRouter()
for room in (houses, templates, sessions, seats, agendas):
    router.include_router(room.router)
