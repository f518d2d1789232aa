"""Who read where somebody lives or is reached: noted of each whose name or address a person was shown."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from buurtthuis.core.actor import ActorKind

#: A reading is kept for so long, as what was told to somebody is.
KEPT_FOR = timedelta(days=730)


class Occasion(StrEnum):
    """For what it was read."""

    HAND_DELIVERIES = "hand-deliveries"
    LETTERS = "letters"


@dataclass(eq=False)
class Reading:
    """Somebody, by pseudonym and as what they were let in, read a resident's name, address or number. Not what it said."""

    id: UUID
    resident_id: UUID
    read_by: UUID
    role: ActorKind
    occasion: Occasion
    read_at: datetime
