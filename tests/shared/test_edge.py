"""What every request passes first: by which name it was asked for, whom a proxy brings, and what browsers are told."""

import asyncio
import re
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from buurtthuis.cli.main import address_of
from buurtthuis.core.settings import Settings, SettingsError
from buurtthuis.http.edge import POLICY, Edge, Proxies
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.front_door import security_txt
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Playground, eventually, playground

from tests.conftest import together
from tests.people import fields, problem

pytestmark = pytest.mark.starts("surveys")
place = together
PUBLIC = "https://buurtthuis.example.nl"
OUTSIDE = "93.184.215.14"


async def whatever(scope: Any, _receive: Any, send: Any) -> None:
    """Answers with how it was asked."""
    found = {"scheme": scope["scheme"], "client": scope["client"][0]}
    found |= {"root": scope["root_path"], "path": scope["path"]}
    headers = [(name.encode(), value.encode()) for name, value in found.items()]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def asked(
    app: Any, *headers: tuple[str, str], client: str = "172.18.0.9", scheme: str = "http"
) -> httpx.Response:
    """What such a request is answered, below any framework."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "scheme": scheme,
        "client": (client, 4242),
        "root_path": "",
        "path": "/surveys/v1/events",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
    }
    await app(scope, None, send)
    return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=sent[1]["body"])


def host(name: str) -> tuple[str, str]:
    return ("Host", name)


EDGE = Edge(whatever, PUBLIC, ["surveys", "Gateway.Local"])


# By which name


@pytest.mark.parametrize(
    "name",
    [
        "buurtthuis.example.nl",
        "BuurtThuis.Example.NL:443",
        "buurtthuis.example.nl.",
        "127.0.0.1:8000",
        "127.1.2.3",
        "[::1]:8000",
        "localhost",
        "localhost:8000",
        "surveys:8000",
        "gateway.local",
    ],
)
async def test_our_own_names_are_answered(name: str) -> None:
    assert (await asked(EDGE, host(name))).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (host(""),),
        (host("."),),
        (host(":8000"),),
        (host("evil.example"),),
        (host("evil.example:8000"),),
        (host("buurtthuis.example.nl.evil.example"),),
        (host("127.0.0.1.evil.example"),),
        (host("evil.example@127.0.0.1"),),
        (host("127.0.0.1@evil.example"),),
        (host("127.0.0.1/evil.example"),),
        (host("127.0.0.1, evil.example"),),
        (host("127.0.0.1\t"),),
        (host("0.0.0.0:8000"),),
        (host("203.0.113.9"),),
        (host("[::]"),),
        (host("2130706433"),),
        (host("0x7f.1"),),
        (host("b\u00fcurtthuis.example.nl"),),
        (host("127.0.0.1"), host("evil.example")),
        (host("evil.example"), ("X-Forwarded-Host", "127.0.0.1"), ("Forwarded", "host=127.0.0.1")),
    ],
)
async def test_another_name_is_answered_nothing(headers: Sequence[tuple[str, str]]) -> None:
    answer = await asked(EDGE, *headers)
    assert (answer.status_code, problem(answer), fields(answer)) == (421, "not-our-name", ["Host"])
    assert "evil" not in answer.text
    assert answer.headers["content-security-policy"] == POLICY


async def test_without_a_public_address_only_this_machine_is_answered() -> None:
    edge = Edge(whatever, "")
    answers = [(await asked(edge, host(name))).status_code for name in ("localhost", "", ".", "example.nl")]
    assert answers == [200, 421, 421, 421]


async def test_a_name_with_letters_of_its_own_is_asked_for_as_browsers_write_it() -> None:
    edge = Edge(whatever, "https://stra\u00dfe.example.nl")
    assert (await asked(edge, host("xn--strae-oqa.example.nl"))).status_code == 200
    assert (await asked(edge, host("strasse.example.nl"))).status_code == 421


@pytest.mark.parametrize(
    ("name", "scheme"), [("buurtthuis.example.nl", "https"), ("127.0.0.1", "http"), ("surveys:8000", "http")]
)
async def test_who_came_by_the_public_address_came_as_that_says(name: str, scheme: str) -> None:
    answer = await asked(EDGE, host(name), ("X-Forwarded-Proto", "https"))
    assert answer.headers["scheme"] == scheme


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/no-such-page", "/surveys/v1/events", "/surveys/v1/docs", "/surveys/v1/x"]
)
async def test_no_page_is_read_by_who_leads_another_name_here(place: Playground, path: str) -> None:
    answer = await place.client(Role.STAFF).get(path, headers={"Host": "evil.example"})
    assert problem(answer) == "not-our-name"


async def test_a_link_of_the_feed_leads_where_people_reach_us(
    settings: Settings, needed: dict[str, Service]
) -> None:
    public = settings.model_copy(update={"public_url": PUBLIC})
    async with playground(needed.values(), public) as place:
        answer = await place.client(Role.STAFF).get(
            "/surveys/v1/events", headers={"Host": "buurtthuis.example.nl"}
        )
    assert answer.links["next"]["url"] == f"{PUBLIC}/surveys/v1/events?after=0"


# Whom a proxy brings


async def client_seen(trusted: Sequence[str], forwarded: str, peer: str = "172.18.0.9") -> str:
    app = Proxies(whatever, trusted).app
    answer = await asked(app, ("X-Forwarded-For", forwarded), client=peer)
    return str(answer.headers["client"])


@pytest.mark.parametrize(
    ("trusted", "forwarded", "seen"),
    [
        ([], OUTSIDE, "172.18.0.9"),
        (["172.18.0.3"], OUTSIDE, "172.18.0.9"),
        (["172.18.0.9"], OUTSIDE, OUTSIDE),
        (["172.18.0.0/16"], OUTSIDE, OUTSIDE),
        (["172.18.0.9"], f"127.0.0.1, {OUTSIDE}", OUTSIDE),
        (["172.18.0.9", "10.0.0.1"], f"127.0.0.1, {OUTSIDE}, 10.0.0.1", OUTSIDE),
    ],
)
async def test_only_a_proxy_that_was_named_is_believed(
    trusted: Sequence[str], forwarded: str, seen: str
) -> None:
    assert await client_seen(trusted, forwarded) == seen


# Below which path a proxy has us


async def root_seen(headers: Sequence[tuple[str, str]], peer: str = "172.18.0.9") -> tuple[str, str]:
    answer = await asked(Proxies(whatever, ["172.18.0.9"]).app, *headers, client=peer)
    return answer.headers["root"], answer.headers["path"]


def below(*prefixes: str) -> list[tuple[str, str]]:
    return [("X-Forwarded-Prefix", prefix) for prefix in prefixes]


@pytest.mark.parametrize(
    ("prefix", "root"),
    [
        ("/buurt", "/buurt"),
        ("/buurt/", "/buurt"),
        ("/apps/buurt-thuis_2.0~x", "/apps/buurt-thuis_2.0~x"),
        ("/surveys", "/surveys"),
        ("/", ""),
        ("", ""),
    ],
)
async def test_what_a_named_proxy_took_off_is_put_before_the_path(prefix: str, root: str) -> None:
    assert await root_seen(below(prefix)) == (root, f"{root}/surveys/v1/events")


@pytest.mark.parametrize(
    "headers",
    [
        below("buurt"),
        below("//evil.example"),
        below("/buurt//thuis"),
        below("/../buurt"),
        below("/buurt/.."),
        below("https://evil.example"),
        below("/buurt\\evil"),
        below("/buurt;Domain=evil.example"),
        below("/buurt, /evil"),
        below('/buurt"><script>'),
        below("/buurt?a=b"),
        below("/buurt#a"),
        below("/%2e%2e"),
        below("/b\xfcurt"),
        below("/" + "b" * 200),
        below("/buurt", "/evil"),
    ],
)
async def test_what_cannot_be_a_path_is_not_looked_at(headers: list[tuple[str, str]]) -> None:
    assert await root_seen(headers) == ("", "/surveys/v1/events")


async def test_a_stranger_says_nothing_of_a_path() -> None:
    assert await root_seen(below("/evil"), peer=OUTSIDE) == ("", "/surveys/v1/events")


@pytest.mark.parametrize(
    ("name", "headers", "root"),
    [
        ("buurtthuis.example.nl", [], "/buurt"),
        ("127.0.0.1", [], ""),
        ("gateway.local", [], ""),
        ("buurtthuis.example.nl", below("/thuis"), "/thuis"),
        ("127.0.0.1", below("/thuis"), "/thuis"),
    ],
)
async def test_who_came_by_a_public_address_with_a_path_came_below_it(
    name: str, headers: list[tuple[str, str]], root: str
) -> None:
    edge = Edge(whatever, f"{PUBLIC}/buurt/", ["gateway.local"])
    answer = await asked(Proxies(edge, ["172.18.0.9"]).app, host(name), *headers)
    assert (answer.headers["root"], answer.headers["path"]) == (root, f"{root}/surveys/v1/events")


@pytest.mark.parametrize(
    ("trusted", "sent", "root"),
    [
        ("127.0.0.1", dict(below("/buurt")), "/buurt"),
        ("127.0.0.1", {"Host": "buurtthuis.example.nl"}, "/thuis"),
        ("", dict(below("/buurt")), ""),
    ],
)
async def test_every_link_and_cookie_leads_below_the_path_of_the_proxy(
    settings: Settings, needed: dict[str, Service], trusted: str, sent: dict[str, str], root: str
) -> None:
    behind = {"forwarded_allow_ips": trusted, "public_url": f"{PUBLIC}/thuis"}
    async with playground(needed.values(), settings.model_copy(update=behind)) as place:
        staff = place.client(Role.STAFF)
        staff.headers.update(sent)
        theme = {"house_id": str(uuid4()), "title": "Ontmoeten"}
        key = {"Idempotency-Key": "once"}
        made = await staff.post("/surveys/v1/themes", json=theme, headers=key)
        assert made.headers["location"] == f"{root}/surveys/v1/themes/{made.json()['id']}"
        feed = await staff.get("/surveys/v1/events")
        assert urlsplit(feed.links["next"]["url"]).path == f"{root}/surveys/v1/events"
        cookie = (await staff.post("/surveys/v1/events/cookie")).headers["set-cookie"]
        assert f"; Path={root}/surveys/v1/events;" in cookie
        document = (await staff.get("/surveys/v1/openapi.json")).json()
        assert document["servers"] == [{"url": f"{root}/surveys/v1"}]
        assert (await staff.get("/surveys")).headers["location"] == f"{root}/surveys/v1/docs"
        for page in ("/", "/surveys/v1/docs", "/surveys/v1/asyncapi", "/surveys/v1/docs/start.js"):
            answer = await staff.get(page)
            assert answer.status_code == 200
            assert not re.search(r"""(href|src|action)=["']/""", answer.text)
        assert (await staff.get(f"/buurt{page}")).status_code == 404
        directly = place.client()
        directly.headers["Authorization"] = staff.headers["Authorization"]
        again = await directly.post("/surveys/v1/themes", json=theme, headers=key)
        assert again.json() == made.json(), "the same request, by another door"
        assert (await directly.get("/surveys/v1/openapi.json")).json()["servers"] == [{"url": "/surveys/v1"}]


