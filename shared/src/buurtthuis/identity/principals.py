"""Who is asking: a principal with a corporation and roles."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.errors import Forbidden, ForNoHouse
from buurtthuis.core.houses import ALL_HOUSES, Houses
from buurtthuis.core.rights import GivenRight


class Role(StrEnum):
    """What somebody may be within a corporation, the highest first."""

    SYSTEM = "system"
    OPERATOR = "operator"
    STAFF = "staff"
    CHAIN_PARTNER = "chain_partner"
    GUIDE = "guide"
    CARETAKER = "caretaker"
    RESIDENT = "resident"


#: Roles that can be for some houses only. A resident's houses are those that they belong to, which each service knows.
OF_HOUSES = frozenset({Role.STAFF, Role.CHAIN_PARTNER, Role.GUIDE, Role.CARETAKER})


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
    #: For which houses they have a role, where that is said; else it is for all.
    limits: Mapping[Role, Houses] = field(default_factory=dict)
    #: What staff gave them that counts now: see `rights.entitled`.
    rights: tuple[GivenRight, ...] = ()
    #: For which they are let in: see `let_in_as`.
    houses: Houses = ALL_HOUSES

    @property
    def actor(self) -> Actor:
        """As what an event's envelope names them: the highest that they are."""
        return self.acting_as(Role)

    def acting_as(self, roles: Iterable[Role]) -> Actor:
        """The highest of these that they are. Raises ValueError where they are none of them."""
        highest = min(self.roles.intersection(roles), key=list(Role).index)
        return Actor(ActorKind(highest), self.subject)

    def let_in_as(self, roles: Collection[Role]) -> "Principal":
        """With the houses of the highest of these roles that they have for any, and with the roles that hold in all of those.

        So nobody has in one house what they are in another. Raises Forbidden, or ForNoHouse."""
        theirs = sorted(self.roles.intersection(roles), key=list(Role).index)
        if not theirs:
            raise Forbidden(roles=named(roles))
        if not self.limits:
            return self
        houses = next(filter(None, map(self.houses_of, theirs)), None)
        if houses is None:
            raise ForNoHouse(role=named(theirs))
        return replace(
            self,
            houses=houses,
            roles=frozenset(role for role in self.roles if self.houses_of(role) >= houses),
        )

    def houses_of(self, role: Role) -> Houses:
        """For which houses they have it, if they have it."""
        return self.limits.get(role, ALL_HOUSES)


def named(roles: Iterable[Role]) -> str:
    """For a sentence."""
    return ", ".join(sorted(role.replace("_", " ") for role in roles))
