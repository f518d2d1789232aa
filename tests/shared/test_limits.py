"""What a request may bring."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import httpx
import pytest
from buurtthuis.errors import Invalid, NotJson
from buurtthuis.identity import Role
from buurtthuis.limits import BODY_KIB, DEPTH, FORBIDDEN, Limits, check_body
from buurtthuis.testing import Playground, eventually
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import together
from tests.people import a_session, a_theme, fields, problem, schedule

pytestmark = pytest.mark.starts("surveys", "sessions")
place = together

JSON = {"Content-Type": "application/json"}
DISHONEST = ["\x00", "\ud800", "\udfff", "\u202e", "\u2066", "\u200f", "\u061c"]


def nested(levels: int, innermost: str = "") -> bytes:
    return b"[" * levels + innermost.encode() + b"]" * levels


@pytest.mark.parametrize("innermost", ["", "1", '"x"'])
def test_json_may_be_as_deep_as_the_limit(innermost: str) -> None:
    check_body(nested(DEPTH, innermost))


@pytest.mark.parametrize("innermost", ["", "1", "{}"])
@pytest.mark.parametrize("levels", [DEPTH + 1, 1_000, 100_000])
def test_json_may_not_be_deeper(levels: int, innermost: str) -> None:
    with pytest.raises(Invalid, match="32 levels"):
        check_body(nested(levels, innermost))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_a_number_is_finite(number: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_body(f'{{"plan": [{{"capacity": {number}}}]}}'.encode())
    assert refused.value.field == "/plan/0/capacity"


@pytest.mark.parametrize("character", DISHONEST)
def test_text_is_honest_in_values(character: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_body(json.dumps({"a": [{"b": f"x{character}y"}]}).encode())
    assert refused.value.field == "/a/0/b"


@pytest.mark.parametrize("character", DISHONEST)
def test_text_is_honest_in_keys(character: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_body(json.dumps({"a": {f"x{character}": 1}}).encode())
    assert refused.value.field == "/a/x\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("text", ["Ontmoeten", "مقهى", "Gülnur’un çayı", "日本語", "👩‍👩‍👧", "a\nb\tc"])
def test_honest_text_of_any_script_passes(text: str) -> None:
    check_body(json.dumps({"title": text}).encode())


def test_a_body_of_another_media_type_is_refused() -> None:
    with pytest.raises(NotJson):
        check_body(b"{}", [(b"content-type", b"text/plain")])


async def test_a_client_that_hangs_up_halfway_has_asked_for_nothing() -> None:
    asked: list[Any] = []

    async def app(*request: Any) -> None:
        asked.append(request)

    async def hung_up() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        raise AssertionError("nobody is there to read this")

    scope = {"type": "http", "path": "/", "query_string": b"", "headers": [], "state": {"request_id": "1"}}
    await Limits(app)(scope, hung_up, send)
    assert asked == []


async def test_half_a_request_over_a_real_connection_changes_nothing(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    theme = await a_theme(staff)
    address = urlsplit(place.url)
    head = (
        f"POST /surveys/themes/{theme}/admission HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
        f"Authorization: {staff.headers['Authorization']}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode())
        await asyncio.to_thread(connection.sendall, b"{")

    async def answers() -> bool:
        return (await staff.get("/surveys/themes")).status_code == 200

    await eventually(answers)
    assert (await staff.get(f"/surveys/themes/{theme}")).json()["state"] == "proposed"


async def test_a_body_up_to_the_limit_is_read(place: Playground) -> None:
    body = b'{"title": 1}'.ljust(BODY_KIB * 1024)
    response = await place.client(Role.STAFF).post("/surveys/themes", content=body, headers=JSON)
    assert response.status_code == 422


async def test_a_larger_body_is_refused(place: Playground) -> None:
    body = b'{"title": 1}'.ljust(BODY_KIB * 1024 + 1)
    response = await place.client(Role.STAFF).post("/surveys/themes", content=body, headers=JSON)
    assert (response.status_code, problem(response)) == (413, "too-large")


async def test_a_body_that_does_not_say_how_long_it_is_is_refused_too(place: Playground) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(BODY_KIB + 1):
            yield b" " * 1024

    response = await place.client(Role.STAFF).post("/surveys/themes", content=chunks(), headers=JSON)
    assert (response.status_code, problem(response)) == (413, "too-large")


@pytest.mark.parametrize("character", [one for one in DISHONEST if not "\ud800" <= one <= "\udfff"])
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/surveys/themes?state={}", "?state"),
        ("/surveys/themes?x{}=1", "?x\N{REPLACEMENT CHARACTER}"),
        ("/surveys/themes/x{}", "path"),
        ("/surveys/x{}", "path"),
    ],
)
async def test_text_is_honest_in_query_and_path(
    place: Playground, path: str, field: str, character: str
) -> None:
    response = await place.client(Role.STAFF).get(path.format(quote(character)))
    assert (response.status_code, problem(response), fields(response)) == (422, "invalid", [field])


async def test_half_a_character_in_the_query_is_refused(place: Playground) -> None:
    response = await place.client(Role.STAFF).get("/surveys/themes?state=%ED%A0%80")
    assert (response.status_code, fields(response)) == (422, ["?"])


@pytest.mark.parametrize("header", ["Idempotency-Key", "If-Match", "Last-Event-Id", "User-Agent"])
async def test_text_is_honest_in_headers(place: Playground, header: str) -> None:
    response = await place.client(Role.STAFF).get(
        "/surveys/themes", headers={header.encode(): "x\u202e".encode()}
    )
    assert (response.status_code, fields(response)) == (422, [header])


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**63, 10**30, 1.5, 1e300, "twelve", [], None])
async def test_a_number_that_no_column_holds_is_refused_by_name(place: Playground, number: object) -> None:
    body = {"title": "x", "town": "y", "dwellings": number}
    response = await place.client(Role.STAFF).post("/sessions/houses", json=body)
    assert (response.status_code, fields(response)) == (422, ["/dwellings"])


@pytest.mark.parametrize(
    "moment",
    [
        "0000-01-01T00:00:00",
        "0001-01-01T00:00:00",
        "10000-01-01T00:00:00",
        "2019-02-30T10:00:00",
        "2019-01-10T19:30:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        1e300,
        2**70,
        1547145000,
        "now",
    ],
)
async def test_a_moment_that_no_clock_shows_is_refused_by_name(place: Playground, moment: object) -> None:
    session = await a_session(place.client(Role.STAFF))
    response = await schedule(place.client(Role.STAFF), session, starts_at=moment)
    assert (response.status_code, fields(response)) == (422, ["/starts_at"])


@pytest.mark.parametrize("query", ["limit=0", "limit=201", f"limit={2**64}", "limit=1e2", "limit=-1"])
async def test_a_page_has_a_longest_length(place: Playground, query: str) -> None:
    response = await place.client(Role.STAFF).get(f"/surveys/themes?{query}")
    assert (response.status_code, fields(response)) == (422, ["?limit"])


@pytest.mark.parametrize("query", ["wait=nan", "wait=inf", f"after={2**63}", "limit=501"])
async def test_a_feed_refuses_numbers_beyond_its_own(place: Playground, query: str) -> None:
    response = await place.client(Role.STAFF).get(f"/surveys/events?{query}")
    assert (response.status_code, fields(response)) == (422, [f"?{query.partition('=')[0]}"])


WORDS = st.text(st.characters(codec=None, categories=None), max_size=20) | st.sampled_from(DISHONEST)
NUMBERS = st.integers() | st.floats() | st.sampled_from([2**31, 2**63, 10**400])
KEYS = WORDS | st.sampled_from(["house_id", "title", "captured_via"])
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
THEMES = st.fixed_dictionaries(
    {"house_id": st.uuids().map(str) | DOCUMENTS, "title": WORDS | DOCUMENTS},
    optional={"captured_via": st.sampled_from(["web", "paper"]) | DOCUMENTS},
)


async def test_no_json_document_makes_the_service_fail(place: Playground) -> None:
    """And a theme is only made of what is honest throughout."""
    token = place.client(Role.STAFF).headers["Authorization"]
    client = httpx.Client(base_url=place.url, headers={"Authorization": token, **JSON})

    @settings(max_examples=120, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(THEMES | DOCUMENTS)
    def any_document(document: object) -> None:
        text = json.dumps(document)
        response = client.post("/surveys/themes", content=text)
        assert response.status_code in (201, 422), response.text
        if response.status_code == 201:
            assert not FORBIDDEN.search(json.loads(text)["title"])
        else:
            assert problem(response) == "invalid"
            assert fields(response)

    with client:
        await asyncio.to_thread(any_document)


async def test_honest_text_comes_back_as_it_was_sent(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    theme = await a_theme(staff, "Thee bij مريم, 🫖 & <koek>", house_id=str(uuid4()))
    assert (await staff.get(f"/surveys/themes/{theme}")).json()["title"] == "Thee bij مريم, 🫖 & <koek>"
