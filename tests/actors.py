"""Who acts in tests of commands: `as_resident(JAN)`, or a member of staff."""

from uuid import UUID

from buurtthuis.core.actor import Actor, ActorKind

STAFF = Actor(ActorKind.STAFF, UUID("0190a8b0-0000-7000-8000-00000000057a"))


def as_resident(id: UUID) -> Actor:
    return Actor.of_resident(id)