async def test_nobody_on_this_machine_is_believed_unless_named() -> None:
    assert await client_seen([], OUTSIDE, peer="127.0.0.1") == "127.0.0.1"


async def test_a_proxy_by_its_name_is_believed_wherever_it_is_started_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where = {"gateway": "172.18.0.9"}

    async def look_up(name: str, _port: None) -> list[Any]:
        if name not in where:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (where[name], 0))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
    monkeypatch.setattr("buurtthuis.http.edge.LOOK_UP_SECONDS", 0.001)
    proxies = Proxies(whatever, ["gateway"])

    def believes(peer: str) -> Callable[[], Any]:
        async def asked_again() -> bool:
            answer = await asked(proxies.app, ("X-Forwarded-For", OUTSIDE), client=peer)
            return bool(answer.headers["client"] == OUTSIDE)

        return asked_again

    assert not await believes("172.18.0.9")()
    keeping = asyncio.create_task(proxies.keep_looking_up())
    await eventually(believes("172.18.0.9"), "the gateway is found")
    where["gateway"] = "172.18.0.4"
    await eventually(believes("172.18.0.4"), "it is found again")
    assert not await believes("172.18.0.9")()
    where.clear()

    async def nobody() -> bool:
        return not await believes("172.18.0.4")()

    await eventually(nobody, "a name that leads nowhere is nobody")
    keeping.cancel()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("FORWARDED_ALLOW_IPS", "*"),
        ("FORWARDED_ALLOW_IPS", "gateway,*"),
        ("FORWARDED_ALLOW_IPS", "0.0.0.0/0"),
        ("FORWARDED_ALLOW_IPS", "10.0.0.1 ::/0"),
        ("FORWARDED_ALLOW_IPS", "10.0.0.300"),
        ("PUBLIC_URL", "buurtthuis.example.nl"),
        ("PUBLIC_URL", "ftp://buurtthuis.example.nl"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "https://somebody:secret@buurtthuis.example.nl"),
        ("PUBLIC_URL", "https://buurtthuis.example.nl/?a=b"),
        ("PUBLIC_URL", "https://buurtthuis.example.nl/buurt//thuis"),
        ("PUBLIC_URL", "https://buurtthuis.example.nl/../thuis"),
        ("PUBLIC_URL", "https://buurtthuis.example.nl/buurt thuis"),
        ("SECURITY_CONTACT", "security@example.nl"),
        ("SECURITY_CONTACT", "mailto:security@example.nl\nContact: mailto:evil@example.nl"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    monkeypatch.setenv(setting, value)
    with pytest.raises(SettingsError, match=f"^{setting}: "):
        Settings.read()


def test_proxies_are_named_in_any_way_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "gateway, 10.0.0.1,fd00::/8 172.18.0.0/16")
    assert Settings.read().trusted_proxies == ["gateway", "10.0.0.1", "fd00::/8", "172.18.0.0/16"]


