"""Sessions over HTTP."""

from fastapi import APIRouter

from buurtthuis_sessions.api import houses, seats, sessions

router = APIRouter()
for room in (houses, sessions, seats):
    router.include_router(room.router)
