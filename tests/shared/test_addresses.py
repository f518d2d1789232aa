"""What is at an address: its methods, its query parameters, and the forms in which it can be had."""

from collections.abc import Iterator
from typing import Any

import pytest
from buurtthuis.http.addresses import can_be_given, resource_at
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.application import documented
from buurtthuis.runtime.installed import installed_services
from buurtthuis.testing import Playground

from tests.conftest import together
from tests.contracts.api_rules import documents, operations
from tests.people import HOUSE, fields, made, problem

place = together

JSON = frozenset({"application/json"})
EVENTS = frozenset({"application/cloudevents-batch+json", "text/event-stream"})
FOR_ALL = [Role.STAFF, Role.RESIDENT, Role.OPERATOR, Role.GUIDE]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/surveys/v1/themes", "GET, HEAD, OPTIONS, POST"),
        ("DELETE", "/surveys/v1/themes/export", "GET, HEAD, OPTIONS"),
        ("PUT", "/surveys/v1/themes/export", "GET, HEAD, OPTIONS"),
        ("PATCH", "/surveys/v1/events", "GET, HEAD, OPTIONS"),
        ("POST", "/surveys/v1/docs", "GET, HEAD, OPTIONS"),
    ],
)
async def test_a_method_that_an_address_does_not_take_is_told_all_that_it_does(
    place: Playground, method: str, path: str, allow: str
) -> None:
    answer = await place.client().request(method, path, json={})
    assert (answer.status_code, problem(answer)) == (405, "method-not-allowed")
    assert answer.headers["allow"] == allow
    asked = await place.client().options(path)
    assert (asked.status_code, asked.headers["allow"], asked.content) == (204, allow, b"")


def test_every_path_of_every_document_is_found_with_all_of_its_methods() -> None:
    found = documents()
    for name, service in installed_services().items():
        app = documented(service)
        for path, methods in found[name]["paths"].items():
            resource = resource_at(app, path.replace("{", "").replace("}", ""))
            assert resource, path
            assert {method.lower() for method in resource.operations} >= set(methods), path


def test_every_query_parameter_of_every_document_is_known() -> None:
    found = documents()
    for name, service in installed_services().items():
        app = documented(service)
        for where, operation in operations(found[name]):
            method, path = where.split()
            resource = resource_at(app, path.replace("{", "").replace("}", ""))
            named = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
            assert resource
            assert named <= resource.operations[method].parameters, where


