"""Codes that are sent to an address, to show that it is somebody's own.

In a link they are 256 random bits; to type in, six digits with few tries. Only traces of them are kept.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from buurtthuis.errors import Refused

from buurtthuis_notifications.domain.addresses import AddressKind, Sealed
from buurtthuis_notifications.domain.residents import Agreed, ReadingLevel

LIFETIME = timedelta(minutes=15)
TRIES = 5
DIGITS = 6

#: So many codes are sent in an hour to one address, for one network and in one corporation.
FOR_ADDRESS = 5
FOR_NETWORK = 60
FOR_CORPORATION = 3000
#: So often in an hour digits are tried from one network, right or wrong.
GUESSES = 60
#: The same by all together of whom nobody knows where they are: it locks no corporation out, and who
#: guesses all the time is right once in a thousand hours.
GUESSES_TOGETHER = 1000


class NotThisCode(Refused):
    """This is not the code, or it is no longer good. Codes are good for 15 minutes, once; you can ask for a new one."""

    status = 403


def new_token() -> str:
    """256 random bits, as an address takes them."""
    return secrets.token_urlsafe(32)


def new_digits() -> str:
    """Six digits, to be typed in."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


@dataclass(frozen=True)
class Wish:
    """What somebody wants with a code besides being known: to be in a house, to be written to so, to agree."""

    house_id: UUID | None
    language: str
    level: ReadingLevel
    agreed: tuple[Agreed, ...] = ()


@dataclass(eq=False)
class OneTimeCode:
    """Sent to one address. `link` and `digits` are traces. With `adds` a resident who is signed in has it too."""

    id: UUID
    kind: AddressKind
    secret: bytes
    digests: tuple[bytes, ...]
    link: bytes
    digits: bytes
    wish: Wish
    expires_at: datetime
    adds: UUID | None = None
    tries: int = 0
    used_at: datetime | None = None
    version: int = 0

    @property
    def sealed(self) -> Sealed:
        """The address that it was sent to."""
        return Sealed(self.kind, self.secret, self.digests)

    def try_with(self, traces: Iterable[bytes], now: datetime) -> bool:
        """Whether one of these is the code's, and it is good now. Digits have few tries, right or wrong."""
        self.tries += 1
        good = not self.used_at and now < self.expires_at and self.tries <= TRIES
        matches = [compare_digest(one, mine) for one in traces for mine in (self.link, self.digits)]
        return good and any(matches)

    def use_up(self, now: datetime) -> None:
        """Nobody uses it again."""
        self.used_at = now
