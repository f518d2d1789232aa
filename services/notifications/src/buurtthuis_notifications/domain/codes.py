"""Codes that are sent to an address, to show that it is somebody's own.

In a link they are 256 random bits; to type in, six digits with few tries. Only traces of them are kept.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from buurtthuis.core.errors import Refusal, Refused

from buurtthuis_notifications.domain.addresses import AddressKind, SealedAddress
from buurtthuis_notifications.domain.residents import Agreed, ReadingLevel, reads

LIFETIME = timedelta(minutes=15)
TRIES = 5
DIGITS = 6


class NotThisCode(Refused):
    """This is not the code, or it is no longer good. Codes are good for 15 minutes, once; you can ask for a new one."""

    kind = Refusal.FORBIDDEN


def new_token() -> str:
    """256 random bits, as an address takes them."""
    return secrets.token_urlsafe(32)


def new_digits() -> str:
    """Six digits, to be typed in."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


@dataclass(frozen=True)
class CodeRequest:
    """What whoever asks for a code wants, where the address is nobody's yet: to be in a house, to be written to so, to agree.

    Of whoever has the address already it says nothing: anybody may have asked. With `another` it is for somebody else at the
    same address, whom a code on paper lets in; they are `called` so, sealed."""

    house_id: UUID | None
    language: str
    level: ReadingLevel
    agreed: tuple[Agreed, ...] = ()
    joining_code: UUID | None = None
    another: bool = False
    called: bytes | None = None

    @property
    def reads(self) -> str:
        """The language that they are written to in."""
        return reads(self.language, self.level)


@dataclass(eq=False)
class OneTimeCode:
    """Sent to one address. `link` and `digits` are traces. With `adds` a resident who is signed in has it too."""

    id: UUID
    kind: AddressKind
    secret: bytes
    digests: tuple[bytes, ...]
    link: bytes
    digits: bytes
    wish: CodeRequest
    expires_at: datetime
    adds: UUID | None = None
    tries: int = 0
    used_at: datetime | None = None
    version: int = 0

    @property
    def sealed(self) -> SealedAddress:
        """The address that it was sent to."""
        return SealedAddress(self.kind, self.secret, self.digests)

    def try_with(self, traces: Iterable[bytes], now: datetime) -> bool:
        """Whether one of these is the code's, and it is good now.

        Digits have few tries, right or wrong. The link's bits nobody guesses, so it works however often digits were tried."""
        brought = tuple(traces)
        if self.used_at or now >= self.expires_at:
            return False
        if _is_among(brought, self.link):
            return True
        self.tries += 1
        return self.tries <= TRIES and _is_among(brought, self.digits)

    def use_up(self, now: datetime) -> None:
        """Nobody uses it again."""
        self.used_at = now


def _is_among(brought: Iterable[bytes], kept: bytes) -> bool:
    return any(compare_digest(digest, kept) for digest in brought)
