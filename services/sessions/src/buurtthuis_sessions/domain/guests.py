"""Guests: people without an account, known by a random name that their own device made up and keeps.

A guest has a pseudonym as a resident has, which follows from that name; nobody else finds it, and the name itself is kept nowhere.
Whoever signs in later on the same device says that they were this guest, and is one person from then on.
"""

from uuid import UUID, uuid5

#: Apart from whatever else is made of a name.
GUESTS = UUID("9f0c1d52-0b1e-4a53-9a70-5d5a4f6f2b11")


def guest_of(name: UUID) -> UUID:
    """The pseudonym of whoever has this name."""
    return uuid5(GUESTS, name.hex)
