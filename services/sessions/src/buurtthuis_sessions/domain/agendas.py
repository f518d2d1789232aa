"""The secret address of a resident's own calendar feed."""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Self
from uuid import UUID


def new_key() -> str:
    """256 random bits, as an address takes them."""
    return secrets.token_urlsafe(32)


def digest(key: str) -> bytes:
    """What is kept of a key."""
    return sha256(key.encode()).digest()


def calendar_id(key: str) -> UUID:
    """What the calendar behind a key is called by programs that keep it: it leaves us, so it tells of nobody."""
    return UUID(bytes=sha256(f"calendar of {key}".encode()).digest()[:16])


@dataclass(eq=False)
class AgendaKey:
    """One for each resident at most; whoever has the key reads that agenda, and does nothing else."""

    id: UUID
    digest: bytes | None = None
    version: int = 0

    @classmethod
    def of(cls, resident: UUID) -> Self:
        """Not made yet."""
        return cls(resident)

    def renew(self, key: str) -> None:
        """From now on this key opens it, and no other."""
        self.digest = digest(key)

    def revoke(self) -> None:
        """From now on no key opens it."""
        self.digest = None
