"""Residents who cannot write on a page for a while."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.work import new_id
from buurtthuis.events.moderation import ResidentMuted, ResidentUnmuted


class Muted(Refused):
    """You cannot do this on the page of this house before {until}."""

    kind = Refusal.FORBIDDEN


class NotMuted(Refused):
    """This is over already."""


@dataclass(eq=False)
class Mute:
    """One resident, on the page of one house, until a moment; `lifted` before that."""

    id: UUID
    house_id: UUID
    resident_id: UUID
    until: datetime
    lifted: bool = False
    version: int = 0

    @classmethod
    def resident(cls, house: UUID, resident: UUID, until: datetime) -> tuple[Self, ResidentMuted]:
        """From now on."""
        mute = cls(new_id(), house, resident, until)
        return mute, ResidentMuted(mute_id=mute.id, house_id=house, resident_id=resident, until=until)

    def lasts(self, now: datetime) -> bool:
        """Whether they cannot write now because of this."""
        return not self.lifted and now < self.until

    def lift(self, now: datetime) -> ResidentUnmuted:
        """They can write again."""
        if not self.lasts(now):
            raise NotMuted
        self.lifted = True
        return ResidentUnmuted(mute_id=self.id, house_id=self.house_id, resident_id=self.resident_id)
