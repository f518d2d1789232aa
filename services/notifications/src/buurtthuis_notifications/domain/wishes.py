"""What a resident wants to hear of, by which roads, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from typing import Self
from uuid import UUID

from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.domain.deadlines import EVENING, MORNING
from buurtthuis.events.notifications import DeliveryChannel

from buurtthuis_notifications.domain.rules import Topic

A_DAY = 6


class Rhythm(StrEnum):
    """Whether messages of a kind come one by one, or several in one."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"


class AccountIsNeeded(Refused):
    """Messages about your own account cannot be switched off, and do not wait for others."""

    kind = Refusal.INVALID


@dataclass(frozen=True)
class Wish:
    """All that somebody can say about how they want to be told. `digest_day` is 0 for Monday."""

    off: Mapping[Topic, tuple[DeliveryChannel, ...]]
    digests: Mapping[Topic, Rhythm]
    digest_at: time
    digest_day: int
    quiet_from: time
    quiet_until: time
    at_most: int


@dataclass(eq=False)
class Wishes:
    """One resident's. `off` are the roads that a kind of message may not take; `digests` what waits for others.

    `quiet_from` until `quiet_until` is by the clock on the wall, and the same twice is never."""

    id: UUID
    off: dict[Topic, tuple[DeliveryChannel, ...]] = field(default_factory=dict)
    digests: dict[Topic, Rhythm] = field(default_factory=dict)
    digest_at: time = MORNING
    digest_day: int = 0
    quiet_from: time = EVENING
    quiet_until: time = MORNING
    at_most: int = A_DAY
    version: int = 0

    @classmethod
    def usual(cls, resident: UUID) -> Self:
        """Of somebody who never said."""
        return cls(resident)

    def wants(self, topic: Topic, channel: DeliveryChannel) -> bool:
        """Whether messages of this kind may take this road."""
        return topic is Topic.ACCOUNT or channel not in self.off.get(topic, ())

    def switch_off(self, topic: Topic, channel: DeliveryChannel) -> None:
        """None of this kind by this road any more. Raises AccountIsNeeded."""
        if topic is Topic.ACCOUNT:
            raise AccountIsNeeded(field=("off", "account"))
        self.off = {**self.off, topic: tuple(sorted({*self.off.get(topic, ()), channel}))}
        self.version += 1  # nobody is told, but whoever read them before does not overwrite this unseen

    def become(self, wish: Wish) -> None:
        """From now on these. Raises AccountIsNeeded."""
        for name in ("off", "digests"):
            if getattr(wish, name).get(Topic.ACCOUNT):
                raise AccountIsNeeded(field=(name, "account"))
        for name, value in vars(wish).items():
            setattr(self, name, value)
        self.version += 1

    def rhythm(self, topic: Topic) -> Rhythm:
        """How messages of this kind come."""
        return self.digests.get(topic, Rhythm.AT_ONCE)
