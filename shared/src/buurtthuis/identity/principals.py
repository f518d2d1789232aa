"""Who is asking: a principal with a corporation and roles."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from buurtthuis.core.actor import Actor, ActorKind


class Role(StrEnum):
    """What somebody may be within a corporation, the highest first."""

    SYSTEM = "system"
    OPERATOR = "operator"
    STAFF = "staff"
    CHAIN_PARTNER = "chain_partner"
    GUIDE = "guide"
    RESIDENT = "resident"


@dataclass(frozen=True)
class Principal:
    """Somebody who is let in: a pseudonym within one corporation, and what they may be there."""

    corporation: str
    subject: UUID
    roles: frozenset[Role]
    issued_at: datetime
    expires_at: datetime
    #: By whichever of these their token can be taken back: their own, of the sign-in that it came from, and the token's.
    ids: frozenset[UUID]
    #: The one that a chain partner works for, where the corporation knows it: what is its, is each colleague's.
    organisation: str | None = None

    @property
    def actor(self) -> Actor:
        """As what an event's envelope names them: the highest that they are."""
        return self.acting_as(Role)

    def acting_as(self, roles: Iterable[Role]) -> Actor:
        """The highest of these that they are. Raises ValueError where they are none of them."""
        highest = min(self.roles.intersection(roles), key=list(Role).index)
        return Actor(ActorKind(highest), self.subject)
