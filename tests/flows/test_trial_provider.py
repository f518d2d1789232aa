"""The provider of `up`, as a front-end uses it: by HTTP, with a browser that follows links."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.core.corporations import Corporations
from buurtthuis.core.settings import Settings
from buurtthuis.runtime.service import Service
from buurtthuis.runtime.trial_provider import (
    CODE_LIFETIME,
    Person,
    TrialProvider,
    nobody_else_comes,
    people_of,
)
from buurtthuis.testing import Clock, Playground, playground
from starlette.applications import Starlette

from tests.conftest import BOTH, fresh
from tests.people import HOUSE, made
from tests.servers import RealServers

SERVICES = ("surveys", "sessions", "notifications", "moderation")
BACK = "http://localhost:5173/signed-in"
#: RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
ASKED = {
    "response_type": "code",
    "client_id": "front-end",
    "redirect_uri": BACK,
    "scope": "openid",
    "state": "af0ifjsldkj",
    "nonce": "n-0S6_WzA2Mj",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}
EVERYBODY = [
    (corporation.slug, person)
    for corporation in Corporations.load(BOTH).values()
    for person in people_of(corporation)
]


@pytest.fixture(scope="module")
async def place(
    servers: RealServers, templates: dict[str, Service], issuer_key_file: Path
) -> AsyncIterator[Playground]:
    """Every service, with the provider, for all tests of this file."""
    async with (
        fresh(servers, SERVICES, issuer_key_file, BOTH) as settings,
        playground(templates.values(), settings, with_trial_provider=True) as running,
    ):
        yield running


@pytest.fixture
def browser(place: Playground) -> httpx.AsyncClient:
    """Of a stranger: nobody is signed in."""
    return place.client()


async def provider_of(browser: httpx.AsyncClient, corporation: str) -> dict[str, Any]:
    """What a front-end finds out beforehand."""
    ways = (await browser.get(f"/notifications/v1/public/{corporation}/sign-in")).json()
    [provider] = ways["providers"]
    found: dict[str, Any] = (await browser.get(provider["discovery"])).json()
    assert found["issuer"] == provider["issuer"]
    return found


async def a_code(
    browser: httpx.AsyncClient, provider: dict[str, Any], person: str = "staff", **otherwise: str
) -> str:
    """What a click on this person brings to the front-end."""
    page = await browser.get(provider["authorization_endpoint"], params=ASKED | otherwise)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    links = [unescape(link) for link in re.findall(r'href="(authorize\?[^"]+)"', page.text)]
    [link] = [link for link in links if dict(parse_qsl(urlsplit(link).query))["login_hint"] == person]
    led = await browser.get(str(page.url.join(link)))
    assert led.status_code == 303
    answer = dict(parse_qsl(urlsplit(led.headers["Location"]).query))
    assert led.headers["Location"].startswith(f"{BACK}?")
    assert (answer["state"], answer["iss"]) == (ASKED["state"], provider["issuer"])
    return answer["code"]


async def exchanged(
    browser: httpx.AsyncClient, provider: dict[str, Any], code: str, **otherwise: str
) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": "front-end",
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    return await browser.post(provider["token_endpoint"], data=form | otherwise)


async def rights(browser: httpx.AsyncClient, token: str) -> list[httpx.Response]:
    headers = {"Authorization": f"Bearer {token}"}
    return [await browser.get(f"/{service}/v1/me/rights", headers=headers) for service in SERVICES]


async def test_a_stranger_signs_in_by_clicking_and_every_service_takes_the_token(
    browser: httpx.AsyncClient,
) -> None:
    provider = await provider_of(browser, "woonpartners")
    code = await a_code(browser, provider)
    answer = await exchanged(browser, provider, code)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    tokens = answer.json()
    answers = await rights(browser, tokens["access_token"])
    assert [each.status_code for each in answers] == [200] * len(SERVICES)
    said = answers[0].json()
    assert (said["corporation"], [each["role"] for each in said["roles"]]) == ("woonpartners", ["staff"])
    for refused in await rights(browser, tokens["id_token"]):
        assert refused.status_code == 401, "it says who somebody is, and opens nothing"


@pytest.mark.parametrize(
    ("corporation", "person"), EVERYBODY, ids=lambda value: getattr(value, "name", value)
)
async def test_anybody_can_be_anybody_of_each_corporation(
    browser: httpx.AsyncClient, corporation: str, person: Person
) -> None:
    links = re.findall(r'href="(sign-in/[^"]+)"', unescape((await browser.get("/sign-in")).text))
    at = f"sign-in/{corporation}/access-token?login_hint={person.name}"
    assert at in links
    [token] = re.findall(r"Bearer ([\w.-]+)", (await browser.get(at)).text)
    said = (await rights(browser, token))[1].json()
    assert (said["corporation"], said["organisation"]) == (corporation, person.organisation)
    assert [each["role"] for each in said["roles"]] == [person.role]


async def test_somebody_is_the_same_one_each_time_and_another_one_elsewhere(
    browser: httpx.AsyncClient,
) -> None:
    found: list[UUID] = []
    for corporation in ("woonpartners", "woonpartners", "de-waterlelie"):
        page = await browser.get(f"/sign-in/{corporation}/access-token", params={"login_hint": "resident"})
        [token] = re.findall(r"Bearer ([\w.-]+)", page.text)
        found.append((await rights(browser, token))[0].json()["subject_id"])
    assert found[0] == found[1] != found[2]


async def test_a_code_is_good_once(browser: httpx.AsyncClient) -> None:
    provider = await provider_of(browser, "woonpartners")
    code = await a_code(browser, provider)
    assert (await exchanged(browser, provider, code)).status_code == 200
    again = await exchanged(browser, provider, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("otherwise", "error"),
    [
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"redirect_uri": "http://localhost:5173/elsewhere"}, "invalid_grant"),
        ({"code": "made-up"}, "invalid_grant"),
        ({"client_id": "another"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
async def test_whoever_did_not_ask_for_a_code_gets_nothing_for_it(
    browser: httpx.AsyncClient, otherwise: dict[str, str], error: str
) -> None:
    provider = await provider_of(browser, "woonpartners")
    code = await a_code(browser, provider)
    answer = await exchanged(browser, provider, **{"code": code, **otherwise})
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize("body", [b"x" * 20_000, b"\xff=\xff", b"&".join([b"a=b"] * 30), b"{}", b""])
async def test_what_is_no_form_is_refused(browser: httpx.AsyncClient, body: bytes) -> None:
    provider = await provider_of(browser, "woonpartners")
    assert (await browser.post(provider["token_endpoint"], content=body)).status_code == 400


async def test_a_code_of_one_corporation_is_none_at_another(browser: httpx.AsyncClient) -> None:
    ours, theirs = [await provider_of(browser, slug) for slug in ("woonpartners", "de-waterlelie")]
    answer = await exchanged(browser, theirs, await a_code(browser, ours))
    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "otherwise",
    [
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "http://localhost.evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "http://[::1/"},
        {"redirect_uri": ""},
        {"client_id": "another"},
    ],
)
async def test_nobody_is_led_away_from_this_machine(
    browser: httpx.AsyncClient, otherwise: dict[str, str]
) -> None:
    provider = await provider_of(browser, "woonpartners")
    refused = await browser.get(
        provider["authorization_endpoint"], params=ASKED | {"login_hint": "staff"} | otherwise
    )
    assert (refused.status_code, "Location" in refused.headers) == (400, False)
    away = {"post_logout_redirect_uri": "https://evil.example/"}
    assert (await browser.get(provider["end_session_endpoint"], params=away)).status_code == 400


@pytest.mark.parametrize(
    ("otherwise", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none"}, "interaction_required"),
    ],
)
async def test_a_front_end_that_asks_wrongly_is_told_so(
    browser: httpx.AsyncClient, otherwise: dict[str, str], error: str
) -> None:
    provider = await provider_of(browser, "woonpartners")
    led = await browser.get(provider["authorization_endpoint"], params=ASKED | otherwise)
    answer = dict(parse_qsl(urlsplit(led.headers["Location"]).query))
    assert (led.status_code, answer["error"], answer["state"]) == (303, error, ASKED["state"])
    assert "code" not in answer


async def somebody(place: Playground, name: str) -> httpx.AsyncClient:
    """With the token of whoever was clicked."""
    client = place.client()
    page = await client.get("/sign-in/woonpartners/access-token", params={"login_hint": name})
    [token] = re.findall(r"Bearer ([\w.-]+)", page.text)
    client.headers["Authorization"] = f"Bearer {token}"
    return client


async def test_a_resident_of_the_provider_joins_a_house_and_one_is_made_its_moderator(
    place: Playground,
) -> None:
    staff, resident, moderator = [await somebody(place, name) for name in ("staff", "resident", "moderator")]
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    await place.settled()
    idea = {"house_id": house, "title": "Samen eten"}
    assert (await resident.post("/surveys/v1/themes", json=idea)).status_code == 403
    for somebody_new in (resident, moderator, resident):
        joining = await somebody_new.post(f"/notifications/v1/me/houses/{house}/joining")
        assert joining.status_code == 204
    await place.settled()
    await made(resident, "/surveys/v1/themes", idea)
    me = (await moderator.get("/notifications/v1/me")).json()
    assert ([each["house_id"] for each in me["houses"]], me["addresses"]) == ([house], [])
    await made(staff, f"/moderation/v1/pages/{house}/moderators", {"resident_id": me["id"]})
    answers = [await each.get(f"/moderation/v1/pages/{house}/cases") for each in (moderator, resident)]
    assert [each.status_code for each in answers] == [200, 403]


async def test_who_may_not_join_is_nobody_here(place: Playground) -> None:
    staff, neighbour = await somebody(place, "staff"), await somebody(place, "neighbour")
    houses = [
        await made(staff, "/sessions/v1/houses", {**HOUSE, "joining": how}) for how in ("code", "staff")
    ]
    await place.settled()
    for house, status in zip([*houses, str(uuid4())], (403, 403, 404), strict=True):
        refused = await neighbour.post(f"/notifications/v1/me/houses/{house}/joining")
        assert refused.status_code == status
    assert (await neighbour.get("/notifications/v1/me")).status_code == 404
    assert (await staff.post(f"/notifications/v1/me/houses/{houses[0]}/joining")).status_code == 403


async def test_signing_out_leads_back(browser: httpx.AsyncClient) -> None:
    provider = await provider_of(browser, "woonpartners")
    back = {"post_logout_redirect_uri": "http://localhost:5173/", "state": "7"}
    led = await browser.get(provider["end_session_endpoint"], params=back)
    assert (led.status_code, led.headers["Location"]) == (303, "http://localhost:5173/?state=7")
    assert (await browser.get(provider["end_session_endpoint"])).status_code == 200


@pytest.mark.parametrize("path", ["", "/access-token?login_hint=staff", "/.well-known/openid-configuration"])
async def test_a_corporation_that_is_not_there_has_no_provider(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(f"/sign-in/nobody{path}")).status_code == 404


async def test_each_corporation_that_the_file_names_trusts_one_of_its_own(place: Playground) -> None:
    trial = place.process.trial
    assert trial
    written = Corporations.load(BOTH)
    found = trial.trusted_by(written)
    assert [issuer.url for each in found.values() for issuer in each.issuers] == [
        f"{place.url}/sign-in/{slug}" for slug in written
    ]


async def test_after_a_minute_a_code_is_good_no_more() -> None:
    clock = Clock(datetime(2026, 12, 1, tzinfo=UTC))
    trial = TrialProvider("http://127.0.0.1", clock)
    trial.trusted_by(Corporations.load(BOTH))
    app = httpx.ASGITransport(Starlette(routes=trial.routes()))
    async with httpx.AsyncClient(transport=app, base_url="http://127.0.0.1") as browser:
        provider = (await browser.get("/sign-in/woonpartners/.well-known/openid-configuration")).json()
        code = await a_code(browser, provider)
        clock.move(CODE_LIFETIME - timedelta(seconds=1))
        assert (await exchanged(browser, provider, code)).status_code == 200
        code = await a_code(browser, provider)
        clock.move(CODE_LIFETIME)
        assert (await exchanged(browser, provider, code)).json()["error"] == "invalid_grant"


# Where it is, and where it never is.


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_it_is_there_where_nobody_else_comes(host: str) -> None:
    assert nobody_else_comes(Settings(), host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.10", "buurtthuis.example.nl"])
def test_it_is_not_where_others_reach_the_machine(host: str) -> None:
    assert not nobody_else_comes(Settings(), host)


@pytest.mark.parametrize(
    "setting",
    [
        {"public_url": "https://buurtthuis.example.nl"},
        {"public_url": "http://127.0.0.1:8000"},
        {"allowed_hosts": "buurtthuis.example.nl"},
        {"forwarded_allow_ips": "10.0.0.1"},
        {"database_url": "postgresql+asyncpg://{service}@db/{service}"},
    ],
)
def test_it_is_not_behind_a_proxy_or_on_somebodys_own_servers(setting: dict[str, str]) -> None:
    assert not nobody_else_comes(Settings().model_copy(update=setting), "127.0.0.1")


@pytest.mark.starts("sessions")
async def test_no_other_process_has_one_whatever_its_environment_says(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, needed: dict[str, Service]
) -> None:
    for name in ("TRIAL", "TRIAL_PROVIDER", "WITH_TRIAL_PROVIDER"):
        monkeypatch.setenv(name, "true")
    async with playground(needed.values(), settings) as without:
        assert without.process.trial is None
        assert all(not each.issuers for each in without.process.corporations.values())
        for path in ("/sign-in", "/sign-in/woonpartners/access-token?login_hint=staff"):
            assert (await without.client().get(path)).status_code == 404
