"""Notifications over HTTP."""

from fastapi import APIRouter

from buurtthuis_notifications.api import (
    closing,
    codes,
    consents,
    corrections,
    hand_deliveries,
    joining,
    me,
    messages,
    readings,
    residents,
    rights,
    sign_ins,
    sink,
    webhooks,
    wishes,
)

router = APIRouter()
for room in (
    codes,
    consents,
    joining,
    sign_ins,
    me,
    wishes,
    messages,
    closing,
    readings,
    residents,
    rights,
    corrections,
    hand_deliveries,
    webhooks,
    sink,
):
    router.include_router(room.router)
