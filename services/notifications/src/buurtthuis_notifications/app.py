"""Notifications, put together."""

from datetime import timedelta
from pathlib import Path

from buurtthuis.runtime.service import Service, Worker

from buurtthuis_notifications import addressing, api, insisting, reactions, sending, sweeping, telling
from buurtthuis_notifications.commands import (
    codes,
    corrections,
    erasures,
    hand_deliveries,
    joining,
    messages,
    reminders,
    residents,
    sign_ins,
    webhooks,
    wishes,
)
from buurtthuis_notifications.examining import examine
from buurtthuis_notifications.measuring import measure
from buurtthuis_notifications.parts import Parts
from buurtthuis_notifications.timers import timers

service = Service(
    name="notifications",
    summary="Reaches residents: in their language, at the right time, by a road that they have.",
    rooms=(
        residents.on,
        corrections.on,
        joining.on,
        codes.on,
        sign_ins.on,
        erasures.on,
        messages.on,
        hand_deliveries.on,
        reminders.on,
        webhooks.on,
        wishes.on,
        reactions.on,
    ),
    router=api.router,
    migrations=Path(__file__).parent / "migrations",
    timers=timers,
    workers=(
        Worker(insisting.insist, every=timedelta(seconds=15), eager=False),
        Worker(addressing.address, every=timedelta(seconds=1)),
        Worker(sending.send_codes, every=timedelta(minutes=1)),
        Worker(sending.send, every=timedelta(seconds=1)),
        Worker(sweeping.sweep, every=timedelta(hours=1), eager=False),
        Worker(telling.tell, every=timedelta(seconds=1)),
    ),
    parts=Parts.of,
    measure=measure,
    examine=examine,
    issues_tokens=True,
)