def test_services_are_asked_by_the_names_that_they_find_each_other_by() -> None:
    settings = Settings(feed_url="http://{service}:8000/{service}/v1/events", allowed_hosts="pod, 10.1.2.3")
    assert settings.names(["surveys"]) == ["pod", "10.1.2.3", "surveys"]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8431"),
        ("0.0.0.0", "http://127.0.0.1:8431"),
        ("::", "http://127.0.0.1:8431"),
        ("::1", "http://[::1]:8431"),
        ("192.168.1.9", "http://192.168.1.9:8431"),
    ],
)
def test_where_nothing_else_is_said_people_reach_us_where_we_run(host: str, address: str) -> None:
    assert address_of(host, 8431) == address
    assert Settings(public_url="").reached_at(address).public_url == address
    assert Settings(public_url=PUBLIC).reached_at(address).public_url == PUBLIC


@pytest.mark.starts("notifications")
async def test_links_lead_to_the_port_on_which_it_runs(alone: Playground) -> None:
    assert alone.service("notifications").parts.public_url == alone.url


# What browsers are told


@pytest.mark.parametrize("path", ["/", "/no-such-page", "/surveys/v1/asyncapi", "/surveys/v1/openapi.json"])
async def test_nothing_is_loaded_runs_or_is_framed(place: Playground, path: str) -> None:
    headers = (await place.client().get(path)).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_the_api_page_runs_its_own_program_and_asks_its_own_service(place: Playground) -> None:
    headers = (await place.client().get("/surveys/v1/docs")).headers
    policy = headers.get_list("content-security-policy")[0]
    sources = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert sources["default-src"] == sources["frame-ancestors"] == "'none'"
    assert sources["script-src"] == sources["connect-src"] == "'self'"


