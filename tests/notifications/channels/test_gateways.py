"""SMS gateways, by Apprise, to a real HTTP server."""

from collections.abc import AsyncIterator

import pytest
from buurtthuis.settings import SettingsError
from buurtthuis_notifications.channels import TryLater
from buurtthuis_notifications.channels.gateways import Gateway

from tests.notifications.channels.messages import a_message
from tests.notifications.people.receiver import Receiver, receiving

NUMBER = "+31612345678"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        found.answer = lambda _: 200
        yield found


@pytest.fixture
def gateway(receiver: Receiver) -> Gateway:
    return Gateway(receiver.url.replace("http:", "json:") + "/{to}")


async def test_the_short_text_arrives_once(receiver: Receiver, gateway: Gateway) -> None:
    await gateway.send(a_message(NUMBER))
    assert [one.event["message"] for one in receiver.told] == ["Gaat niet door: koffie"]


async def test_a_gateway_that_does_not_take_it_is_tried_later(receiver: Receiver, gateway: Gateway) -> None:
    receiver.answer = lambda _: 500
    with pytest.raises(TryLater):
        await gateway.send(a_message(NUMBER))


@pytest.mark.parametrize("status", [200, 500])
async def test_neither_number_nor_words_are_logged(
    receiver: Receiver, gateway: Gateway, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answer = lambda _: status
    with caplog.at_level(0):
        try:
            await gateway.send(a_message(NUMBER))
        except TryLater as later:
            assert NUMBER[1:] not in repr(later)  # noqa: PT017
    assert not [word for word in (NUMBER[1:], "koffie") if word in caplog.text]


@pytest.mark.parametrize("url", ["json://gateway.example.nl/", "nowhere://{to}", ""])
def test_an_address_that_cannot_be_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingsError):
        Gateway(url)
