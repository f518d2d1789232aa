"""The aggregate and its rules: plain Python, which knows no database and no HTTP."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from buurtthuis import Refused, new_id

from lent_keys.events import KeyBroughtBack, KeyLent, KeyMissing


class KeyState(StrEnum):
    LENT = "lent"
    MISSING = "missing"
    BACK = "back"


class KeyIsBack(Refused):
    """This key was brought back already."""


@dataclass(eq=False)
class Key:
    """A key that somebody borrowed. The library counts its `version`."""

    id: UUID
    room: str
    due_at: datetime
    state: KeyState = KeyState.LENT
    rung: bool = False
    version: int = 0

    @classmethod
    def lend(cls, room: str, due_at: datetime) -> tuple["Key", KeyLent]:
        key = cls(new_id(), room, due_at)
        return key, KeyLent(key_id=key.id, room=room, due_at=due_at)

    def miss(self, now: datetime) -> KeyMissing | None:
        """Nothing, where another replica was faster or it has come back meanwhile."""
        if self.state is not KeyState.LENT or now < self.due_at:
            return None
        self.state = KeyState.MISSING
        return KeyMissing(key_id=self.id)

    def bring_back(self) -> KeyBroughtBack:
        if self.state is KeyState.BACK:
            raise KeyIsBack
        self.state = KeyState.BACK
        return KeyBroughtBack(key_id=self.id)
