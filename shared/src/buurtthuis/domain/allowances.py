"""How often something may be asked or tried. What is used up comes back bit by bit, so nothing stays locked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from buurtthuis.core.errors import Refusal, Refused

A_MINUTE = timedelta(minutes=1)
AN_HOUR = timedelta(hours=1)


class TooOften(Refused):
    """That was asked too often. Please try again in {minutes} minutes."""

    kind = Refusal.TOO_OFTEN

    def __init__(self, wait: timedelta) -> None:
        super().__init__(minutes=ceil(wait / A_MINUTE))
        self.seconds = ceil(wait.total_seconds())


@dataclass(frozen=True)
class Limit:
    """So often at once, and as often again in the time that follows, evenly; `within` an hour at most."""

    most: int
    within: timedelta

    @property
    def pause(self) -> timedelta:
        """After so long one more is allowed."""
        return self.within / self.most


@dataclass(eq=False)
class Allowance:
    """How often somebody asked, less what came back until `since`. The id is a trace of who asked, not who."""

    id: UUID
    since: datetime
    used: int = 0
    version: int = 0

    def take(self, limit: Limit, now: datetime) -> None:
        """Once more. Raises TooOften."""
        self.check(limit, now)
        self.used += 1

    def check(self, limit: Limit, now: datetime) -> None:
        """Whether once more is allowed. Raises TooOften."""
        if not self.left(limit, now):
            raise TooOften(self.since + limit.pause - now)

    def left(self, limit: Limit, now: datetime) -> int:
        """How often it may be done at once."""
        self._give_back(limit, now)
        return max(limit.most - self.used, 0)

    def _give_back(self, limit: Limit, now: datetime) -> None:
        back = (now - self.since) // limit.pause
        if back >= self.used:
            self.since, self.used = now, 0
        elif back > 0:
            self.since, self.used = self.since + back * limit.pause, self.used - back
