"""How often something may be asked, by an address, a network or in a whole corporation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from buurtthuis.errors import Refused

WITHIN = timedelta(hours=1)


class TooOften(Refused):
    """That was asked too often. Please try again in {minutes} minutes."""

    status = 429


@dataclass(eq=False)
class Allowance:
    """How often somebody asked since a moment. The id is a trace of who asked, not who."""

    id: UUID
    since: datetime
    used: int = 0
    version: int = 0

    def take(self, most: int, now: datetime) -> None:
        """Once more. Raises TooOften."""
        if now >= self.since + WITHIN:
            self.since, self.used = now, 0
        if self.used >= most:
            raise TooOften(minutes=1 + (self.since + WITHIN - now) // timedelta(minutes=1))
        self.used += 1
