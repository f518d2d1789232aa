"""Putting right what staff noted of somebody whom they registered, and taking that back within a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from buurtthuis.core.errors import Refused
from buurtthuis.core.work import new_id

#: A correction can be taken back for so long, and is kept no longer.
UNDO = timedelta(days=1)


class TheirOwn(Refused):
    """This resident has signed in, or joined by themselves: what is kept of them they change themselves."""


class NothingToUndo(Refused):
    """Nothing was corrected here within the last day."""


class LooksRegistered(Refused):
    """Somebody in this house is registered at this door already. Where this is somebody else, say so with `another`."""


class TakesPart(Refused):
    """This resident has a place, an idea or a task already, or follows one. Merge the other one into this one, or leave both."""


class NotOneHousehold(Refused):
    """These two are in no house together, or are one and the same: merge two that were registered in one house."""


@dataclass(eq=False)
class Correction:
    """What was kept of a resident `before` it was corrected: sealed, as the vault takes it."""

    id: UUID
    resident_id: UUID
    before: bytes
    made_at: datetime
    version: int = 0

    @classmethod
    def of(cls, resident: UUID, before: bytes, now: datetime) -> Self:
        return cls(new_id(), resident, before, now)
