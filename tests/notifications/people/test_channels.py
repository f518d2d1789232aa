"""The road to other systems, to a real HTTP server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import uuid4

import pytest
from buurtthuis.core.public_addresses import AddressForbidden
from buurtthuis_notifications.channels import outside
from buurtthuis_notifications.channels.outside import PublicOnly
from buurtthuis_notifications.channels.webhooks import Hooks, WebhookAnswer, new_secret
from standardwebhooks import Webhook as Verifier

from tests.notifications.people.receiver import Nearby, Receiver, receiving

EVENT = b'{"type": "nl.buurtthuis.sessions.session-scheduled.v1"}'


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


@pytest.fixture
async def hooks(receiver: Receiver) -> AsyncIterator[Hooks]:
    found = Nearby(receiver.url)
    yield found
    await found.close()


async def test_the_other_side_can_verify_who_it_is(receiver: Receiver, hooks: Hooks) -> None:
    secret = new_secret()
    await hooks.tell(receiver.url, [secret], uuid4(), EVENT)
    assert Verifier(secret).verify(receiver.told[0].body, receiver.told[0].headers)


async def test_either_of_two_secrets_verifies(receiver: Receiver, hooks: Hooks) -> None:
    new, old = new_secret(), new_secret()
    await hooks.tell(receiver.url, [new, old], uuid4(), EVENT)
    [told] = receiver.told
    assert [Verifier(one).verify(told.body, told.headers) for one in (new, old)]


async def test_a_connection_is_used_again(receiver: Receiver, hooks: Hooks) -> None:
    for _ in range(3):
        await hooks.tell(receiver.url, [new_secret()], uuid4(), EVENT)
    assert len(set(receiver.ids)) == 3


async def test_a_redirect_is_not_followed(receiver: Receiver, hooks: Hooks) -> None:
    receiver.answer = lambda _: 307
    answer = await hooks.tell(receiver.url, [new_secret()], uuid4(), EVENT)
    assert (answer, len(receiver.told)) == (WebhookAnswer(False, 307, "refused"), 1)


async def test_gone_is_for_good(receiver: Receiver, hooks: Hooks) -> None:
    receiver.answer = lambda _: 410
    assert (await hooks.tell(receiver.url, [new_secret()], uuid4(), EVENT)).for_good


async def test_nobody_there_is_said_without_quoting_anything(hooks: Hooks) -> None:
    answer = await hooks.tell("http://127.0.0.1:1/secret-path", [new_secret()], uuid4(), EVENT)
    assert answer == WebhookAnswer(False, None, "no_connection")


async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An answer that never ends, and never stops either."""
    writer.write(b"HTTP/1.1 200 x\r\nContent-Length: 9999\r\n\r\n")
    with suppress(ConnectionError):
        while not writer.is_closing():
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.01)


async def test_an_answer_that_comes_drop_by_drop_is_not_waited_for(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "WHOLE", 0.05)
    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        answer = await hooks.tell(url, [new_secret()], uuid4(), EVENT)
        await hooks.close()
    assert answer == WebhookAnswer(False, None, "no_answer_in_time")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0x7f000001/",
        "http://93.184.215.14/",
        "https://user:word@93.184.215.14/",
        "https://93.184.215.14:0x/",
    ],
)
async def test_addresses_inside_our_network_are_not_visited(url: str) -> None:
    answer = await Hooks().tell(url, [new_secret()], uuid4(), EVENT)
    assert answer == WebhookAnswer(False, None, "address_not_allowed")


async def test_a_name_that_leads_inside_is_not_followed_when_connecting(receiver: Receiver) -> None:
    """What was checked before may lead elsewhere by now."""
    with pytest.raises(AddressForbidden):
        await PublicOnly().connect_tcp("localhost", int(receiver.url.rpartition(":")[2]))
