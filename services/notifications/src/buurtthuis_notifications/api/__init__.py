"""Notifications over HTTP."""

from fastapi import APIRouter

from buurtthuis_notifications.api import codes, me, residents, sign_ins, webhooks

router = APIRouter()
for room in (codes, sign_ins, me, residents, webhooks):
    router.include_router(room.router)
