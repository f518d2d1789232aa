"""Which addresses are within our own network."""

import socket

import pytest
from buurtthuis.core import public_addresses
from buurtthuis.core.public_addresses import AddressForbidden, check_address, is_public, public_address

OUTSIDE, INSIDE = "93.184.215.14", "10.0.0.7"


class Names:
    """What a name leads to, each time somebody asks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
        self.answers = list(answers)
        monkeypatch.setattr(public_addresses, "look_up", self.look_up)

    async def look_up(self, _host: str, port: int) -> list[object]:
        found = self.answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "::7f00:1",
        "::ffff:0:7f00:1",
        "64:ff9b:1::a00:1",
        "fec0::1",
        "192.0.0.1",
        "192.0.0.9",  # is_global says yes from Python 3.13 on
        "192.0.0.192",  # metadata of a cloud
        "192.0.2.1",
        "192.88.99.1",
        "198.19.255.255",
        "203.0.113.9",
        "239.1.1.1",
        "240.0.0.1",
        "::ffff:192.0.0.192",
        "64:ff9b::c000:c0",
        "2002:c000:c0::1",
        "2001:0:5db8:d70e::1",
        "2001:2::1",
        "2001:20::1",
        "2001:db8::1",
        "2620:4f:8000::1",
        "3fff::1",
        "5f00::1",
        "100::1",
    ],
)
def test_an_address_within_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        OUTSIDE,
        "2606:4700::1111",
        "::ffff:93.184.215.14",
        "64:ff9b::5db8:d70e",
        "2002:5db8:d70e::1",
        "192.0.1.0",
        "198.20.0.0",
        "223.255.255.255",
        "2001:200::1",
    ],
)
def test_an_address_of_the_internet_is(address: str) -> None:
    assert is_public(address)


async def test_a_name_that_leads_outside_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    Names(monkeypatch, [OUTSIDE])
    assert await public_address("systeem.example.nl", 443) == OUTSIDE


async def test_one_address_within_is_enough_to_stay_away(monkeypatch: pytest.MonkeyPatch) -> None:
    Names(monkeypatch, [OUTSIDE, INSIDE])
    with pytest.raises(AddressForbidden):
        await check_address("https://systeem.example.nl/")


async def test_a_name_that_leads_nowhere_is_not_visited(monkeypatch: pytest.MonkeyPatch) -> None:
    Names(monkeypatch, [])
    with pytest.raises(AddressForbidden):
        await check_address("https://systeem.example.nl/")
