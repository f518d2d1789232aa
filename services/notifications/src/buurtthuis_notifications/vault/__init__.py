"""Seals what tells who somebody is or how to reach them, with a key that the database never sees.

Fernet (AES-128-CBC with HMAC-SHA256) by the `cryptography` library. The first key seals; the others still
open what they sealed, until `rotate` has done everything anew. Digests, keyed by the same secrets, find an
address again without opening any.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Self

from buurtthuis.core.settings import SettingsError
from buurtthuis.identity.secret_files import secret_in
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

DIGESTS = b"buurtthuis digests"


class CannotOpen(Exception):
    """No key that we have opens this."""


class Vault:
    """The keys of one deployment, the newest first."""

    def __init__(self, keys: Sequence[str], where: str = "VAULT_KEYS") -> None:
        """Raises SettingsError where one is no key; it says `where`."""
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise SettingsError(
                f"{where}: a key is 32 random bytes in url-safe base64; `buurtthuis notifications key` makes one."
            ) from None
        self._for_digests = [_derived(key) for key in keys]

    @classmethod
    def in_file(cls, path: Path) -> Self:
        """With the keys in this file, one a line, made on first use. Raises SettingsError."""
        return cls(secret_in("VAULT_KEY_FILE", path, new_key).split(), f"VAULT_KEY_FILE: {path}")

    def seal(self, words: str) -> bytes:
        return self._fernet.encrypt(words.encode())

    def open(self, secret: bytes) -> str:
        """What was sealed. Raises CannotOpen."""
        try:
            return self._fernet.decrypt(secret).decode()
        except InvalidToken:
            raise CannotOpen from None

    def rotate(self, secret: bytes) -> bytes:
        """The same, sealed with the newest key. Raises CannotOpen."""
        try:
            return self._fernet.rotate(secret)
        except InvalidToken:
            raise CannotOpen from None

    def digest(self, words: str) -> bytes:
        """What is kept to know these words again."""
        return self.digests(words)[0]

    def digests(self, words: str) -> tuple[bytes, ...]:
        """What may be kept of these words, by each key that we have."""
        return self.digests_of_any([words])

    def digests_of_any(self, names: Sequence[str]) -> tuple[bytes, ...]:
        """What may be kept of something that has these names; the first is what is kept."""
        return tuple(hmac.digest(key, name.encode(), "sha256") for name in names for key in self._for_digests)


def new_key() -> str:
    """One that nobody has."""
    return Fernet.generate_key().decode()


def _derived(key: str) -> bytes:
    """Another key from a key, so that no key is used for two things."""
    return HKDF(SHA256(), sha256().digest_size, salt=None, info=DIGESTS).derive(key.encode())
