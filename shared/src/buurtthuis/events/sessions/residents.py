"""What sessions says about residents themselves."""

from uuid import UUID

from buurtthuis.events import Audience, Count, Event


class ResidentDataErased(
    Event,
    name="sessions.resident-data-erased.v1",
    subject="request_id",
    audience=Audience.SYSTEM,
    irreversible=True,
):
    """What sessions knew about a resident is gone: how many of each kind."""

    request_id: UUID
    resident_id: UUID
    counts: dict[str, Count]
