"""Who acts: in every command that asks who, and in the envelope of what happened."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID


class ActorKind(StrEnum):
    """As what somebody acts, in the words of the envelope."""

    SYSTEM = "system"
    OPERATOR = "operator"
    STAFF = "staff"
    CHAIN_PARTNER = "chain_partner"
    GUIDE = "guide"
    CARETAKER = "caretaker"
    RESIDENT = "resident"
    #: Nobody asked who: whoever follows a link of a message.
    VISITOR = "visitor"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts as one kind of person, also where they are several.

    `id` is a pseudonym within one corporation; the system and visitors have none."""

    kind: ActorKind
    id: UUID | None = None

    @classmethod
    def of_resident(cls, id: UUID) -> Self:
        """A resident who acts for themselves."""
        return cls(ActorKind.RESIDENT, id)

    @property
    def person(self) -> UUID:
        """Who acts, of whatever kind. Raises ValueError for the system and for visitors."""
        if self.id is None:
            raise ValueError(f"{self.kind} is nobody")
        return self.id

    @property
    def resident(self) -> UUID | None:
        """The resident who acts; None for everybody else."""
        return self.id if self.is_resident else None

    @property
    def is_resident(self) -> bool:
        """Whether they speak for themselves alone."""
        return self.kind is ActorKind.RESIDENT

    @property
    def is_staff(self) -> bool:
        """Whether they are of the corporation's own people."""
        return self.kind is ActorKind.STAFF

    @property
    def is_system(self) -> bool:
        """Whether a timer or a reaction acts, and no person."""
        return self.kind is ActorKind.SYSTEM

    def written(self) -> str:
        """As envelopes name them: a resident by pseudonym, everybody else by kind alone."""
        return f"{self.kind}:{self.id}" if self.resident else self.kind.value


#: Timers and reactions.
SYSTEM = Actor(ActorKind.SYSTEM)


def resident_of(written: str) -> UUID | None:
    """The resident whom an envelope names; None for everybody else, also of a kind that is not known here."""
    kind, _, resident = written.partition(":")
    return UUID(resident) if kind == ActorKind.RESIDENT and resident else None
