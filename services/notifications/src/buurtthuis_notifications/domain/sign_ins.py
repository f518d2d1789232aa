"""That a resident is signed in on a phone or computer, until they sign out or stay away.

A refresh token is good once: whoever brings one that was used before has it from somebody else, so the
sign-in ends (RFC 9700, 4.14.2). Tabs that renew at once, or a phone that lost the answer, get what is good now for half a minute
after theirs was replaced, however often that one was since. And whose answer was lost for longer brings the token that was
replaced last: as long as nobody brought the one that follows, that one is no good any more and another one stands for it. Had it
arrived somewhere after all, whoever brings it ends the sign-in. One that somebody made up ends nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Self
from uuid import UUID

from buurtthuis.core.errors import Refusal, Refused

ACCESS = timedelta(minutes=30)
#: How long somebody stays signed in who does not come back, and who does.
STAYS = timedelta(days=90)
LASTS = timedelta(days=180)
ANSWER_LOST = timedelta(seconds=30)
#: No device renews oftener within that time.
AT_ONCE = 20


class SignInAgain(Refused):
    """You are not signed in here any more. Ask for a new code."""

    kind = Refusal.FORBIDDEN


@dataclass(frozen=True)
class Replaced:
    """What is kept, in hex, of a refresh token that another one followed at this moment."""

    digest: str
    at: datetime

    def was_just(self, now: datetime) -> bool:
        """Whether somebody may not know yet that it was replaced."""
        return now < self.at + ANSWER_LOST


@dataclass(frozen=True)
class Following:
    """What is kept of the refresh token that follows another one: `digest` usually, and `instead` where that one was lost,
    which was made with this `turn`."""

    digest: bytes
    instead: bytes
    turn: UUID


@dataclass(eq=False)
class SignIn:
    """On one device. `digest` is what is kept of the refresh token, `before` of the one that it replaced, `earlier` of those
    that were just replaced before that; `turn` is what was last used to make one that stands for a lost one."""

    id: UUID
    resident_id: UUID
    digest: bytes
    signed_in_at: datetime
    renewed_at: datetime
    before: bytes | None = None
    earlier: tuple[Replaced, ...] = ()
    ended_at: datetime | None = None
    turn: UUID | None = None
    version: int = 0

    @classmethod
    def begin(cls, id: UUID, resident: UUID, digest: bytes, now: datetime) -> Self:
        """Somebody showed who they are."""
        return cls(id, resident, digest, now, now)

    @property
    def live(self) -> bool:
        """Whether nobody has ended it."""
        return self.ended_at is None

    def renew(self, brought: bytes, following: Following, now: datetime, *, ours: bool) -> bool:
        """Take the token that follows for the one that is brought; whether that was right.

        One of ours that was used before ends it all, and so does time."""
        if now >= min(self.renewed_at + STAYS, self.signed_in_at + LASTS):
            self.end(now)
        if not self.live:
            return False
        just_replaced = self._just_replaced(now)
        if compare_digest(brought, self.digest):
            self.earlier = just_replaced[1 - AT_ONCE :]
            self.before, self.renewed_at, self.digest = brought, now, following.digest
            return True
        if any(compare_digest(brought.hex(), earlier.digest) for earlier in just_replaced):
            return True
        if self.before and compare_digest(brought, self.before):
            self.renewed_at, self.digest, self.turn = now, following.instead, following.turn
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
        self.ended_at = self.ended_at or now

    def _just_replaced(self, now: datetime) -> tuple[Replaced, ...]:
        before = (Replaced(self.before.hex(), self.renewed_at),) if self.before else ()
        return tuple(earlier for earlier in (*self.earlier, *before) if earlier.was_just(now))
