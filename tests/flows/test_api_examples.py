"""What the API pages offer to send works as it is: every body and parameter, as Swagger UI fills them in."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.conftest import together
from tests.people import HOUSE, a_neighbour, fields, made, problem

place = together

#: Whom a route may be for; each is tried.
ROLES = (Role.RESIDENT, Role.STAFF, Role.OPERATOR, Role.GUIDE, Role.CHAIN_PARTNER)
#: What is said of a body that is wrong in itself.
REFUSALS = {"malformed", "invalid", "not-json"}
#: What must be there before, besides a house: a session that was planned; what a vote or a card gave out.
NEED_MORE = ("/sessions/v1/templates",)
NEEDED = {"session_id", "theme_id", "code", "guest"}


class Document:
    """A service's OpenAPI document, read as Swagger UI reads it."""

    def __init__(self, service: str, document: dict[str, Any]) -> None:
        self._service = service
        self._document = document

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Those that take a body, by method and path."""
        for path, methods in self._document["paths"].items():
            for method, operation in methods.items():
                if "application/json" in operation.get("requestBody", {}).get("content", {}):
                    yield method.upper(), f"/{self._service}/v1{path}", operation

    def body(self, operation: dict[str, Any]) -> dict[str, Any]:
        """What stands in the field for the body: Swagger UI takes a schema's first example as it is."""
        name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        example: dict[str, Any] = self._document["components"]["schemas"][name]["examples"][0]
        return example


async def document(place: Playground, service: str) -> Document:
    return Document(service, (await place.client().get(f"/{service}/v1/openapi.json")).json())


async def test_every_body_that_the_pages_offer_is_taken(place: Playground) -> None:
    """None of its fields is refused: what is missing is the house, or whatever else an id should lead to."""
    people = [place.client(role) for role in ROLES]
    refused = {}
    for service in place.process.running:
        described = await document(place, service.name)
        for method, path, operation in described.operations():
            body = described.body(operation)
            answers = [
                await one.request(method, at(path), json=body, headers={"If-Match": '"1"'}) for one in people
            ]
            told = {problem(one) if one.is_error else "" for one in answers} - {"forbidden"}
            if told <= REFUSALS:
                refused[f"{method} {path}"] = [fields(one) for one in answers], body
    assert refused == {}, json.dumps(refused, indent=1)


async def test_what_the_pages_offer_to_send_works_in_a_house_that_is_there(place: Playground) -> None:
    """Whatever asks for nothing else that must be there before: it is done, as its document says."""
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    resident = await a_neighbour(place, house)
    failed, tried = {}, []
    for service in ("surveys", "sessions"):
        described = await document(place, service)
        for method, path, operation in described.operations():
            body = described.body(operation)
            if "{" in path or path in NEED_MORE or NEEDED & body.keys():
                continue
            tried.append(path)
            body |= {"house_id": house} if "house_id" in body else {}
            answers = [await one.request(method, path, json=body) for one in (staff, resident)]
            documented = {int(code) for code in operation["responses"] if code.startswith("2")}
            if documented.isdisjoint(answer.status_code for answer in answers):
                failed[path] = [answer.json() for answer in answers]
    assert failed == {}, json.dumps(failed, indent=1)
    assert {"/surveys/v1/themes", "/surveys/v1/surveys", "/sessions/v1/houses", "/sessions/v1/series"} <= {
        *tried
    }


async def test_every_moment_that_the_pages_offer_lies_ahead(place: Playground) -> None:
    """Where this fails years have passed: move them on by as many as keep the days of the week (28, or 11 or 6)."""
    now = datetime.now(UTC).isoformat()
    past = []
    for service in place.process.running:
        described = await document(place, service.name)
        for method, path, operation in described.operations():
            written = json.dumps(described.body(operation))
            past += [(method, path, day) for day in re.findall(r"20\d\d-\d\d-\d\d", written) if day < now]
    assert past == []


def at(path: str) -> str:
    """The path with something that could stand in its places."""
    real = {"corporation": "woonpartners", "number": "A-17", "day": "2030-04-24"}
    return re.sub(r"\{(\w+)\}", lambda found: real.get(found[1], str(uuid4())), path)
