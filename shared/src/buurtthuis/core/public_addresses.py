"""Addresses that somebody else chose: never one inside our own network."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

HTTPS = 443
#: All that was given out of IPv6 (RFC 4291, 2.4); outside of it are older ways to write an address inside another.
INTERNET = IPv6Network("2000::/3")
#: A translator between both writes IPv4 in here (RFC 6052).
TRANSLATED = IPv6Network("64:ff9b::/96")
#: IANA's registries of special-purpose addresses (RFC 6890) and of multicast. `is_global` knows them otherwise in each
#: Python, so they are written out; those that can be reached are in it too, since nobody takes messages there.
SPECIAL = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # behind a provider's translator
            "127.0.0.0/8",  # this machine
            "169.254.0.0/16",  # this cable, and what clouds tell their machines
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocols' own
            "192.0.2.0/24",  # for documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4's relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # for measuring
            "198.51.100.0/24",  # for documentation
            "203.0.113.0/24",  # for documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
            "2001::/23",  # protocols' own, Teredo and ORCHID among them
            "2001:db8::/32",  # for documentation
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # for documentation
        ),
    )
)


class AddressForbidden(Exception):
    """We do not go there."""


class UnknownName(AddressForbidden):
    """Nobody says where this leads, just now."""


#: Names that somebody else chose can take as long as they like to be looked up: they share threads with nothing of ours.
LOOKUPS = ThreadPoolExecutor(32, "lookup")


async def check_address(url: str) -> str:
    """Where this leads now; raises AddressForbidden unless it is https, on a public address, whatever name it goes by."""
    address = urlsplit(url)
    if address.scheme != "https" or not address.hostname or address.username or address.password:
        raise AddressForbidden
    try:
        port = address.port or HTTPS
    except ValueError:
        raise AddressForbidden from None
    return await public_address(address.hostname, port)


async def public_address(host: str, port: int) -> str:
    """Where this name leads now: whoever connects goes there, and does not ask again. Raises AddressForbidden."""
    try:
        found = await look_up(host, port)
    except OSError:
        raise UnknownName from None
    except (UnicodeError, ValueError):
        raise AddressForbidden from None
    addresses = [str(info[4][0]) for info in found]
    if not addresses or not all(map(is_public, addresses)):
        raise AddressForbidden
    return addresses[0]


async def look_up(host: str, port: int) -> list[Any]:
    """As `socket.getaddrinfo` does."""
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    return await asyncio.get_running_loop().run_in_executor(LOOKUPS, ask)


def is_public(host: str) -> bool:
    """Whether an address belongs to the internet; one inside another counts as that other."""
    address = _innermost(ip_address(host.partition("%")[0]))
    if isinstance(address, IPv6Address) and address not in INTERNET:
        return False
    return not any(address in special for special in SPECIAL if special.version == address.version)


def _innermost(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """What is written inside it: IPv4 in IPv6, by a mapping, a translator or 6to4."""
    if isinstance(address, IPv4Address):
        return address
    if address in TRANSLATED:
        return IPv4Address(address.packed[12:])
    return address.ipv4_mapped or address.sixtofour or address
