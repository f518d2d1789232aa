"""Notifications, put together."""

from pathlib import Path

from buurtthuis.service import Service

from buurtthuis_notifications import api, reactions
from buurtthuis_notifications.commands import codes, erasures, residents, sign_ins
from buurtthuis_notifications.parts import Parts
from buurtthuis_notifications.timers import timers

service = Service(
    name="notifications",
    summary="Reaches residents: in their language, at the right time, by a road that they have.",
    rooms=(residents.on, codes.on, sign_ins.on, erasures.on, reactions.on),
    router=api.router,
    migrations=Path(__file__).parent / "migrations",
    timers=timers,
    parts=Parts.of,
)
