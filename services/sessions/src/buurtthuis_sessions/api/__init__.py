"""Sessions over HTTP."""

from fastapi import APIRouter

from buurtthuis_sessions.api import houses, rooms, seats, sessions

router = APIRouter()
for room in (houses, sessions, seats, rooms):
    router.include_router(room.router)
