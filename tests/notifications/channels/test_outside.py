"""A name that leads elsewhere by the time of connecting."""

import httpcore
import pytest
from buurtthuis.core.public_addresses import AddressForbidden
from buurtthuis_notifications.channels.outside import Outside

from tests.shared.test_public_addresses import INSIDE, OUTSIDE, Names

URL = "https://systeem.example.nl/"


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where connections went."""
    found: list[str] = []

    async def note(_: object, host: str, *_args: object, **_more: object) -> None:
        found.append(host)
        raise httpcore.ConnectError

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", note)
    return found


async def test_a_name_that_moved_inside_is_not_followed(
    monkeypatch: pytest.MonkeyPatch, connected: list[str]
) -> None:
    Names(monkeypatch, [OUTSIDE], [INSIDE])
    with pytest.raises(AddressForbidden):
        await Outside().post(URL, {}, b"")
    assert connected == []


async def test_the_connection_goes_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch, connected: list[str]
) -> None:
    Names(monkeypatch, [OUTSIDE], [OUTSIDE], [INSIDE])
    with pytest.raises(Exception, match="no_connection"):
        await Outside().post(URL, {}, b"")
    assert connected == [OUTSIDE]
