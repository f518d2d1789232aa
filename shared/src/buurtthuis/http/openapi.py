"""The OpenAPI document of a service: what its routes say, and what is so for all of them, said once."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from inspect import signature
from typing import Any, Final, get_type_hints

from fastapi import FastAPI, Response
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import BaseRoute

from buurtthuis.core.api_version import API_VERSION
from buurtthuis.http.keeping import keeping_of
from buurtthuis.http.policies import Deletes, Policy, Posts, policies_of
from buurtthuis.http.problem_json import PROBLEM_JSON
from buurtthuis.http.problems import PROBLEM_SCHEMA

Operation = dict[str, Any]
#: How pydantic names a list of something.
PAGE_OF: Final = re.compile(r"Page_(\w+)_")
SCHEMAS: Final = "#/components/schemas/"

DESCRIPTION: Final = """
A command changes one thing and answers with its id and version; what happened can be read in the feed, `GET /events`.

* **Who asks**: `Authorization: Bearer …`. `x-roles` names the roles that an operation is for; `security: []` is for everybody.
* **Once**: `Idempotency-Key` makes it safe to send a command again. `If-Match` with the `ETag` that you read is refused (412)
  where somebody else was first.
* **Refusals** are problem documents (RFC 9457). `type` is stable, `detail` is for people, `errors` names each field. 400 is what
  cannot be read as described, 422 what breaks a rule whatever the moment, 409 what cannot be done as things are now.
* **Lists** have `items` and `next`; send `next` as `after`, or follow `Link` with `rel="next"`.
* **Versions**: the first number is in the path, all of it in `API-Version`. Fields, values and operations may be added; ignore
  what you do not know.
""".strip()


def _header(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string", **schema}}


HEADERS: Final = {
    "API-Version": _header("The version of this API, all of it.", examples=[API_VERSION]),
    "ETag": _header("Which version this is, for `If-Match` or `If-None-Match`.", examples=['"3"']),
    "Cache-Control": _header("For how long anybody may keep it.", examples=["public, max-age=60"]),
    "Location": _header("Where what was made can be read.", format="uri-reference"),
    "Link": _header('The following page, with `rel="next"`; not there on the last.'),
    "Retry-After": {
        "description": "So many seconds later it is worth another try.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": _header("How to say who asks.", examples=["Bearer"]),
}
#: Which headers a refusal has, by its status.
WITH_REFUSALS: Final = {"401": ["WWW-Authenticate"], "429": ["Retry-After"], "503": ["Retry-After"]}


class DocumentedApp(FastAPI):
    """FastAPI, whose document is complete."""

    _completed: dict[str, Any] | None = None

    def openapi(self) -> dict[str, Any]:
        """As FastAPI makes it, and then `completed`; kept until there are other routes."""
        document = super().openapi()
        if document is not self._completed:
            complete(document, self.routes)
            self._completed = document
        return document


def complete(document: dict[str, Any], routes: Sequence[BaseRoute | RouteContext]) -> None:
    """Add what is so for all operations: a short name, who may, headers, tags; and let what they share stand in one place."""
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    components |= {"headers": HEADERS, "examples": {}, "responses": {}}
    for route, operation in _operations(document, routes):
        operation["operationId"] = route.name
        if keeping_of(route):
            operation["responses"]["304"] = {"description": "You have it already."}
        _say_who_may(operation, list(policies_of(route)))
        _say_which_headers(operation, route)
        for status, answer in operation["responses"].items():
            operation["responses"][status] = _shared(answer, components)
    document["tags"] = _tags(_operations(document, routes))
    _rename_pages(document)


def _operations(
    document: dict[str, Any], routes: Iterable[BaseRoute | RouteContext]
) -> Iterator[tuple[RouteContext, Operation]]:
    for route in iter_route_contexts(list(routes)):
        if getattr(route, "include_in_schema", False) and route.path_format in document["paths"]:
            for method in route.methods or ():
                yield route, document["paths"][route.path_format][method.lower()]


def _tags(operations: Iterable[tuple[RouteContext, Operation]]) -> list[dict[str, str]]:
    """Each with what the module says in which its first route stands."""
    described: dict[str, str] = {}
    for route, operation in operations:
        for tag in operation.get("tags", ()):
            module = sys.modules[getattr(route.endpoint, "__module__", __name__)]
            described.setdefault(tag, (module.__doc__ or tag).strip().partition("\n\n")[0])
    return [{"name": tag, "description": description} for tag, description in described.items()]


def _rename_pages(document: dict[str, Any]) -> None:
    """`Page[ThemeView]` is `ThemeViewPage` for whoever makes classes of it."""
    schemas = document["components"]["schemas"]
    names = {name: PAGE_OF.sub(r"\1Page", name) for name in schemas if PAGE_OF.fullmatch(name)}
    document["components"]["schemas"] = {names.get(name, name): schema for name, schema in schemas.items()}
    _lead_to(document, {f"{SCHEMAS}{name}": f"{SCHEMAS}{new}" for name, new in names.items()})


def _lead_to(part: Any, names: Mapping[str, str]) -> None:
    for inside in part.values() if isinstance(part, dict) else part:
        if isinstance(inside, dict | list):
            _lead_to(inside, names)
    if isinstance(part, dict) and part.get("$ref") in names:
        part["$ref"] = names[part["$ref"]]


def _say_who_may(operation: Operation, policies: Sequence[Policy]) -> None:
    if roles := sorted({role.value for policy in policies for role in policy.roles}):
        operation["x-roles"] = roles
    else:
        operation["security"] = []


def _say_which_headers(operation: Operation, route: RouteContext) -> None:
    for status, answer in operation["responses"].items():
        names = ["API-Version", *WITH_REFUSALS.get(status, ())]
        if status[0] in "23":
            names += _of_success(operation, route, status)
        answer["headers"] = {**_refer("headers", names), **answer.get("headers", {})}


def _of_success(operation: Operation, route: RouteContext, status: str) -> Iterator[str]:
    if status == "304" or keeping_of(route) or _tells_a_version(route):
        yield "ETag"
    if keeping_of(route):
        yield "Cache-Control"
    if status == "201":
        yield "Location"
    if _is_a_list(operation):
        yield "Link"


def _tells_a_version(route: RouteContext) -> bool:
    """Commands do; whoever reads does where the route writes headers of its own."""
    if any(isinstance(policy, Posts | Deletes) for policy in policies_of(route)):
        return True
    endpoint: Any = route.endpoint
    return any(
        kind is Response
        for name, kind in get_type_hints(endpoint).items()
        if name in signature(endpoint).parameters
    )


def _is_a_list(operation: Operation) -> bool:
    return {"after", "limit"} <= {parameter["name"] for parameter in operation.get("parameters", ())}


def _shared(answer: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """A refusal with one cause is the same everywhere; of any other, each cause is described in one place."""
    content = answer.get("content", {}).get(PROBLEM_JSON)
    if not content:
        return answer
    causes = content["examples"]
    components["examples"] |= {code: cause for code, cause in causes.items() if "$ref" not in cause}
    content["examples"] = {code: _reference("examples", code) for code in causes}
    if len(causes) > 1:
        return answer
    [code] = causes
    name = "".join(word.title() for word in code.split("-"))
    components["responses"][name] = answer
    return _reference("responses", name)


def _refer(kind: str, names: Iterable[str]) -> dict[str, Any]:
    return {name: _reference(kind, name) for name in names}


def _reference(kind: str, name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/{kind}/{name}"}
