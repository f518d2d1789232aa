"""Codes that are shown in a room, to be typed on a phone: 40 random bits in signs that are not mistaken for each other.

Crockford's base 32 (https://www.crockford.com/base32.html).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.domain.allowances import TooOften

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
READ_AS = str.maketrans("ILO", "110", "- ")
#: So many wrong codes one resident may type in so long a time.
TRIES = 10
TRIES_WITHIN = timedelta(minutes=15)


class NoVoteWithCode(Refused):
    """There is no vote open with this code. It is 8 letters and digits, as shown in the room."""

    kind = Refusal.NOT_FOUND


class NoDoorWithCode(Refused):
    """Nobody is checked in with this code. It is 8 letters and digits, as shown at the door."""

    kind = Refusal.NOT_FOUND


class TooManyTries(TooOften):
    """Too many wrong codes. Please try again in {minutes} minutes, or ask the host for a card."""


def new_code() -> str:
    """A code that nobody guesses while it is good: `K7QP-2MXD`."""
    return _grouped("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


def as_typed(code: str) -> str:
    """The code that somebody meant; capitals, spaces and hyphens make no difference."""
    return _grouped(code.upper().translate(READ_AS))


def _grouped(symbols: str) -> str:
    return f"{symbols[:4]}-{symbols[4:]}"


@dataclass(eq=False)
class WrongCodes:
    """How many wrong codes a resident, whose id this has, typed since a moment."""

    id: UUID
    since: datetime
    wrong: int = 0
    version: int = 0

    def count(self, now: datetime) -> None:
        """One more."""
        if now >= self.since + TRIES_WITHIN:
            self.since, self.wrong = now, 0
        self.wrong += 1

    def check(self, now: datetime) -> None:
        """Raises TooManyTries."""
        left = self.since + TRIES_WITHIN - now
        if self.wrong >= TRIES and left > timedelta():
            raise TooManyTries(left)
