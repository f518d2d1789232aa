"""HTTP conventions that hold in every service."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.http.versions import etag
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.application import add_routes
from buurtthuis.runtime.installed import installed_services
from buurtthuis.runtime.running_service import RunningService
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Playground, eventually, playground
from fastapi import FastAPI
from sqlalchemy import text

from tests.conftest import together
from tests.people import a_draft, a_session, a_theme, done, fields, problem, schedule

pytestmark = pytest.mark.starts("sessions", "surveys")
place = together

NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"


async def test_every_answer_has_a_request_id_of_its_own(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    ids = {(await staff.get("/surveys/v1/themes")).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


async def test_a_read_answers_the_version_as_etag(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    theme = await a_theme(staff)
    await done(staff, f"/surveys/v1/themes/{theme}/admission")
    response = await staff.get(f"/surveys/v1/themes/{theme}")
    assert response.headers["etag"] == etag(response.json()["version"]) == '"2"'


async def test_a_command_answers_the_etag_that_the_next_read_will_have(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    theme = await a_theme(staff)
    moved = await staff.post(f"/surveys/v1/themes/{theme}/admission")
    assert moved.headers["etag"] == (await staff.get(f"/surveys/v1/themes/{theme}")).headers["etag"]


@pytest.mark.parametrize("path", ["/sessions/v1/houses", "/surveys/v1/themes"])
async def test_what_was_made_can_be_read_at_its_location(place: Playground, path: str) -> None:
    staff = place.client(Role.STAFF)
    body = {
        "/sessions/v1/houses": {"title": "x", "town": "y", "dwellings": 3},
        "/surveys/v1/themes": {"house_id": str(uuid4()), "title": "x"},
    }[path]
    made = await staff.post(path, json=body)
    assert (await staff.get(made.headers["location"])).json()["id"] == made.json()["id"]


async def test_a_stale_version_is_refused(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    theme = await a_theme(staff)
    await done(staff, f"/surveys/v1/themes/{theme}/admission")
    response = await staff.post(f"/surveys/v1/themes/{theme}/parking", headers={"If-Match": '"1"'})
    assert (response.status_code, problem(response)) == (412, "outdated")


async def test_a_stale_version_changes_nothing(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    theme = await a_theme(staff)
    await done(staff, f"/surveys/v1/themes/{theme}/admission")
    await staff.post(f"/surveys/v1/themes/{theme}/parking", headers={"If-Match": '"1"'})
    assert (await staff.get(f"/surveys/v1/themes/{theme}")).json()["state"] == "admitted"


async def test_the_current_version_is_accepted(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    theme = await a_theme(staff)
    response = await staff.post(f"/surveys/v1/themes/{theme}/admission", headers={"If-Match": '"1"'})
    assert response.status_code == 200


@pytest.mark.parametrize(
    "tags",
    [
        ['"2"'],
        ['"1", "2"'],
        ['"2","7"'],
        [', "2" ,'],
        ['W/"2", "2"'],
        ['W/"2"'],
        ['"1"', 'W/"2"'],
        ['"a,b", "2"'],
        ['"1"', '"2"'],
        ["*"],
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_what_allows_the_current_version_is_let_through(
    place: Playground, tags: list[str], method: str
) -> None:
    answer = await at_version_two(place, method, tags)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "tags",
    [
        ['"1"'],
        ['"1", "3"'],
        ['W/"1"'],
        ['W/"02"'],
        ['W/"3", W/"4"'],
        ['"x"'],
        ['""'],
        ['"*"'],
        ['"-1"'],
        ['"02"'],
        ['"\xb2"'],
        ['"99999999999999999999999999"'],
        ['"1"', 'W/"3"'],
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_what_does_not_allow_the_current_version_is_outdated(
    place: Playground, tags: list[str], method: str
) -> None:
    answer = await at_version_two(place, method, tags)
    assert (answer.status_code, problem(answer)) == (412, "outdated")


async def at_version_two(place: Playground, method: str, tags: list[str]) -> httpx.Response:
    """What is answered about something at version 2 with these lines of If-Match."""
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    path, body = {
        "POST": ("cancellation", {"reason": "De verwarming is kapot."}),
        "PUT": ("title", {"title": "Koffietafel"}),
    }[method]
    headers = [(b"If-Match", tag.encode("latin-1")) for tag in tags]
    return await staff.request(method, f"/sessions/v1/sessions/{session}/{path}", json=body, headers=headers)


@pytest.mark.parametrize(
    "version", ["1", "'1'", 'w/"1"', '"1', '"1" "2"', '"1";"2"', '"a b"', '*, "1"', '"1", *', "", ",", "W/1"]
)
async def test_a_version_that_is_none_is_refused_by_name(place: Playground, version: str) -> None:
    staff = place.client(Role.STAFF)
    response = await staff.post(f"/surveys/v1/themes/{uuid4()}/admission", headers={"If-Match": version})
    assert (response.status_code, fields(response)) == (400, ["If-Match"])


async def test_overwriting_needs_the_version_that_was_read(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    response = await staff.put(
        f"/sessions/v1/sessions/{await a_draft(staff)}/plan",
        json={
            "kind": "walk",
            "starts_at": "2019-01-10T19:30",
            "ends_at": "2019-01-10T20:30",
            "place": "x",
            "capacity": 1,
        },
    )
    assert (response.status_code, problem(response), fields(response)) == (
        428,
        "version-missing",
        ["If-Match"],
    )


async def test_two_who_overwrite_at_once_do_not_both_succeed(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    draft = await a_draft(staff)
    answers = await asyncio.gather(*(schedule(staff, draft, capacity=n) for n in range(1, 6)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]


async def walked(client: httpx.AsyncClient, path: str, limit: int) -> list[str]:
    """The ids on all pages."""
    found: list[str] = []
    query: dict[str, str | int] = {"limit": limit}
    while True:
        page = (await client.get(path, params=query)).json()
        found += [item["id"] for item in page["items"]]
        assert len(set(found)) == len(found), "it goes round in circles"
        if not page["next"]:
            return found
        query["after"] = page["next"]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 200])
async def test_a_walk_over_all_pages_meets_each_once_and_in_order(emptied: Playground, limit: int) -> None:
    staff = emptied.client(Role.STAFF)
    made = [await a_theme(staff) for _ in range(6)]
    assert await walked(staff, "/surveys/v1/themes", limit) == made


async def test_a_walk_meets_each_once_while_new_ones_arrive(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    made = {await a_theme(staff) for _ in range(8)}

    async def arrive() -> None:
        for _ in range(8):
            await a_theme(staff)

    _, found = await asyncio.gather(arrive(), walked(staff, "/surveys/v1/themes", 2))
    assert len(set(found)) == len(found)
    assert made <= set(found)


@pytest.fixture
async def cut_off(settings: Settings) -> Settings:
    """Settings whose database is not there."""
    return settings.model_copy(update={"database_url": NOWHERE})


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/surveys/v1/themes"), ("POST", "/surveys/v1/themes"), ("GET", "/sessions/v1/events")],
)
async def test_without_its_database_a_service_says_when_to_try_again(
    cut_off: Settings, needed: dict[str, Service], method: str, path: str
) -> None:
    async with playground(needed.values(), cut_off) as place:
        body = {"house_id": str(uuid4()), "title": "x"} if method == "POST" else None
        response = await place.client(Role.STAFF).request(method, path, json=body)
        assert (response.status_code, problem(response)) == (503, "unavailable")
        assert int(response.headers["retry-after"]) > 0


async def test_without_its_database_a_service_is_not_ready_and_still_measured(
    cut_off: Settings, needed: dict[str, Service]
) -> None:
    async with playground(needed.values(), cut_off) as place:
        anybody = place.client()
        assert (await anybody.get("/readyz")).status_code == 503
        assert (await anybody.get("/metrics")).status_code == 200


async def test_a_connection_that_is_cut_in_mid_request_is_not_our_failure(place: Playground) -> None:
    """Every connection of the pool is dead when the request comes; once they are replaced, all is well."""
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    await _cut_connections(place.service("sessions"))
    answers = [await staff.get(f"/sessions/v1/sessions/{session}") for _ in range(10)]
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert answers[-1].status_code == 200


async def _cut_connections(service: RunningService) -> None:
    async with service.database.engine.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
            )
        )


async def test_a_request_that_waits_for_a_row_in_vain_is_told_to_come_back(place: Playground) -> None:
    """Everybody in the pool waits for the same session, which somebody else holds."""
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    service = place.service("sessions")
    async with service.database.transaction("woonpartners") as holder:
        await holder.execute(text("SELECT 1 FROM sessions WHERE id = :id FOR UPDATE"), {"id": session})
        waiting = asyncio.create_task(
            staff.post(f"/sessions/v1/sessions/{session}/cancellation", json={"reason": "x"})
        )
        await _until_it_waits(service)
        await _cut_waiting(service)
        response = await waiting
    assert (response.status_code, problem(response)) == (503, "unavailable")


async def _until_it_waits(service: RunningService) -> None:
    async def waits() -> bool:
        async with service.database.engine.connect() as connection:
            return bool((await connection.execute(text(WAITING))).scalar())

    await eventually(waits)


async def _cut_waiting(service: RunningService) -> None:
    async with service.database.engine.connect() as connection:
        await connection.execute(
            text(f"SELECT pg_terminate_backend(pid) FROM ({WAITING.replace('count(*)', 'pid')}) AS waiting")
        )


WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def openapi(service: Service) -> dict[str, Any]:
    """What a service says about itself; no database is needed for that."""
    app = FastAPI()
    add_routes(app, service)
    return app.openapi()


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, Any]]:
    """Of every installed service."""
    return {name: openapi(service) for name, service in installed_services().items()}


@pytest.fixture(scope="module")
def operations(documents: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of all services, by method and path."""
    return {
        f"{method.upper()} /{name}{path}": operation
        for name, document in documents.items()
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_every_route_says_what_it_is_for(operations: dict[str, dict[str, Any]]) -> None:
    silent = [route for route, one in operations.items() if not (one["summary"] and one.get("description"))]
    assert silent == []


def test_every_route_lists_the_refusals_that_every_route_has(operations: dict[str, dict[str, Any]]) -> None:
    refusals = {"400", "401", "403", "413", "415", "422", "503"}
    missing = {route: refusals - set(operation["responses"]) for route, operation in operations.items()}
    assert {route: codes for route, codes in missing.items() if codes} == {}


def test_everything_that_must_be_sent_has_an_example(documents: dict[str, dict[str, Any]]) -> None:
    missing = [
        f"{name} {body}: {field}"
        for name, document in documents.items()
        for body, schema in document["components"]["schemas"].items()
        if body.endswith("Body")
        for field in schema.get("required", ())
        if "examples" not in schema["properties"][field]
    ]
    assert missing == []


def test_every_service_is_tried_against_its_own_document() -> None:
    """By tests/openapi.py, with ids that it knows."""
    tests = Path(__file__).parents[1]
    assert [name for name in installed_services() if not (tests / name / "test_openapi.py").exists()] == []
