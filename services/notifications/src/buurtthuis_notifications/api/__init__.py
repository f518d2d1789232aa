"""Notifications over HTTP."""

from fastapi import APIRouter

from buurtthuis_notifications.api import codes, hand_deliveries, me, messages, residents, sign_ins

router = APIRouter()
for room in (codes, sign_ins, me, messages, residents, hand_deliveries):
    router.include_router(room.router)
