"""Who asks, and what that makes of a request."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated

from buurtthuis.core.public_addresses import is_public
from buurtthuis.http.backend import Backend
from buurtthuis.http.policies import PUBLIC, may_cast, may_change, may_delete, may_post, may_read
from buurtthuis.http.requests import Caller, Inside, Reader, Visitor
from buurtthuis.identity.principals import Role
from fastapi import Request

from buurtthuis_notifications.parts import Parts
from buurtthuis_notifications.vault import Vault

Anybody = Annotated[Visitor, PUBLIC]
Me = Annotated[Reader, may_read(Role.RESIDENT)]
#: What a resident does with their own contact data is remembered under no key.
Myself = Annotated[Caller, may_cast(Role.RESIDENT)]
MyChange = Annotated[Caller, may_change(Role.RESIDENT)]
Gone = Annotated[Caller, may_delete(Role.RESIDENT)]
StaffReader = Annotated[Reader, may_read(Role.STAFF)]
#: What has to be brought or said at a door, caretakers do as well.
AT_DOORS = (Role.STAFF, Role.CARETAKER)
DoorReader = Annotated[Reader, may_read(*AT_DOORS)]
AtDoors = Annotated[Caller, may_post(*AT_DOORS)]
#: For what is of no house, or of all in which somebody lives.
StaffOfAllReader = Annotated[Reader, may_read(Role.STAFF, of_all_houses=True)]
StaffOfAll = Annotated[Caller, may_post(Role.STAFF, of_all_houses=True)]
Staff = Annotated[Caller, may_post(Role.STAFF)]
OperatorReader = Annotated[Reader, may_read(Role.OPERATOR)]
Operator = Annotated[Caller, may_post(Role.OPERATOR)]
#: One's home, or what an internet provider gives to one connection.
NETWORKS = {4: 32, 6: 64}


def parts(inside: Inside) -> Parts:
    """The service's own parts: vault, texts and roads."""
    return parts_of(inside.service)


def parts_of(service: Backend) -> Parts:
    """The same, of a service that nobody is signed in to."""
    parts: Parts = service.parts
    return parts


def vault(inside: Inside) -> Vault:
    """Where contact data is sealed and opened."""
    return parts(inside).vault


def network(request: Request) -> str | None:
    """Where a request comes from, as far as one connection to the internet goes: what an allowance may count by.

    None where nobody knows: the address is one of the inside (this machine, a private network), so it is that of a
    proxy that does not say whom it brings, or that no operator named (FORWARDED_ALLOW_IPS, and TRUSTED_PROXIES of the
    gateway), or of an office. All of a corporation may come from there: count nothing of one caller by it, only
    what all of them do together, and generously. It is for allowances alone: it opens nothing to anybody."""
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    if not is_public(str(address)):
        return None
    return str(ip_network((address, NETWORKS[address.version]), strict=False))
