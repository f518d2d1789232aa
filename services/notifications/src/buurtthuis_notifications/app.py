"""Notifications, put together."""

from pathlib import Path

from buurtthuis.events.notifications import RightGiven, RightTakenAway
from buurtthuis.runtime.retention import purger
from buurtthuis.runtime.service import Service

from buurtthuis_notifications import api, reactions
from buurtthuis_notifications.commands import (
    closing,
    codes,
    corrections,
    erasures,
    hand_deliveries,
    joining,
    messages,
    reminders,
    residents,
    rights,
    sign_ins,
    webhooks,
    wishes,
)
from buurtthuis_notifications.parts import Parts, opens
from buurtthuis_notifications.storage import retention
from buurtthuis_notifications.timers import timers
from buurtthuis_notifications.workers import (
    channel_fallback,
    fan_out,
    message_delivery,
    webhook_delivery,
)
from buurtthuis_notifications.workers.health_checks import examine
from buurtthuis_notifications.workers.metrics import figures

service = Service(
    name="notifications",
    summary="Reaches residents: in their language, at the right time, by a road that they have.",
    rooms=(
        residents.on,
        corrections.on,
        joining.on,
        codes.on,
        sign_ins.on,
        rights.on,
        erasures.on,
        messages.on,
        hand_deliveries.on,
        reminders.on,
        webhooks.on,
        wishes.on,
        closing.on,
        reactions.on,
    ),
    router=api.router,
    migrations=Path(__file__).parent / "migrations",
    timers=timers,
    workers=(
        channel_fallback.worker,
        fan_out.worker,
        message_delivery.code_sender,
        message_delivery.sender,
        purger(retention.outlived),
        webhook_delivery.worker,
    ),
    parts=Parts.of,
    prepare=Parts.prepare,
    opens=opens,
    figures=figures,
    examine=examine,
    keeps=(RightGiven, RightTakenAway),
    issues_tokens=True,
)
