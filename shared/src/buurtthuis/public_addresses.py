"""Addresses that somebody else chose: never one inside our own network."""

import asyncio
import socket
from ipaddress import IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

HTTPS = 443
#: All that was given out of IPv6 (RFC 4291, 2.4); outside of it are older ways to write an address inside another.
INTERNET = IPv6Network("2000::/3")


class Forbidden(Exception):
    """We do not go there."""


async def check_address(url: str) -> None:
    """Raises Forbidden unless this is https, on a public address, whatever name it goes by."""
    address = urlsplit(url)
    if address.scheme != "https" or not address.hostname or address.username or address.password:
        raise Forbidden
    try:
        port = address.port or HTTPS
    except ValueError:
        raise Forbidden from None
    await public_address(address.hostname, port)


async def public_address(host: str, port: int) -> str:
    """Where this name leads now: whoever connects goes there, and does not ask again. Raises Forbidden."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError):
        raise Forbidden from None
    addresses = [str(one[4][0]) for one in found]
    if not addresses or not all(map(is_public, addresses)):
        raise Forbidden
    return addresses[0]


def is_public(host: str) -> bool:
    """Whether an address belongs to the internet; one inside another counts as that other."""
    address = ip_address(host.partition("%")[0])
    if isinstance(address, IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inside:
            return inside.is_global and not inside.is_multicast
        if address.packed[:12] == bytes.fromhex("0064ff9b0000000000000000"):
            return is_public(str(ip_address(address.packed[12:])))
        if address not in INTERNET:
            return False
    return address.is_global and not address.is_multicast
