"""One thing to tell one person, until they know it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from buurtthuis.events.notifications import Channel
from buurtthuis.work import new_id


@dataclass(eq=False)
class Message:
    """PROVISIONAL, until w-delivery is merged."""

    id: UUID
    rule: str
    channel: Channel
    address: bytes
    secret: bytes
    language: str
    expires_at: datetime
    made_at: datetime
    reason: str | None = None
    version: int = 0

    @classmethod
    def to_address(
        cls,
        rule: str,
        channel: Channel,
        address: bytes,
        secret: bytes,
        language: str,
        expires_at: datetime,
        now: datetime,
    ) -> Self:
        """To an address that is nobody's yet."""
        return cls(new_id(), rule, channel, address, secret, language, expires_at, now)

    def suppress(self, reason: str) -> None:
        """Not to be sent."""
        self.reason = reason
