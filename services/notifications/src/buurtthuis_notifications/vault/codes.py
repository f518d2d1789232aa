"""Codes as they are made: what goes out sealed, and the traces by which they are known again.

A code in a link is 256 random bits, so its hash says nothing; six digits are few, so their trace is keyed.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from uuid import UUID

from buurtthuis.core.work import new_id

from buurtthuis_notifications.commands.codes import Askers, AskForCode
from buurtthuis_notifications.domain.addresses import SealedAddress
from buurtthuis_notifications.domain.codes import CodeRequest, new_digits, new_token
from buurtthuis_notifications.vault import Vault

#: From a code's id and the secret that opens it.
Links = Callable[[UUID, str], str]


def new_code(
    vault: Vault,
    address: SealedAddress,
    askers: Askers,
    wish: CodeRequest,
    links: Links,
    adds: UUID | None = None,
) -> AskForCode:
    """To be sent to this address, with a link.

    Whoever `adds` an address types its code in: a link that somebody else presses would make their address another's."""
    id, token, digits = new_id(), new_token(), new_digits()
    link = None if adds else links(id, token)
    letter = vault.seal(json.dumps({"code": digits, "link": link}))
    return AskForCode(
        id, address, askers, trace_of_token(token), trace_of_digits(vault, id, digits), letter, wish, adds
    )


def askers_of(vault: Vault, mailbox: str, corporation: str, network: str | None, adds: UUID | None) -> Askers:
    """Whom a code is counted for. Those who add an address are counted apart, so that they keep nobody from signing in."""
    who, what = adds or network, "adding" if adds else "mailbox"
    return Askers(
        trace(vault, f"{what}:{mailbox}"),
        trace(vault, f"asker:{who}:{mailbox}") if who else None,
        trace(vault, f"network:{network}") if network else None,
        trace(vault, f"newcomers:{corporation}"),
    )


def trace(vault: Vault, words: str) -> UUID:
    """An id that stands for these words, and from which nobody reads them."""
    return UUID(bytes=vault.digest(words)[:16])


def trace_of_token(token: str) -> bytes:
    """What is kept of the last part of a link."""
    return sha256(token.encode()).digest()


def trace_of_digits(vault: Vault, code: UUID, digits: str) -> bytes:
    """What is kept of what is typed in."""
    return traces_of_digits(vault, code, digits)[0]


def traces_of_digits(vault: Vault, code: UUID, digits: str) -> tuple[bytes, ...]:
    """What may be kept of it, by each key of the vault."""
    return vault.digests(f"{code}:{digits}")
