"""How somebody comes to be in a house: as it says, or with a code on paper that was put into a letterbox.

Nobody notes who came with which code, so a code tells nothing of a household but how many came.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Self
from uuid import UUID

from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.events.sessions import Joining

from buurtthuis_notifications.domain.known import KnownHouse


class HouseTakesNobody(Refused):
    """This house has ended, so nobody can join it any more."""


class OnlyStaffAdd(Refused):
    """People are added to this house by staff of the corporation. Please ask them."""

    kind = Refusal.FORBIDDEN


class NotThisJoiningCode(Refused):
    """To join this house you need the code from your letter. This is not one, or it was used as often as it can be."""

    kind = Refusal.FORBIDDEN


class NeedsCodeOnPaper(Refused):
    """A second person at one address joins with a code from a letter, or is registered by staff of the corporation."""

    kind = Refusal.FORBIDDEN


@dataclass(eq=False)
class JoiningCode:
    """One household's right to join a house: so many `people` with it. Its id is a trace of the code, which is not kept."""

    id: UUID
    batch_id: UUID
    house_id: UUID
    people: int
    made_at: datetime
    used: int = 0
    withdrawn_at: datetime | None = None
    version: int = 0

    @classmethod
    def of(cls, code: str, batch: UUID, house: UUID, people: int, now: datetime) -> Self:
        return cls(trace(code, house), batch, house, people, now)

    def check(self, house: UUID) -> None:
        """Whether somebody can join this house with it. Raises NotThisJoiningCode."""
        if self.house_id != house or self.withdrawn_at or self.used >= self.people:
            raise NotThisJoiningCode(field=FIELD)

    def use(self, house: UUID) -> None:
        """Once more. Raises NotThisJoiningCode."""
        self.check(house)
        self.used += 1

    def withdraw(self, now: datetime) -> None:
        """Nobody joins with it any more; who did stays."""
        self.withdrawn_at = self.withdrawn_at or now


FIELD = "joining_code"


def trace(code: str, house: UUID) -> UUID:
    """What is kept of a code: 75 random bits are not guessed from it."""
    return UUID(bytes=sha256(f"{house}:{code}".encode()).digest()[:16])


def check_open_to(house: KnownHouse, code: UUID | None) -> bool:
    """Whether it takes a code to join. Raises HouseTakesNobody, OnlyStaffAdd, and NotThisJoiningCode where there is none."""
    if not house.open:
        raise HouseTakesNobody
    if house.joining is Joining.STAFF:
        raise OnlyStaffAdd
    if house.joining is Joining.CODE and code is None:
        raise NotThisJoiningCode(field=FIELD)
    return house.joining is Joining.CODE
