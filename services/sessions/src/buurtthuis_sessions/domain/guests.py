"""Guests: people without an account, known by a random name that their own device made up and keeps.

A guest has a pseudonym as a resident has, which follows from that name; nobody else finds it, and the name itself is kept nowhere.
Whoever signs in later on the same device says that they were this guest, and is one person from then on.
"""

from hashlib import sha256
from uuid import UUID, uuid5

from buurtthuis.core.errors import Refusal, Refused

from buurtthuis_sessions.domain.codes import as_typed

#: Apart from whatever else is made of a name.
GUESTS = UUID("9f0c1d52-0b1e-4a53-9a70-5d5a4f6f2b11")


def guest_of(name: UUID) -> UUID:
    """The pseudonym of whoever has this name."""
    return uuid5(GUESTS, name.hex)


class NoGuestsWithCode(Refused):
    """Nobody registers as a guest here with this code. It is in the letter, or on the screen in the room."""

    kind = Refusal.NOT_FOUND


class NoPlaceForGuests(Refused):
    """There is no place free in this session, and nobody could tell a guest of one that comes free. Whoever joins the house can wait for one."""


class NothingAsGuest(Refused):
    """Nothing is known of this guest: no place, no ballot in a vote that is still open, and no date that suits."""

    kind = Refusal.NOT_FOUND


def digest(code: str) -> bytes:
    """What is kept of a code that is in letters; capitals, spaces and hyphens make no difference."""
    return sha256(as_typed(code).encode()).digest()
