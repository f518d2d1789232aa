"""Who was given which role in which house, by whom and until when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from buurtthuis.core.actor import ActorKind
from buurtthuis.core.errors import Invalid, Refusal, Refused
from buurtthuis.core.rights import GivenRight
from buurtthuis.core.work import new_id
from buurtthuis.events.notifications import GivenRole, RightGiven, RightTakenAway


class HasRightAlready(Refused):
    """They have this role in this house already. To give it another end, take it away first."""


class NotForYourself(Refused):
    """Nobody gives rights to themselves: ask a colleague."""

    kind = Refusal.FORBIDDEN


class RightHasEnded(Refused):
    """This right has ended already."""


@dataclass(frozen=True)
class Held:
    """Whose role it is, and in which house; in all of them where none is said."""

    subject_id: UUID
    role: GivenRole
    house_id: UUID | None = None


@dataclass(eq=False)
class Right:
    """A role that somebody, by pseudonym, was given for a house, or for all; `until` it ends, or was taken away."""

    id: UUID
    subject_id: UUID
    role: GivenRole
    house_id: UUID | None
    given_by: UUID
    given_at: datetime
    until: datetime | None = None
    taken_away_by: UUID | None = None
    version: int = 0

    @classmethod
    def give(
        cls, held: Held, by: UUID, now: datetime, until: datetime | None = None
    ) -> tuple[Self, RightGiven]:
        """From now on. Raises Invalid where it would have ended."""
        if until and until <= now:
            raise Invalid("This moment has passed.", field="until")
        right = cls(new_id(), held.subject_id, held.role, held.house_id, by, now, until)
        return right, RightGiven(right_id=right.id, **vars(held), until=until)

    @property
    def held(self) -> Held:
        """What it gives."""
        return Held(self.subject_id, self.role, self.house_id)

    def given(self) -> GivenRight:
        """As each service keeps it."""
        return GivenRight(self.id, self.subject_id, ActorKind(self.role.value), self.house_id, self.until)

    def holds(self, now: datetime) -> bool:
        """Whether it has not ended."""
        return self.given().holds(now)

    def check_holds(self, now: datetime) -> None:
        """Raises RightHasEnded."""
        if not self.holds(now):
            raise RightHasEnded

    def take_away(self, by: UUID, now: datetime) -> RightTakenAway:
        """Before its end. Raises RightHasEnded."""
        self.check_holds(now)
        self.until, self.taken_away_by = now, by
        return RightTakenAway(right_id=self.id, **vars(self.held), until=now)
