"""Notifications, put together."""

from pathlib import Path

from buurtthuis.service import Service

from buurtthuis_notifications import storage

service = Service(
    name="notifications",
    summary="Reaches residents: in their language, at the right time, by a road that they have.",
    rooms=(),
    migrations=Path(__file__).parent / "migrations",
)
__all__ = ["service", "storage"]
