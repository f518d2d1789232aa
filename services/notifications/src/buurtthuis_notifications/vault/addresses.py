"""Addresses as the vault takes them: sealed, and known again by digests, however they are written."""

import json
from collections.abc import Callable
from typing import Any

import orjson

from buurtthuis_notifications.domain.addresses import AddressKind, SealedAddress
from buurtthuis_notifications.domain.allowances import mailbox
from buurtthuis_notifications.domain.walking import runs
from buurtthuis_notifications.vault import Vault

#: What is kept as one word.
PLAIN = (AddressKind.EMAIL, AddressKind.MOBILE, AddressKind.TELEPHONE)


def seal_address(vault: Vault, kind: AddressKind, words: str) -> SealedAddress:
    """An address as it is kept."""
    return SealedAddress(kind, vault.seal(words), vault.digests_of_any(names(kind, words)))


def open_address(vault: Vault, kind: AddressKind, secret: bytes) -> str | dict[str, Any]:
    """An address as somebody reads their own. Raises CannotOpen."""
    words = vault.open(secret)
    return words if kind in PLAIN else orjson.loads(words)


def named(kind: AddressKind, words: str) -> str:
    """What an address is known by again: a browser by where it is reached, whatever its keys are, a mailbox and a door however
    they are written."""
    return f"{kind.value}:{KNOWN_BY.get(kind, str)(words)}"


def names(kind: AddressKind, words: str) -> list[str]:
    """What an address may be known by, as it is now first: a mailbox was known by one way to write it."""
    return list(dict.fromkeys((named(kind, words), f"{kind.value}:{words}")))


def _endpoint(words: str) -> str:
    return str(json.loads(words)["endpoint"])


def _place(words: str) -> str:
    """A door however it is written, and whoever's name is on it."""
    door = json.loads(words)
    return "-".join(runs(f"{door['postcode']} {door['number']}"))


KNOWN_BY: dict[AddressKind, Callable[[str], str]] = {
    AddressKind.PUSH: _endpoint,
    AddressKind.DOOR: _place,
    AddressKind.EMAIL: mailbox,
}
