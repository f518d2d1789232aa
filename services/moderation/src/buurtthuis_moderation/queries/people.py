"""Who reads."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Viewer:
    """Through whose eyes a page is read: an author's, or None for staff, who write with one voice.

    Who looks after every page sees also what nobody else does; moderators do on their own."""

    author: UUID | None
    looks_after: bool
