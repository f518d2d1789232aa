"""Who looks after a page."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.events.moderation import DecidedBy


@dataclass(frozen=True)
class Person:
    """A moderator, who is a resident; the guide of the neighbourhood platform; or somebody of the corporation."""

    id: UUID
    speaks_as: DecidedBy
