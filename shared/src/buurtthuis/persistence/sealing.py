"""Seals what is kept in a column, with keys that the database never sees.

Fernet (AES-128-CBC with HMAC-SHA256) by the `cryptography` library. The first key seals; the others still open what
they sealed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.settings import Settings, SettingsError
from buurtthuis.identity.secret_files import secret_in

#: What every Fernet token begins with: its version, 0x80, in base64.
SEALED = "gAAAAA"


class CannotUnseal(Refused):
    """What is sealed here cannot be opened: the operator has to put the key back that sealed it (SEAL_KEYS)."""

    kind = Refusal.UNAVAILABLE


class Seals:
    """The keys of one deployment, the newest first."""

    def __init__(self, keys: Sequence[str], where: str = "SEAL_KEYS") -> None:
        """Raises SettingsError where one is no key; it says `where`."""
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise SettingsError(f"{where}: a key is 32 random bytes in url-safe base64.") from None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The deployment's own; in a file they are made on first use. Raises SettingsError where there is none."""
        if settings.seal_keys:
            return cls(settings.seal_keys.split())
        path = cls.file(settings)
        if path is None:
            raise SettingsError(
                "Set SEAL_KEYS or SEAL_KEYS_FILE: ballots and what residents need are sealed with it."
            )
        return cls.in_file(path)

    @staticmethod
    def file(settings: Settings) -> Path | None:
        """Where the keys are that are not in the settings themselves."""
        beside = settings.issuer_key_file and settings.issuer_key_file.with_name("seal.keys")
        return settings.seal_keys_file or beside

    @classmethod
    def in_file(cls, path: Path) -> Self:
        """With the keys in this file, one a line, made on first use. Raises SettingsError."""
        text = secret_in("SEAL_KEYS_FILE", path, lambda: Fernet.generate_key().decode())
        return cls(text.split(), f"SEAL_KEYS_FILE: {path}")

    def seal(self, value: bytes) -> str:
        """What can be kept."""
        return self._fernet.encrypt(value).decode()

    def unseal(self, sealed: str) -> bytes:
        """What was sealed. Raises CannotUnseal."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise CannotUnseal from None

    def opened(self, kept: str) -> object:
        """What a column that is `Sealed` has for a value, as JSON has it. Raises CannotUnseal."""
        return orjson.loads(self.unseal(kept)) if kept.startswith(SEALED) else kept
