"""What this service says. An event's name begins with the service's; its subject is the field with the id of what it is about."""

from datetime import datetime
from uuid import UUID

from buurtthuis import Audience, Event


class KeyLent(Event, name="lent_keys.key-lent.v1", subject="key_id", audience=Audience.STAFF):
    """Somebody has the key of a room, until then."""

    key_id: UUID
    room: str
    due_at: datetime


class KeyMissing(Event, name="lent_keys.key-missing.v1", subject="key_id", audience=Audience.STAFF):
    """It was not brought back in time."""

    key_id: UUID


class KeyBroughtBack(Event, name="lent_keys.key-brought-back.v1", subject="key_id", audience=Audience.STAFF):
    """It is here again."""

    key_id: UUID
