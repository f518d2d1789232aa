"""Who asks, and what that makes of a request."""

from ipaddress import ip_address, ip_network
from typing import Annotated, Any
from uuid import UUID

from buurtthuis.identity import Role
from buurtthuis.web import (
    PUBLIC,
    Caller,
    Inside,
    Reader,
    Visitor,
    may_cast,
    may_change,
    may_delete,
    may_post,
    may_read,
)
from fastapi import Request

from buurtthuis_notifications.vault import Vault

Anybody = Annotated[Visitor, PUBLIC]
Me = Annotated[Reader, may_read(Role.RESIDENT)]
#: What a resident does with their own contact data is remembered under no key.
Myself = Annotated[Caller, may_cast(Role.RESIDENT)]
MyChange = Annotated[Caller, may_change(Role.RESIDENT)]
Gone = Annotated[Caller, may_delete(Role.RESIDENT)]
StaffReader = Annotated[Reader, may_read(Role.STAFF)]
Staff = Annotated[Caller, may_post(Role.STAFF)]
#: One's home, or what an internet provider gives to one connection.
NETWORKS = {4: 32, 6: 64}


def parts(inside: Inside) -> Any:
    """The service's own parts: vault, texts and roads."""
    return inside.service.parts


def vault(inside: Inside) -> Vault:
    """Where contact data is sealed and opened."""
    opened: Vault = parts(inside).vault
    return opened


def trace(inside: Inside, words: str) -> UUID:
    """An id that stands for these words, and from which nobody reads them."""
    return UUID(bytes=vault(inside).digest(words)[:16])


def network(request: Request) -> str:
    """Where a request comes from, as far as one connection goes."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return "unknown"
    return str(ip_network((address, NETWORKS[address.version]), strict=False))