@pytest.mark.parametrize("role", [[Role.STAFF], []])
async def test_what_a_token_opens_is_kept_by_nobody(place: Playground, role: list[Role]) -> None:
    client = place.client(*role)
    for path in ("/surveys/v1/events", "/surveys/v1/parked-events"):
        headers = (await client.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert "Authorization" in headers["vary"]


async def test_the_feed_says_that_it_depends_on_the_cookie_and_on_how_it_is_asked(
    place: Playground,
) -> None:
    client = place.client(Role.STAFF)
    for accept in ("application/json", "text/event-stream"):
        async with client.stream("GET", "/surveys/v1/events", headers={"Accept": accept}) as answer:
            assert {"Authorization", "Cookie", "Accept"} <= set(re.split(r",\s*", answer.headers["vary"]))
            assert answer.headers["cache-control"] == "no-store"


# Where to report what somebody finds


async def test_where_to_report_is_said_where_it_is_set(
    settings: Settings, needed: dict[str, Service]
) -> None:
    more = {"security_contact": "mailto:security@example.nl", "public_url": PUBLIC}
    async with playground(needed.values(), settings.model_copy(update=more)) as place:
        answer = await place.client().get("/.well-known/security.txt")
        policy = await place.client().get("/security")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    said = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert said["Contact"] == "mailto:security@example.nl"
    assert said["Canonical"] == f"{PUBLIC}/.well-known/security.txt"
    assert said["Policy"] == f"{PUBLIC}/security"
    assert "mailto:security@example.nl" in policy.text
    left = datetime.fromisoformat(said["Expires"]) - datetime.now(UTC)
    assert timedelta(days=30) < left < timedelta(days=365)


@pytest.mark.parametrize("path", ["/.well-known/security.txt", "/security"])
async def test_where_it_is_not_set_nothing_is_made_up(place: Playground, path: str) -> None:
    assert problem(await place.client().get(path)) == "no-such-page"


def test_it_does_not_run_out_while_it_is_served() -> None:
    written = security_txt("tel:+31", PUBLIC, datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    assert "Expires: 2027-03-31T00:00:00Z" in written
