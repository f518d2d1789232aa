"""Codes that are sent to an address, to show that it is somebody's own.

In a link they are 256 random bits; to type in, six digits with few tries. Only traces of them are kept. Whoever
presses the button on our own page shows that the address is theirs: that resident is `let_in`, and whoever brings the code
afterwards is signed in as them.
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
    """Sent to one address. `link` and `digits` are traces. With `adds` a resident who is signed in has it too.

    `let_in` is whose address it was shown to be, before anybody was signed in with it."""

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
    let_in: UUID | None = None
    version: int = 0

    @property
    def sealed(self) -> SealedAddress:
        """The address that it was sent to."""
        return SealedAddress(self.kind, self.secret, self.digests)

    def try_with(self, traces: Iterable[bytes], now: datetime) -> bool:
        """Whether one of these is the code's, and it is good now.

        Digits have few tries, right or wrong. The link's bits nobody guesses, so it works however often digits were tried."""
        brought = tuple(traces)
        if not self._is_good(now):
            return False
        if _is_among(brought, self.link):
            return True
        self.tries += 1
        return self.tries <= TRIES and _is_among(brought, self.digits)

    def is_linked(self, link: bytes, now: datetime) -> bool:
        """Whether this is of its link, and it is good now."""
        return self._is_good(now) and compare_digest(link, self.link)

    def _is_good(self, now: datetime) -> bool:
        return self.used_at is None and now < self.expires_at

    def use_up(self, now: datetime) -> None:
        """Nobody uses it again."""
        self.used_at = now


def _is_among(brought: Iterable[bytes], kept: bytes) -> bool:
    return any(compare_digest(digest, kept) for digest in brought)
