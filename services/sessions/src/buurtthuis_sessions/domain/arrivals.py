"""Who is in, as it is noted at the door: person by person, by several people at once, one of whom has no reception.

What is noted of a place, or of somebody who walked in, is an `Arrival`. Of two the later one stands, so that everybody
comes to the same whatever reaches us first and however often.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from buurtthuis.core.errors import Refused

#: The door opens so long before a session, and is shut so long after it.
OPENS, SHUTS = timedelta(hours=2), timedelta(days=1)
#: What a device says it noted longer ago than this was noted then: nobody was let in before.
LONG_AGO = timedelta(days=7)
#: So many people may walk in.
MOST = 1000


class DoorShut(Refused):
    """People are checked in from two hours before a session until a day after it, and this one is {state}. Who came can be noted for all together."""


class NotExpected(Refused):
    """Whoever has this number has no place in this session: it was given back, or was never given. If they are there, count them as a walk-in."""


class NobodyNoted(Refused):
    """Nobody was noted at the door. Say who came, or that it was not held."""


class TooManyWalkIns(Refused):
    """No more than {most} people can walk in."""


@dataclass(frozen=True, order=True)
class Arrival:
    """That somebody is in, or that this is `undone`, as of a moment. Of two at one moment the undoing stands."""

    at: datetime
    undone: bool = False


@dataclass(frozen=True)
class WalkIn:
    """Somebody without a place, by an id that whoever counted them made up."""

    id: UUID
    arrival: Arrival


@dataclass(frozen=True)
class DoorNote:
    """What somebody noted at the door, of a place (by what its owner says or shows) or of whoever walked in: `age` ago."""

    of: str | UUID
    undone: bool = False
    age: timedelta = timedelta()

    def arrival(self, now: datetime) -> Arrival:
        """By our clock, whatever that of the device shows. Nothing was noted later than now."""
        return Arrival(now - min(max(self.age, timedelta()), LONG_AGO), self.undone)


def stands(arrival: Arrival, before: Arrival | None, since: datetime | None) -> bool:
    """Whether it counts, beside what was noted before, and where it was noted `since` for all together who came."""
    return (before is None or arrival > before) and (since is None or arrival.at > since)
