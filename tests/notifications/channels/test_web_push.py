"""Messages in a browser, to a real receiver that opens them."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from buurtthuis.core.settings import SettingsError
from buurtthuis.events.notifications import FailureReason
from buurtthuis_notifications.channels import AgainstUs, NobodyThere, TryLater, Undeliverable
from buurtthuis_notifications.channels.web_push import WebPush

from tests.notifications.channels.browsers import Browser, vapid_key
from tests.notifications.channels.messages import a_message
from tests.notifications.people.receiver import Receiver, Told, receiving

CONTACT = "mailto:buurtthuis@woonpartners.example.nl"


@dataclass
class Scene:
    receiver: Receiver
    browser: Browser
    road: WebPush

    async def send(self) -> Told:
        subscription = self.browser.subscription(f"{self.receiver.url}/send/abc")
        await self.road.send(a_message(json.dumps(subscription)))
        return self.receiver.told[0]


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return vapid_key(tmp_path_factory.mktemp("vapid"))


@pytest.fixture
async def scene(key: Path) -> AsyncIterator[Scene]:
    async with receiving() as receiver:
        road = WebPush(key, CONTACT, anywhere=True)
        yield Scene(receiver, Browser(), road)
        await road.close()


async def test_the_browser_can_read_it(scene: Scene) -> None:
    assert scene.browser.read(await scene.send())["title"] == "❌ Gaat niet door"


async def test_nobody_on_the_way_can(scene: Scene) -> None:
    assert b"Gaat niet door" not in (await scene.send()).body


async def test_it_is_signed_by_us_for_that_service_alone(scene: Scene) -> None:
    told = await scene.send()
    token = told.headers["authorization"].removeprefix("vapid t=").partition(",")[0]
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert (claims["aud"], claims["sub"]) == (scene.receiver.url, CONTACT)


async def test_it_is_signed_with_the_key_that_browsers_subscribe_with(scene: Scene) -> None:
    told = await scene.send()
    assert told.headers["authorization"].endswith(f"k={scene.road.public_key}")


async def test_what_is_urgent_says_so(scene: Scene) -> None:
    assert (await scene.send()).headers["urgency"] == "high"


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_is_gone_is_left(scene: Scene, status: int) -> None:
    scene.receiver.answer = lambda _: status
    with pytest.raises(Undeliverable) as failed:
        await scene.send()
    assert failed.value.reason is FailureReason.GONE


@pytest.mark.parametrize("status", [429, 500, 307])
async def test_a_service_that_cannot_now_is_tried_later(scene: Scene, status: int) -> None:
    scene.receiver.answer = lambda _: status
    with pytest.raises(TryLater) as later:
        await scene.send()
    assert (later.value.after, len(scene.receiver.told)) == (timedelta(), 1)


@pytest.mark.parametrize(
    ("after", "pause"), [("120", timedelta(minutes=2)), ("9" * 30, timedelta()), ("soon", timedelta())]
)
async def test_a_service_is_left_alone_as_long_as_it_asks_for_within_reason(
    scene: Scene, after: str, pause: timedelta
) -> None:
    scene.receiver.answer, scene.receiver.more = lambda _: 503, f"Retry-After: {after}\r\n"
    with pytest.raises(TryLater) as later:
        await scene.send()
    assert later.value.after == pause


@pytest.mark.parametrize("status", [401, 403])
async def test_a_service_that_does_not_take_our_signature_has_something_against_us(
    scene: Scene, status: int
) -> None:
    scene.receiver.answer = lambda _: status
    with pytest.raises(AgainstUs):
        await scene.send()


@pytest.mark.parametrize("status", [400, 413])
async def test_what_a_service_cannot_take_gives_no_browser_up(scene: Scene, status: int) -> None:
    scene.receiver.answer = lambda _: status
    with pytest.raises(TryLater) as later:
        await scene.send()
    assert not isinstance(later.value, AgainstUs)


async def test_one_service_that_is_left_alone_leaves_the_others_be(scene: Scene, key: Path) -> None:
    gone = scene.browser.subscription("http://127.0.0.1:1/send/abc")
    for _ in range(5):
        with pytest.raises(TryLater):
            await scene.road.send(a_message(json.dumps(gone)))
    with pytest.raises(TryLater, match="left alone"):
        await scene.road.send(a_message(json.dumps(gone)))
    assert await scene.send()


async def test_who_does_not_answer_while_others_do_is_told_from_our_own_silence(scene: Scene) -> None:
    gone = scene.browser.subscription("http://127.0.0.1:1/send/abc")
    with pytest.raises(TryLater) as all_are_silent:
        await scene.road.send(a_message(json.dumps(gone)))
    await scene.send()
    with pytest.raises(NobodyThere):
        await scene.road.send(a_message(json.dumps(gone)))
    assert not isinstance(all_are_silent.value, NobodyThere)


async def test_a_name_that_nobody_knows_just_now_gives_no_browser_up(scene: Scene, key: Path) -> None:
    lost = scene.browser.subscription("https://push.invalid/send/abc")
    with pytest.raises(TryLater):
        await WebPush(key, CONTACT).send(a_message(json.dumps(lost)))


async def test_an_endpoint_within_our_network_is_not_visited(scene: Scene, key: Path) -> None:
    endpoint = scene.receiver.url.replace("http:", "https:")
    with pytest.raises(Undeliverable):
        await WebPush(key, CONTACT).send(a_message(json.dumps(scene.browser.subscription(endpoint))))


async def test_keys_that_are_none_are_an_address_that_is_none(scene: Scene) -> None:
    broken = json.dumps({"endpoint": scene.receiver.url, "keys": {"p256dh": "A" * 87, "auth": "A" * 22}})
    with pytest.raises(Undeliverable):
        await scene.road.send(a_message(broken))


def test_a_key_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("no key")
    with pytest.raises(SettingsError):
        WebPush(tmp_path / "key.pem", CONTACT)


def test_a_contact_that_is_none_is_refused_at_the_start(key: Path) -> None:
    with pytest.raises(SettingsError):
        WebPush(key, "nobody")
