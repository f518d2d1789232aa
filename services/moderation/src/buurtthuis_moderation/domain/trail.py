"""What was done on a page, by whom and when: a chain in which each entry seals the one before.

Whoever changes an entry, or takes one out, breaks the chain; the trail itself knows how long it is and how it ends, so
that a last one that is missing is missed too. Who it was is sealed with a salt of its own: where somebody asks to be
forgotten both go, and the chain holds without saying who it was.
"""

import hashlib
import json
import secrets
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID, uuid5

from buurtthuis.core.actor import Actor
from buurtthuis.core.work import new_id
from buurtthuis.events import Event

from buurtthuis_moderation.domain.people import decides_as

#: Fields of events that say who; an entry holds their seal.
PEOPLE = ("author_id", "resident_id")
SALT_BYTES = 16


@dataclass(eq=False)
class Entry:
    """One deed: what, about what, and what else is known of it that nobody needs to be asked about."""

    id: UUID
    house_id: UUID
    number: int
    at: datetime
    what: str
    about: UUID
    facts: Mapping[str, Any]
    digest: str
    actor_id: UUID | None = None
    actor_salt: str | None = None
    person_id: UUID | None = None
    person_salt: str | None = None

    def sealed_after(self, before: str) -> str:
        """The digest that it must have after another."""
        told = {
            "house": str(self.house_id),
            "number": self.number,
            "at": self.at.astimezone(UTC).isoformat(),
            "what": self.what,
            "about": str(self.about),
            "facts": self.facts,
            "before": before,
        }
        return _digest(json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False))

    @property
    def names_who_it_says(self) -> bool:
        """Whether those it names are those it sealed; who was forgotten is not named."""
        actor = self.actor_id is None or seal(self.actor_id, self.actor_salt) == self.facts.get("actor")
        person = self.person_id is None or seal(self.person_id, self.person_salt) == self.facts.get("person")
        return actor and person


@dataclass(eq=False)
class Trail:
    """Of one page: so many entries, of which the last has this digest."""

    id: UUID
    house_id: UUID
    entries: int = 0
    digest: str = ""
    version: int = 0

    @classmethod
    def of(cls, house: UUID) -> Self:
        """One that is empty."""
        return cls(uuid5(house, "trail"), house)

    def note(self, event: Event, by: Actor, now: datetime) -> Entry:
        """What happened because somebody did it, or by itself."""
        actor, person = by.id, _person(event)
        actor_salt, person_salt = (secrets.token_hex(SALT_BYTES) for _ in range(2))
        left_out = {*event.erasable(), *PEOPLE, "house_id"}
        entry = Entry(
            new_id(),
            self.house_id,
            self.entries + 1,
            now,
            event.name,
            UUID(event.subject),
            {
                **event.model_dump(mode="json", exclude=left_out),
                "by": decides_as(by).value,
                "actor": actor and seal(actor, actor_salt),
                "person": person and seal(person, person_salt),
            },
            "",
            actor,
            actor_salt if actor else None,
            person,
            person_salt if person else None,
        )
        entry.digest = entry.sealed_after(self.digest)
        self.entries, self.digest = entry.number, entry.digest
        return entry


@dataclass(frozen=True)
class Fault:
    """Where a trail is not as it was written: at the entry with this number, counted from 1."""

    number: int
    what: str


async def first_fault(trail: Trail, entries: AsyncIterable[Entry]) -> Fault | None:
    """Where it is broken first, if at all; `entries` come in order of their numbers and need not fit in memory."""
    before, number = "", 0
    async for entry in entries:
        number += 1
        if entry.number != number:
            return Fault(number, "is missing")
        if entry.digest != entry.sealed_after(before):
            return Fault(number, "was changed")
        if not entry.names_who_it_says:
            return Fault(number, "names somebody else")
        before = entry.digest
    if number < trail.entries:
        return Fault(number + 1, "is missing")
    return Fault(number, "was added") if (number, before) != (trail.entries, trail.digest) else None


def seal(person: UUID, salt: str | None) -> str:
    """Tells whether it was them, to whoever has the salt."""
    return _digest(f"{salt}:{person}")


def _person(event: Event) -> UUID | None:
    return next((person for name in PEOPLE if (person := getattr(event, name, None))), None)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
