"""Notifications over HTTP."""

from fastapi import APIRouter

from buurtthuis_notifications.api import codes, me, residents, sign_ins

router = APIRouter()
for room in (codes, sign_ins, me, residents):
    router.include_router(room.router)
