"""Where a request comes from, as far as an allowance may count by it."""

from secrets import token_urlsafe

import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.runtime.service import Service
from buurtthuis.testing import playground
from buurtthuis_notifications.api.people import network
from buurtthuis_notifications.domain.allowances import FOR_NETWORK
from fastapi import Request


def seen(host: str | None) -> str | None:
    """The network of a request that came from there."""
    return network(Request({"type": "http", "client": (host, 0) if host is not None else None}))


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("93.184.215.14", "93.184.215.14/32"),
        ("::ffff:93.184.215.14", "93.184.215.14/32"),
        ("2606:4700:10:20:1:2:3:4", "2606:4700:10:20::/64"),
    ],
)
def test_a_connection_to_the_internet_is_a_network(host: str, found: str) -> None:
    assert seen(host) == found


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "10.1.2.3",
        "172.17.0.1",
        "192.168.1.9",
        "100.64.0.1",
        "fd00::1",
    ],
)
def test_an_address_of_the_inside_is_anybody(host: str) -> None:
    assert seen(host) is None


@pytest.mark.parametrize("host", [None, "", "unix:", "gateway", "127.0.0.1, 127.0.0.1", "93.184.215.14:80"])
def test_what_is_no_address_is_anybody(host: str | None) -> None:
    assert seen(host) is None


@pytest.mark.starts("notifications")
async def test_behind_a_proxy_that_does_not_say_whom_it_brings_nobody_locks_out_a_corporation(
    needed: dict[str, Service], settings: Settings
) -> None:
    caught, answers = settings.model_copy(update={"sink_secret": token_urlsafe()}), set()
    async with playground(needed.values(), caught) as place:
        anybody = place.client()
        for number in range(FOR_NETWORK.most + 1):
            body = {"email": f"bewoner{number}@voorbeeld.nl"}
            answer = await anybody.post("/notifications/v1/public/woonpartners/codes", json=body)
            answers.add(answer.status_code)
    assert answers == {202}
