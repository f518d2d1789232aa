"""Signing in as a front-end does it, over HTTP: by a link that machines open too, by digits, and at the corporation's provider."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from buurtthuis.core.corporations import Corporations, FrontEnd, Issuer
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Playground

from tests.conftest import emptied
from tests.notifications.post import Noted, at_rest, new_roads, with_parts
from tests.people import HOUSE, made, problem

PUBLIC = "/notifications/v1/public/woonpartners"
PAGE = "https://www.woonpartners.example/buurtthuis/sign-in"
PROVIDER = Issuer(
    url="https://login.woonpartners.example/realms/staff",
    audience="buurtthuis",
    front_end=FrontEnd(client_id="buurtthuis-web", scopes=("openid", "buurtthuis")),
)
TITLE = str(HOUSE["title"])
EMAIL = "mw.devries@voorbeeld.nl"

place = emptied


@pytest.fixture(scope="module")
def served(templates: dict[str, Service]) -> list[Service]:
    """Nothing goes by itself."""
    return [templates["sessions"], at_rest(with_parts(templates["notifications"], Noted()))]


@dataclass
class Newcomer:
    """Somebody who asked for a code, what came of it, and a browser."""

    browser: httpx.AsyncClient
    id: str
    digits: str
    link: str

    @property
    def brought(self) -> dict[str, str]:
        """What the front-end reads in the address of its page."""
        query = parse_qs(urlsplit(self.link).query)
        return {name: query[name][0] for name in ("code", "token")}

    async def use(self, **brought: str) -> httpx.Response:
        return await self.browser.post(f"{PUBLIC}/codes/{self.id}/use", json=brought)


async def a_newcomer(place: Playground) -> Newcomer:
    roads = new_roads(place.service("notifications"))
    house = await made(place.client(Role.STAFF), "/sessions/v1/houses", HOUSE)
    await place.settled()
    wish: dict[str, Any] = {"email": EMAIL, "house_id": house, "language": "en", "agreed": ["messages"]}
    asked = await place.client().post(f"{PUBLIC}/codes", json=wish)
    await place.do_what_is_due()
    [message] = roads[DeliveryChannel.EMAIL].taken
    [digits] = re.findall(r"\d{6}", message.text.subject)
    assert message.text.link
    return Newcomer(place.client(), asked.json()["id"], digits, message.text.link)


async def people(place: Playground) -> int:
    """How many joined."""
    said = await place.events("notifications")
    return sum(event["type"].endswith("resident-joined.v1") for event in said)


@pytest.fixture
async def front_end(place: Playground) -> AsyncIterator[Playground]:
    """The corporation has a front-end, and a provider for its staff."""
    before = Corporations(place.process.corporations.values())
    theirs = {"sign_in_page": PAGE, "issuers": (PROVIDER,)}
    await place.process.serve(
        Corporations(
            each.model_copy(update=theirs if each.slug == "woonpartners" else {}) for each in before.values()
        )
    )
    yield place
    await place.process.serve(before)


async def test_the_link_leads_to_the_front_end_whose_button_gets_the_tokens_once(
    front_end: Playground,
) -> None:
    newcomer = await a_newcomer(front_end)
    assert newcomer.link.startswith(f"{PAGE}?")
    brought = newcomer.brought
    assert brought["code"] == newcomer.id
    shown = await newcomer.browser.post(
        f"{PUBLIC}/codes/{newcomer.id}/meaning", json={"token": brought["token"]}
    )
    assert (shown.status_code, shown.headers["Cache-Control"]) == (200, "no-store")
    assert shown.json()["house"] == TITLE
    assert [each["language"] for each in shown.json()["agreed"]] == ["en"]
    assert await people(front_end) == 0, "it was only read"
    pressed = await newcomer.use(token=brought["token"])
    assert (pressed.status_code, pressed.headers["Cache-Control"]) == (200, "no-store")
    me = await newcomer.browser.get(
        "/notifications/v1/me", headers={"Authorization": f"Bearer {pressed.json()['access_token']}"}
    )
    assert me.json()["id"] == pressed.json()["resident_id"]
    for again in ({"token": brought["token"]}, {"code": newcomer.digits}):
        assert problem(await newcomer.use(**again)) == "not-this-code"
    assert await people(front_end) == 1


async def test_a_machine_that_opens_the_link_leaves_the_digits_good(place: Playground) -> None:
    newcomer = await a_newcomer(place)
    path = urlsplit(newcomer.link).path
    for look in (newcomer.browser.get, newcomer.browser.head):
        assert (await look(path)).status_code == 200
    assert await people(place) == 0
    assert (await newcomer.use(code=newcomer.digits)).status_code == 200


async def test_the_button_on_our_own_page_uses_nothing_up(place: Playground) -> None:
    """Nobody is signed in there, so the tokens are for whoever brings the code where it was asked for."""
    newcomer = await a_newcomer(place)
    path = urlsplit(newcomer.link).path
    for _ in range(2):
        assert (await newcomer.browser.post(path, files={"button": (None, "")})).status_code == 200
    assert await people(place) == 1
    assert (await newcomer.use(code=newcomer.digits)).status_code == 200
    assert await people(place) == 1
    assert (await newcomer.browser.post(path, files={"button": (None, "")})).status_code == 403


@pytest.mark.parametrize("step", ["meaning", "use"])
async def test_whoever_has_not_the_link_is_told_nothing(front_end: Playground, step: str) -> None:
    newcomer = await a_newcomer(front_end)
    token = newcomer.brought["token"]
    for id, brought in ((newcomer.id, token[::-1]), (str(uuid4()), token)):
        answer = await newcomer.browser.post(f"{PUBLIC}/codes/{id}/{step}", json={"token": brought})
        assert problem(answer) == "not-this-code"
        assert TITLE not in answer.text
    short = await newcomer.browser.post(f"{PUBLIC}/codes/{newcomer.id}/{step}", json={"token": "x"})
    assert (short.status_code, short.json()["errors"][0]["field"]) == (400, "/token")


async def test_a_front_end_reads_how_people_sign_in(front_end: Playground) -> None:
    answer = await front_end.client().get(
        f"{PUBLIC}/sign-in", headers={"Origin": "https://elsewhere.example"}
    )
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json() == {
        "codes": ["email", "mobile"],
        "sign_in_page": PAGE,
        "providers": [
            {
                "issuer": PROVIDER.url,
                "discovery": f"{PROVIDER.url}/.well-known/openid-configuration",
                "client_id": "buurtthuis-web",
                "scopes": ["openid", "buurtthuis"],
                "after_sign_out": None,
            }
        ],
    }


async def test_a_corporation_without_a_front_end_says_so(place: Playground) -> None:
    answer = (await place.client().get(f"{PUBLIC}/sign-in")).json()
    assert (answer["sign_in_page"], answer["providers"]) == (None, [])
    unknown = await place.client().get("/notifications/v1/public/nobody/sign-in")
    assert unknown.status_code == 404