async def test_head_says_what_get_says_without_the_body(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    await made(staff, "/sessions/v1/houses", HOUSE)
    for path in ("/sessions/v1/houses", "/sessions/v1/openapi.json", "/", "/healthz"):
        read, asked = await staff.get(path), await staff.head(path)
        assert (asked.status_code, asked.content) == (200, b""), path
        for header in ("content-type", "content-length", "api-version"):
            assert asked.headers[header] == read.headers[header], path
    assert (await place.client().head("/sessions/v1/houses")).status_code == 401
    assert (await staff.head("/sessions/v1/nothing")).status_code == 404


async def test_the_head_of_a_live_stream_ends(place: Playground) -> None:
    answer = await place.client(Role.STAFF).head(
        "/sessions/v1/events", headers={"Accept": "text/event-stream"}
    )
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_a_query_parameter_that_nobody_knows_is_named(place: Playground) -> None:
    answer = await place.client(Role.STAFF).get("/surveys/v1/themes?limit=1&hous=1")
    assert (answer.status_code, problem(answer), fields(answer)) == (400, "malformed", ["?hous"])
    answer = await place.client(Role.STAFF).post("/surveys/v1/themes?captured_via=web", json={})
    assert (answer.status_code, fields(answer)) == (400, ["?captured_via"])


async def test_what_is_added_on_the_way_to_a_link_in_a_message_does_no_harm(place: Playground) -> None:
    path = f"/notifications/v1/public/woonpartners/unsubscriptions/{'x' * 40}"
    followed = await place.client().get(path, params={"utm_source": "mail"}, headers={"Accept": "image/png"})
    assert followed.status_code == 404


@pytest.mark.parametrize(
    ("forms", "accept", "given"),
    [
        (JSON, "*/*", True),
        (JSON, "application/*;q=0.1", True),
        (JSON, "text/html, application/json;q=0.9", True),
        (JSON, "Application/JSON; charset=utf-8", True),
        (JSON, "text/html", False),
        (JSON, "application/json;q=0", False),
        (JSON, "application/json;q=0.000, text/*", False),
        (EVENTS, "text/event-stream", True),
        (EVENTS, "application/json", True),
        (EVENTS, "application/xml", False),
        (JSON, "", False),
    ],
)
def test_what_somebody_takes_is_read_as_the_standard_has_it(
    forms: frozenset[str], accept: str, given: bool
) -> None:
    assert can_be_given(forms, accept) == given


async def test_a_form_that_cannot_be_given_is_refused(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    answer = await staff.get("/surveys/v1/themes", headers={"Accept": "application/xml"})
    assert (answer.status_code, problem(answer), fields(answer)) == (406, "not-acceptable", ["Accept"])
    assert "application/json" in answer.json()["detail"]
    assert (await staff.get("/surveys/v1/themes", headers={"Accept": ""})).status_code == 200


async def test_pages_and_what_services_ask_each_other_promise_no_form(place: Playground) -> None:
    """A service asks for what both know with the Accept of a feed."""
    anybody = place.client()
    for path in ("/surveys/v1/docs", "/surveys/v1/asyncapi"):
        assert (await anybody.get(path, headers={"Accept": "text/html"})).status_code == 200
    of_a_feed = {"Accept": "application/cloudevents-batch+json"}
    asked = await anybody.post("/surveys/v1/events/agreement", json={"heard": []}, headers=of_a_feed)
    assert asked.status_code == 401


def times() -> Iterator[tuple[str, str]]:
    """Every query parameter and part of a path that is a date or a time."""
    for name, document in documents().items():
        for where, operation in operations(document):
            for parameter in operation.get("parameters", ()):
                if "date" in str(parameter["schema"]) and where.startswith("GET"):
                    path = f"/{name}/v1{where.removeprefix('GET ')}".format(
                        id="0" * 32, corporation="woonpartners"
                    )
                    yield path, parameter["name"]


async def test_a_number_is_no_time(place: Playground) -> None:
    staff = place.client(*FOR_ALL)
    found = list(times())
    assert found
    for path, name in found:
        for wrong in ("0.5", "0", "1700000000", "-1"):
            answer = await staff.get(path, params={name: wrong})
            assert (answer.status_code, fields(answer)) == (400, [f"?{name}"]), path


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sessions/v1/houses", {**HOUSE, "ends_on": 0.5}),
        ("/surveys/v1/surveys", {"house_id": "0" * 32, "closes_at": 1700000000}),
        (
            "/surveys/v1/campaigns",
            {"house_id": "0" * 32, "stands": [{"place": "x", "starts_at": 5, "ends_at": "6"}]},
        ),
    ],
)
async def test_nor_is_it_in_a_body(place: Playground, path: str, body: Any) -> None:
    answer = await place.client(Role.STAFF).post(path, json=body)
    assert answer.status_code == 400
    assert {"/ends_on", "/closes_at", "/stands/0/starts_at"} & {*fields(answer)}


async def test_a_page_of_a_list_says_in_its_head_where_the_next_is(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    for _ in range(2):
        await made(staff, "/sessions/v1/houses", HOUSE)
    first = await staff.get("/sessions/v1/houses", params={"limit": 1, "state": "running"})
    following = first.links["next"]["url"]
    assert f"after={first.json()['next']}" in following
    assert "state=running" in following
    second = await staff.get(following)
    assert second.json()["items"][0]["id"] != first.json()["items"][0]["id"]
    last = await staff.get("/sessions/v1/houses", params={"limit": 200})
    assert ("next" in last.links) == bool(last.json()["next"])
