"""Taking everything about a resident away, everywhere, and being able to show it.

The request goes to every service that may know of the resident; each says what it took away. What is kept is
this: the pseudonym, which leads to nobody, and counts (GDPR, articles 17 and 5 (2)).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from buurtthuis.core.work import new_id
from buurtthuis.events import Event
from buurtthuis.events.notifications import (
    ResidentDataErased,
    ResidentErasureCompleted,
    ResidentErasureOverdue,
    ResidentErasureRequested,
)

#: After so long without every answer staff hear an alarm.
ALARM = timedelta(hours=72)
OURS = "notifications"

Counts = Mapping[str, int]


@dataclass(eq=False)
class Erasure:
    """One request. `expects` are the services that have to answer; `answers` is what each took away."""

    id: UUID
    resident_id: UUID
    requested_at: datetime
    expects: tuple[str, ...]
    answers: dict[str, dict[str, int]]
    alarmed_at: datetime | None = None
    completed_at: datetime | None = None
    version: int = 0

    @classmethod
    def requested(
        cls, resident: UUID, expects: tuple[str, ...], now: datetime
    ) -> tuple[Self, ResidentErasureRequested]:
        """Somebody wants to be forgotten."""
        erasure = cls(new_id(), resident, now, tuple(sorted({*expects, OURS})), {})
        return erasure, ResidentErasureRequested(request_id=erasure.id, resident_id=resident)

    @classmethod
    def again(cls, id: UUID, resident: UUID, expects: Collection[str], now: datetime) -> Self:
        """One that we forgot with a database that was restored, and that a service remembers."""
        return cls(id, resident, now, tuple(sorted({*expects, OURS})), {})

    @property
    def missing(self) -> tuple[str, ...]:
        """The services that have not answered."""
        return tuple(service for service in self.expects if service not in self.answers)

    def erase_ours(self, counts: Counts, now: datetime) -> list[Event]:
        """We took away what we knew."""
        ours = ResidentDataErased(request_id=self.id, resident_id=self.resident_id, counts=dict(counts))
        return [ours, *self.answer(OURS, counts, now)]

    def answer(self, service: str, counts: Counts, now: datetime) -> list[Event]:
        """One service says what it took away. The last answer completes the request; a repeat changes nothing."""
        if service in self.answers:
            return []
        self.answers = {**self.answers, service: dict(counts)}
        if self.missing or self.completed_at:
            return []
        self.completed_at = now
        erased = sum(sum(counts.values()) for counts in self.answers.values())
        return [ResidentErasureCompleted(request_id=self.id, services=len(self.answers), erased=erased)]

    def alarm(self, now: datetime) -> list[Event]:
        """Tell staff, once, that an answer is overdue."""
        if self.completed_at or self.alarmed_at or now < self.requested_at + ALARM:
            return []
        self.alarmed_at = now
        return [
            ResidentErasureOverdue(
                request_id=self.id, missing=len(self.missing), requested_at=self.requested_at
            )
        ]
