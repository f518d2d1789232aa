"""That a resident is signed in on a phone or computer, until they sign out or stay away.

A refresh token is good once: whoever brings one that was used before has it from somebody else, so the
sign-in ends (RFC 9700, 4.14.2). A phone that lost the answer may ask once more within a minute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Self
from uuid import UUID

from buurtthuis.errors import Refused

#: An access token cannot be taken back, so it does not live long.
ACCESS = timedelta(minutes=30)
STAYS = timedelta(days=90)
ANSWER_LOST = timedelta(minutes=1)


class SignInAgain(Refused):
    """You are not signed in here any more. Ask for a new code."""

    status = 403


@dataclass(eq=False)
class SignIn:
    """On one device. `digest` is what is kept of the refresh token, `before` of the one that it replaced."""

    id: UUID
    resident_id: UUID
    digest: bytes
    signed_in_at: datetime
    renewed_at: datetime
    before: bytes | None = None
    ended_at: datetime | None = None
    version: int = 0

    @classmethod
    def begin(cls, id: UUID, resident: UUID, digest: bytes, now: datetime) -> Self:
        """Somebody showed who they are."""
        return cls(id, resident, digest, now, now)

    def renew(self, brought: bytes, digest: bytes, now: datetime) -> bool:
        """Take another token for the one that is brought; whether that was right. One from long before ends it all."""
        if self.ended_at or now >= self.renewed_at + STAYS:
            return False
        if not self._takes(brought, now):
            self.ended_at = now
            return False
        if brought != self.before:
            self.before, self.renewed_at = brought, now
        self.digest = digest
        return True

    def end(self, now: datetime) -> None:
        """Sign out."""
        self.ended_at = self.ended_at or now

    def _takes(self, brought: bytes, now: datetime) -> bool:
        lost = self.before and now < self.renewed_at + ANSWER_LOST and compare_digest(brought, self.before)
        return compare_digest(brought, self.digest) or bool(lost)
