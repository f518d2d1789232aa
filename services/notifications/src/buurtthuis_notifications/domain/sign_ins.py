"""That a resident is signed in on a phone or computer, until they sign out or stay away.

A refresh token is good once: whoever brings one that was used before has it from somebody else, so the
sign-in ends (RFC 9700, 4.14.2). Two tabs that renew at once, or a phone that lost the answer, get the same answer
for half a minute. One that somebody made up ends nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Self
from uuid import UUID

from buurtthuis.errors import Refused

ACCESS = timedelta(minutes=30)
#: How long somebody stays signed in who does not come back, and who does.
STAYS = timedelta(days=90)
LASTS = timedelta(days=180)
ANSWER_LOST = timedelta(seconds=30)


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

    @property
    def live(self) -> bool:
        """Whether nobody has ended it."""
        return self.ended_at is None

    def renew(self, brought: bytes, digest: bytes, now: datetime, *, ours: bool) -> bool:
        """Take the token that follows for the one that is brought; whether that was right.

        One of ours that was used before ends it all."""
        if not self.live or now >= min(self.renewed_at + STAYS, self.signed_in_at + LASTS):
            return False
        if compare_digest(brought, self.digest):
            self.before, self.renewed_at, self.digest = brought, now, digest
            return True
        if self._answer_was_lost(brought, now):
            return True
        if ours:
            self.end(now)
        return False

    def end_with(self, brought: bytes, now: datetime, *, ours: bool) -> bool:
        """Sign out with a token, used or not; whether that ended anything."""
        ends = self.live and (ours or compare_digest(brought, self.digest))
        if ends:
            self.end(now)
        return ends

    def end(self, now: datetime) -> None:
        """Sign out."""
        self.ended_at = self.ended_at or now

    def _answer_was_lost(self, brought: bytes, now: datetime) -> bool:
        soon = self.before is not None and now < self.renewed_at + ANSWER_LOST
        return soon and compare_digest(brought, self.before or b"")
