"""What somebody was given by staff: a role for a house, and until when."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from buurtthuis.core.actor import ActorKind


@dataclass(frozen=True, slots=True)
class GivenRight:
    """A role for a house, or for all of them where it names none; for good where it has no end."""

    id: UUID
    subject_id: UUID
    role: ActorKind
    house_id: UUID | None = None
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it has not ended."""
        return self.until is None or now < self.until
