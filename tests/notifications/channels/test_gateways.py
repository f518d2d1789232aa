"""SMS gateways, by Apprise, to a real HTTP server."""

import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from io import StringIO
from unittest.mock import AsyncMock

import pytest
from apprise import Apprise
from buurtthuis.core.settings import SettingsError
from buurtthuis_notifications.channels import AgainstUs, TryLater, Undeliverable, gateways
from buurtthuis_notifications.channels.gateways import Gateway

from tests.notifications.channels.messages import a_message, a_text
from tests.notifications.people.receiver import Receiver, receiving
from tests.people import AS_TYPED

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


async def test_letters_that_nobody_sees_arrive_where_they_belong(
    receiver: Receiver, gateway: Gateway
) -> None:
    for text in AS_TYPED:
        await gateway.send(a_message(NUMBER, replace(a_text(), short=text)))
    assert [one.event["message"] for one in receiver.told] == [*AS_TYPED]


async def test_a_gateway_that_does_not_take_it_is_tried_later(receiver: Receiver, gateway: Gateway) -> None:
    receiver.answer = lambda _: 500
    with pytest.raises(TryLater):
        await gateway.send(a_message(NUMBER))


@pytest.mark.parametrize("status", [200, 500])
async def test_neither_number_nor_words_are_logged(
    receiver: Receiver, gateway: Gateway, status: int, everything_logged: StringIO
) -> None:
    receiver.answer = lambda _: status
    try:
        await gateway.send(a_message(NUMBER))
    except TryLater as later:
        assert NUMBER[1:] not in repr(later)  # noqa: PT017
    assert not [word for word in (NUMBER[1:], "koffie") if word in everything_logged.getvalue()]


@pytest.fixture
def everything_logged() -> Iterator[StringIO]:
    """What comes to the log of a process that would show all of it."""
    heard, root = StringIO(), logging.getLogger()
    handler, before = logging.StreamHandler(heard), root.level
    root.addHandler(handler)
    root.setLevel(0)
    yield heard
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.mark.parametrize("status", [401, 402, 403])
async def test_what_a_gateway_has_against_us_is_no_number_s_fault(
    receiver: Receiver, gateway: Gateway, status: int
) -> None:
    receiver.answer = lambda _: status
    with pytest.raises(AgainstUs) as refusal:
        await gateway.send(a_message(NUMBER))
    assert str(refusal.value) == f"gateway {status}"


@pytest.mark.parametrize("status", [400, 404, 429, 503])
async def test_what_is_not_clearly_the_number_s_fault_is_tried_later(
    receiver: Receiver, gateway: Gateway, status: int
) -> None:
    receiver.answer = lambda _: status
    with pytest.raises(TryLater) as later:
        await gateway.send(a_message(NUMBER))
    assert not isinstance(later.value, AgainstUs)


async def test_a_number_that_a_gateway_knows_to_be_none_is_left(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateways, "_error", lambda _: 21211)
    monkeypatch.setattr(Apprise, "async_notify", AsyncMock(return_value=False))
    with pytest.raises(Undeliverable):
        await gateway.send(a_message(NUMBER))


async def test_a_gateway_that_refuses_us_again_and_again_is_left_alone(
    receiver: Receiver, gateway: Gateway
) -> None:
    receiver.answer = lambda _: 402
    for number in range(9):
        with pytest.raises(TryLater):
            await gateway.send(a_message(f"+3161234567{number}"))
    assert len(receiver.told) == 3


async def test_whether_a_gateway_is_there_is_seen_without_an_sms(
    receiver: Receiver, gateway: Gateway
) -> None:
    assert await gateway.check() == "127.0.0.1"
    assert receiver.told == []
    with pytest.raises(TryLater):
        await Gateway("json://127.0.0.1:1/{to}").check()


@pytest.mark.parametrize("url", ["json://gateway.example.nl/", "nowhere://{to}", ""])
def test_an_address_that_cannot_be_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingsError):
        Gateway(url)
