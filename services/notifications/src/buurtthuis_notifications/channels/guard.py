"""Addresses that somebody else chose: never one inside our own network."""

import asyncio
import socket
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

HTTPS = 443


class Forbidden(Exception):
    """We do not go there."""


async def check_address(url: str) -> None:
    """Raises Forbidden unless this is https, on a public address, whatever name it goes by."""
    address = urlsplit(url)
    if address.scheme != "https" or not address.hostname or address.username or address.password:
        raise Forbidden
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            address.hostname, address.port or HTTPS, type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError, ValueError):
        raise Forbidden from None
    if not found or not all(is_public(str(one[4][0])) for one in found):
        raise Forbidden


def is_public(host: str) -> bool:
    """Whether an address belongs to the internet; one inside another counts as that other."""
    address = ip_address(host.partition("%")[0])
    if isinstance(address, IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inside:
            return inside.is_global and not inside.is_multicast
        if address.packed[:12] == bytes.fromhex("0064ff9b0000000000000000"):
            return is_public(str(ip_address(address.packed[12:])))
    return address.is_global and not address.is_multicast
