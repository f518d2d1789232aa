"""What a request may bring."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.core.errors import Invalid, NotJson, Unauthenticated
from buurtthuis.core.texts import bare, is_honest
from buurtthuis.http import limits
from buurtthuis.http.limits import BODY_KIB, DEPTH, FORM, IN_PASSING_KIB, VALUES, Limits, checked_body
from buurtthuis.http.models import BUTTON
from buurtthuis.http.problem_json import place_of
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground, eventually
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import together
from tests.people import AS_TYPED, a_session, a_theme, fields, problem, schedule

pytestmark = pytest.mark.starts("surveys", "sessions")
place = together

JSON = {"Content-Type": "application/json"}
#: As keyboards, editors and messengers write it, beside figures and Latin letters.
ARABIC = [
    "\u200fقهوة",
    "بيت\u200e 12\u061c",
    "\u2067قهوة\u2069 thee",
    "\u2068a \u202bب\u202c\u2069",
    "کتاب\u200cخانه",
]
#: A body of no length that goes on after its end.
CHUNKS = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
DISHONEST = ["\x00", "\ud800", "\udfff", "\u202d", "\u202e", "\u202a", "\u202c", "\u2066", "\u2069"]


def nested(levels: int, innermost: str = "") -> bytes:
    return b"[" * levels + innermost.encode() + b"]" * levels


@pytest.mark.parametrize("innermost", ["", "1", '"x"'])
def test_json_may_be_as_deep_as_the_limit(innermost: str) -> None:
    checked_body(nested(DEPTH, innermost))


@pytest.mark.parametrize("innermost", ["", "1", "{}"])
@pytest.mark.parametrize("levels", [DEPTH + 1, 1_000, 100_000])
def test_json_may_not_be_deeper(levels: int, innermost: str) -> None:
    with pytest.raises(Invalid, match="32 levels"):
        checked_body(nested(levels, innermost))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_a_number_is_finite(number: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_body(f'{{"plan": [{{"capacity": {number}}}]}}'.encode())
    assert place_of(refused.value) == "/plan/0/capacity"


@pytest.mark.parametrize("character", DISHONEST)
def test_text_is_honest_in_values(character: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_body(json.dumps({"a": [{"b": f"x{character}y"}]}).encode())
    assert place_of(refused.value) == "/a/0/b"


@pytest.mark.parametrize("character", DISHONEST)
def test_text_is_honest_in_keys(character: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_body(json.dumps({"a": {f"x{character}": 1}}).encode())
    assert place_of(refused.value) == "/a/x\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    "text", ["Ontmoeten", "مقهى", "Gülnur’un çayı", "日本語", "👩‍👩‍👧", "a\nb\tc", *ARABIC]
)
def test_honest_text_of_any_script_passes(text: str) -> None:
    checked_body(json.dumps({"title": text}).encode())


@pytest.mark.parametrize(
    "around", ["\u202d{}\u202c", "\u202e{}", "{}\u202c", "\u202a{}", "\u2066{}\u2069", "\u2069{}\u200e"]
)
def test_a_number_comes_in_without_what_messengers_put_around_it(around: str) -> None:
    """A title of figures alone, too, so that it turns nothing around that stands beside it."""
    body = json.dumps({"mobile": around.format("+31 (0)6 12345678"), "title": "Café"}).encode()
    assert json.loads(checked_body(body))["title"] == "Café"
    number = json.loads(checked_body(body))["mobile"]
    assert is_honest(number)
    assert bare(number) == "+31 (0)6 12345678"


def test_a_body_of_another_media_type_is_refused() -> None:
    with pytest.raises(NotJson):
        checked_body(b"{}", [(b"content-type", b"text/plain")])


def test_a_body_holds_so_many_values() -> None:
    checked_body(values(VALUES - 2))
    with pytest.raises(Invalid, match="10000 values"):
        checked_body(values(VALUES - 1))


def values(count: int, name: str = "x") -> bytes:
    """So many, in a list in an object, deep below names of some length."""
    deep = f'{{"{name}":' * (DEPTH - 2)
    return f"{deep}[{','.join(['0'] * (count - DEPTH + 3))}]{'}' * (DEPTH - 2)}".encode()


def test_where_a_value_stands_is_written_for_a_refusal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[object] = []

    def write(step: object) -> str:
        written.append(step)
        return str(step)

    monkeypatch.setattr(limits, "pointer", write)
    checked_body(values(VALUES - 2))
    assert written == []
    with pytest.raises(Invalid):
        checked_body(b'{"a": [1, {"b": 1e999}]}')
    assert sorted(map(str, written)) == ["1", "a", "b"]


def test_what_a_body_costs_depends_on_its_values_and_not_on_the_names_above_them() -> None:
    def cost(body: bytes) -> float:
        started = time.process_time()
        checked_body(body)
        return time.process_time() - started

    bare, below = values(VALUES - 2), values(VALUES - 2, "/" * 7_500)
    assert len(below) > 200 * 1024
    assert min(cost(below) for _ in range(5)) < 5 * min(cost(bare) for _ in range(5))


@pytest.mark.parametrize(("kib", "beside"), [(1, False), (IN_PASSING_KIB + 1, True), (BODY_KIB - 1, True)])
async def test_a_body_that_takes_a_while_is_looked_at_beside_the_loop(
    monkeypatch: pytest.MonkeyPatch, kib: int, beside: bool
) -> None:
    where: list[bool] = []

    def check(body: bytes, _: Any) -> bytes:
        where.append(threading.current_thread() is not threading.main_thread())
        return body

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        assert len((await receive())["body"]) == kib * 1024

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b" " * kib * 1024, "more_body": False}

    async def send(_: Any) -> None: ...

    monkeypatch.setattr(limits, "checked_body", check)
    await Limits(app, everybody)(a_request(), receive, send)
    assert where == [beside]


async def everybody(scope: Any) -> bool:
    scope["route"] = None
    return True


@pytest.mark.parametrize(
    "kind", [FORM, "multipart/form-data; boundary=x", "text/plain", "application/json", None]
)
async def test_what_comes_with_a_button_is_whatever_a_mail_program_sends_and_is_not_looked_at(
    kind: str | None,
) -> None:
    async def button(scope: Any) -> bool:
        scope["route"] = SimpleNamespace(openapi_extra=BUTTON)
        return True

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        assert (await receive())["body"] == b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b'--x\r\n\x00{"', "more_body": False}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    kinds = [(b"content-type", kind.encode())] if kind else []
    await Limits(app, button)(a_request() | {"headers": [(b"content-length", b"1"), *kinds]}, receive, send)


async def nobody(_: Any) -> bool:
    raise Unauthenticated(why="there is none")


async def nowhere(_: Any) -> bool:
    return False


@pytest.mark.parametrize("admit", [nobody, nowhere])
async def test_nothing_is_read_of_what_nobody_known_sends_nor_of_what_leads_nowhere(admit: Any) -> None:
    async def never() -> dict[str, Any]:
        raise AssertionError("this was read")

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        assert await receive() == {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: Any) -> None: ...

    await Limits(app, admit)(a_request(), never, send)


def a_request() -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [(b"content-length", b"1"), (b"content-type", b"application/json")],
        "state": {"request_id": "1"},
    }


async def test_a_client_that_hangs_up_halfway_has_asked_for_nothing() -> None:
    asked: list[Any] = []

    async def app(*request: Any) -> None:
        asked.append(request)

    async def hung_up() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        raise AssertionError("nobody is there to read this")

    await Limits(app, everybody)(a_request(), hung_up, send)
    assert asked == []


async def test_half_a_request_over_a_real_connection_changes_nothing(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    theme = await a_theme(staff)
    address = urlsplit(place.url)
    head = (
        f"POST /surveys/v1/themes/{theme}/admission HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
        f"Authorization: {staff.headers['Authorization']}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode())
        await asyncio.to_thread(connection.sendall, b"{")

    async def answers() -> bool:
        return (await staff.get("/surveys/v1/themes")).status_code == 200

    await eventually(answers)
    assert (await staff.get(f"/surveys/v1/themes/{theme}")).json()["state"] == "proposed"


@pytest.mark.parametrize(
    ("head", "more"),
    [("", "x"), ("GET / HTTP/1.1\r\nA: ", "x"), ("GET / HTTP/1.1\r\n", "A: x\r\n"), (CHUNKS, "A: x\r\n")],
    ids=["line", "header", "headers", "trailers"],
)
async def test_a_request_that_never_comes_to_its_end_is_given_up(
    place: Playground, head: str, more: str
) -> None:
    address = urlsplit(place.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    sent = head.encode() + more.encode() * (1024 * 1024)
    with suppress(ConnectionError):
        writer.write(sent)
        await writer.drain()
    with suppress(ConnectionError):
        assert b"400 Bad Request" in await reader.read()
    writer.close()


async def test_a_connection_is_good_for_many_requests(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    long = {"User-Agent": "x" * 60_000}
    for _ in range(3):
        assert (await staff.get("/surveys/v1/themes", headers=long)).status_code == 200
    response = await staff.get("/surveys/v1/themes", headers={"User-Agent": "x" * 400_000})
    assert response.status_code == 400


async def test_a_body_up_to_the_limit_is_read(place: Playground) -> None:
    body = b'{"title": 1}'.ljust(BODY_KIB * 1024)
    response = await place.client(Role.STAFF).post("/surveys/v1/themes", content=body, headers=JSON)
    assert response.status_code == 400


async def test_a_larger_body_is_refused(place: Playground) -> None:
    body = b'{"title": 1}'.ljust(BODY_KIB * 1024 + 1)
    response = await place.client(Role.STAFF).post("/surveys/v1/themes", content=body, headers=JSON)
    assert (response.status_code, problem(response)) == (413, "too-large")


#: What is wrong in every way that a body can be.
WRONG = b'{"title": NaN, ' + b"[" * (BODY_KIB * 1024)


@pytest.mark.parametrize(
    ("token", "method", "path", "status"),
    [
        (None, "POST", "/surveys/v1/themes", 401),
        ("no token", "POST", "/surveys/v1/themes", 401),
        (Role.RESIDENT, "POST", f"/surveys/v1/themes/{UUID(int=1)}/admission", 403),
        (None, "POST", "/surveys/v1/nothing", 404),
        (Role.STAFF, "POST", "/surveys/v1/nothing", 404),
        (Role.STAFF, "PATCH", "/surveys/v1/themes", 405),
        (Role.STAFF, "POST", "/surveys/v1/themes", 413),
    ],
)
async def test_the_caller_comes_first_and_then_the_body(
    place: Playground, token: Role | str | None, method: str, path: str, status: int
) -> None:
    client = place.client(token) if isinstance(token, Role) else httpx.AsyncClient(base_url=place.url)
    headers = JSON | ({"Authorization": "Bearer x"} if token == "no token" else {})
    response = await client.request(method, path, content=WRONG, headers=headers)
    assert response.status_code == status
    assert ("www-authenticate" in response.headers) is (status == 401)


async def test_a_body_that_means_nothing_is_not_looked_at(place: Playground) -> None:
    response = await place.client(Role.STAFF).request("GET", "/surveys/v1/themes", content=WRONG)
    assert response.status_code == 200


async def test_a_query_has_a_longest_length(place: Playground) -> None:
    response = await place.client(Role.STAFF).get(f"/surveys/v1/themes?state={'%D8%A7' * 3_000}")
    assert (response.status_code, fields(response)) == (400, ["?"])


async def test_a_body_that_does_not_say_how_long_it_is_is_refused_too(place: Playground) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(BODY_KIB + 1):
            yield b" " * 1024

    response = await place.client(Role.STAFF).post("/surveys/v1/themes", content=chunks(), headers=JSON)
    assert (response.status_code, problem(response)) == (413, "too-large")


@pytest.mark.parametrize("character", [one for one in DISHONEST if not "\ud800" <= one <= "\udfff"])
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/surveys/v1/themes?state={}", "?state"),
        ("/surveys/v1/themes?x{}=1", "?x\N{REPLACEMENT CHARACTER}"),
        ("/surveys/v1/themes/x{}", "path"),
        ("/surveys/v1/x{}", "path"),
    ],
)
async def test_text_is_honest_in_query_and_path(
    place: Playground, path: str, field: str, character: str
) -> None:
    response = await place.client(Role.STAFF).get(path.format(quote(character)))
    assert (response.status_code, problem(response), fields(response)) == (400, "malformed", [field])


async def test_half_a_character_in_the_query_is_refused(place: Playground) -> None:
    response = await place.client(Role.STAFF).get("/surveys/v1/themes?state=%ED%A0%80")
    assert (response.status_code, fields(response)) == (400, ["?"])


@pytest.mark.parametrize("header", ["Idempotency-Key", "If-Match", "Last-Event-Id", "User-Agent"])
async def test_text_is_honest_in_headers(place: Playground, header: str) -> None:
    response = await place.client(Role.STAFF).get(
        "/surveys/v1/themes", headers={header.encode(): "x\u202e".encode()}
    )
    assert (response.status_code, fields(response)) == (400, [header])


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**63, 10**30, 1.5, 1e300, "twelve", [], None])
async def test_a_number_that_no_column_holds_is_refused_by_name(place: Playground, number: object) -> None:
    body = {"title": "x", "town": "y", "dwellings": number}
    response = await place.client(Role.STAFF).post("/sessions/v1/houses", json=body)
    assert (response.status_code, fields(response)) == (400, ["/dwellings"])


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
    assert (response.status_code in (400, 422), fields(response)) == (True, ["/starts_at"])


async def test_an_object_has_so_many_fields(place: Playground) -> None:
    body = {f"field {number}": 1 for number in range(101)}
    response = await place.client(Role.STAFF).post("/surveys/v1/themes", json={"title": body})
    assert (response.status_code, fields(response)) == (400, ["/title"])


async def test_mistakes_are_shown_one_by_one_up_to_a_number(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    some = (await staff.post("/surveys/v1/surveys", json={"questions": [{}] * 10})).json()
    many = (await staff.post("/surveys/v1/surveys", json={"questions": [{}] * 5_000})).json()
    assert len(some["errors"]) == 20
    assert [one["field"] for one in many["errors"]] == ["/"]
    assert "mistakes" in many["detail"]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", f"limit={2**64}", "limit=1e2", "limit=-1"])
async def test_a_page_has_a_longest_length(place: Playground, query: str) -> None:
    response = await place.client(Role.STAFF).get(f"/surveys/v1/themes?{query}")
    assert (response.status_code, fields(response)) == (400, ["?limit"])


@pytest.mark.parametrize("query", ["wait=nan", "wait=inf", f"after={2**63}", "limit=501"])
async def test_a_feed_refuses_numbers_beyond_its_own(place: Playground, query: str) -> None:
    response = await place.client(Role.STAFF).get(f"/surveys/v1/events?{query}")
    assert (response.status_code, fields(response)) == (400, [f"?{query.partition('=')[0]}"])


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
        response = client.post("/surveys/v1/themes", content=text)
        assert response.status_code in (201, 400), response.text
        if response.status_code == 201:
            assert is_honest(json.loads(text)["title"])
        else:
            assert problem(response) == "malformed"
            assert fields(response)

    with client:
        await asyncio.to_thread(any_document)


async def test_honest_text_comes_back_as_it_was_sent(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    theme = await a_theme(staff, "Thee bij مريم, 🫖 & <koek>", house_id=str(uuid4()))
    assert (await staff.get(f"/surveys/v1/themes/{theme}")).json()["title"] == "Thee bij مريم, 🫖 & <koek>"


async def test_letters_that_nobody_sees_come_back_where_they_belong(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    themes = [await a_theme(staff, text) for text in AS_TYPED]
    found = [(await staff.get(f"/surveys/v1/themes/{theme}")).json()["title"] for theme in themes]
    assert found == [*AS_TYPED]
    said = str(await place.events("surveys"))
    assert all(repr(text)[1:-1] in said for text in AS_TYPED)
