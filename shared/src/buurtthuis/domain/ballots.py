"""What keeps a ballot secret: the box of one survey or one vote, whose secrets are burnt when it is over.

A ballot goes into the box sealed, in the transaction that notes who answered. So whoever reads the tables, dead rows,
the write-ahead log or a back-up sees who, by an id that leads back to nobody, and a sealed ballot. All are opened
together when the box is. The secrets are kept sealed with keys that the database never sees (`Sealed`).
"""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self
from uuid import UUID, uuid5

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from buurtthuis.core.errors import NotFound
from buurtthuis.core.work import Work
from buurtthuis.domain.paper_codes import derived_code

#: A sealed ballot is so long, or twice, four times as long: its length tells next to nothing.
SHORTEST = 512
NONCE = 12


@dataclass(eq=False)
class BallotBox:
    """The secrets of one survey or vote: `salts` make the ids of who answered, `key` seals what they answered.

    `spent` says that something of it was thrown away, and is still to be burnt where it was written."""

    id: UUID
    salts: tuple[bytes, ...] | None
    key: bytes | None = field(default_factory=lambda: AESGCM.generate_key(256))
    spent: bool = False
    version: int = 0

    @staticmethod
    def id_of(of: UUID) -> UUID:
        """The id of the box of this survey or vote."""
        return uuid5(of, "ballot box")

    @classmethod
    def new(cls, of: UUID, before: Iterable[bytes] = ()) -> Self:
        """For this survey or vote. Where salts of another come `before`, whoever it knows is known here too."""
        return cls(cls.id_of(of), (*before, secrets.token_bytes(16)))

    def voter(self, proof: str) -> UUID:
        """The id of whoever has this proof."""
        assert self.salts is not None
        return voter_id(self.salts, proof)

    def carry_over(self, voter: UUID) -> UUID:
        """The id here of whoever has this one in the box before."""
        assert self.salts
        return UUID(bytes=_short(self.salts[-1], voter.bytes))

    def slip(self, voter: UUID) -> UUID:
        """The id of a note about the ballot of this voter, which nobody finds who has not the key."""
        assert self.key
        return UUID(bytes=_short(self.key, voter.bytes))

    def code(self, of: str) -> str:
        """The code on paper for this household, the same whenever it is asked for, until the key is burnt."""
        assert self.key
        return derived_code(self.key, of)

    def seal(self, ballot: bytes) -> bytes:
        """What can be kept of a ballot or whatever else is a secret of this box: a document that may end in spaces. It is never the
        same twice."""
        assert self.key
        nonce = secrets.token_bytes(NONCE)
        return nonce + AESGCM(self.key).encrypt(nonce, ballot.ljust(_length(len(ballot))), None)

    def unseal(self, sealed: bytes) -> bytes:
        """What was sealed; it may end in spaces."""
        assert self.key
        return AESGCM(self.key).decrypt(sealed[:NONCE], sealed[NONCE:], None)

    def empty(self, *, keep_salts: bool = False) -> None:
        """All ballots are out of it: nothing is opened any more, nor, unless salts are kept, anybody known again."""
        self.key, self.spent = None, True
        if not keep_salts:
            self.salts = None


async def box_of(of: UUID, work: Work) -> BallotBox | None:
    """The box of this survey or vote, to change; there is none where nobody answered yet."""
    return next(iter(await work.find(BallotBox, id=BallotBox.id_of(of))), None)


async def box_to_use(created: BallotBox, work: Work) -> BallotBox:
    """The box with this one's id, which many may use at once; this one itself where there is none yet."""
    try:
        return await work.share(BallotBox, created.id)
    except NotFound:
        return await work.get_or_keep(created)


def voter_id(salts: Iterable[bytes], proof: str) -> UUID:
    """The id that follows from a proof and these secrets, one after the other."""
    digest = proof.encode()
    for salt in salts:
        digest = _short(salt, digest)
    return UUID(bytes=digest)


def _short(salt: bytes, message: bytes) -> bytes:
    return hmac.digest(salt, message, sha256)[:16]


def _length(length: int) -> int:
    """The next of 512, 1024, 2048, …"""
    return max(SHORTEST, 1 << (length - 1).bit_length())
