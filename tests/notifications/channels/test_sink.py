"""Where `up` catches what has no road yet, and who sees it."""

import httpx
import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.runtime.service import Service
from buurtthuis.testing import playground
from buurtthuis_notifications.channels.sink import KEPT, Sink

from tests.notifications.channels.messages import a_message
from tests.people import problem

SECRET = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ"
#: What whoever wants in may say of where they are.
FORGED = {"X-Forwarded-For": "127.0.0.1, 127.0.0.1", "X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1"}


async def test_the_newest_is_on_top() -> None:
    sink = Sink()
    for channel in (DeliveryChannel.EMAIL, DeliveryChannel.SMS):
        await sink.road(channel).send(a_message("somebody"))
    assert [one.channel for one in sink.caught] == [DeliveryChannel.SMS, DeliveryChannel.EMAIL]


async def test_it_does_not_grow_without_end() -> None:
    sink = Sink()
    for _ in range(KEPT + 1):
        await sink.road(DeliveryChannel.EMAIL).send(a_message("somebody"))
    assert len(sink.caught) == KEPT


@pytest.mark.parametrize("secret", ["", "é", SECRET[:-1], SECRET.lower()])
def test_only_its_whole_secret_opens_it(secret: str) -> None:
    assert Sink(SECRET).opens_with(SECRET)
    assert not Sink(SECRET).opens_with(secret)


@pytest.mark.parametrize("secret", ["", "None", SECRET])
def test_without_a_secret_nothing_opens_it(secret: str) -> None:
    assert not Sink().opens_with(secret)


async def asked(service: Service, settings: Settings, *paths: str) -> list[httpx.Response]:
    """What the page answers at these addresses, to somebody on this machine who says so in every way."""
    async with playground([service], settings) as place:
        return [await place.client().get(f"/notifications/v1/{path}", headers=FORGED) for path in paths]


@pytest.mark.starts("notifications")
async def test_where_a_request_comes_from_opens_nothing(
    needed: dict[str, Service], settings: Settings
) -> None:
    made_by_up = settings.model_copy(update={"sink_secret": SECRET})
    paths = ("sink", "sink/", "sink/127.0.0.1", f"sink/{SECRET[:-1]}", f"sink/{SECRET}")
    *closed, page = await asked(needed["notifications"], made_by_up, *paths)
    assert [problem(one) for one in closed] == ["no-such-page"] * 4
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


@pytest.mark.starts("notifications")
async def test_a_process_that_is_not_up_has_no_such_page(
    needed: dict[str, Service], settings: Settings
) -> None:
    answers = await asked(needed["notifications"], settings, "sink", "sink/", "sink/None", f"sink/{SECRET}")
    assert [problem(one) for one in answers] == ["no-such-page"] * 4


def test_no_environment_gives_it_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SINK_SECRET", SECRET)
    assert Settings.read().sink_secret == ""
