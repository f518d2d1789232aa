"""What is at an address: which methods it takes, which query parameters, and in which forms it can be had.

An address is at the most exact of the patterns that fit: `/themes/export` is that, and never `/themes/{id}` for a method that
the export does not take. HEAD is there wherever GET is, OPTIONS everywhere."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from re import Pattern
from typing import Any, Final
from urllib.parse import unquote_plus

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from starlette.routing import compile_path

from buurtthuis.core.errors import Malformed, MethodNotAllowed, NotAcceptable, Refused
from buurtthuis.http.limits import App, Message, Receive, Send, send_problem, shown

#: Where it is noted, in a request's state, that only the head of the answer is wanted.
HEAD_ONLY: Final = "head_only"
#: What links in messages and calendar programs open: what is added to such an address on the way, and what they say that they can
#: read, is not in our hands.
OPENED_BY_LINKS: Final = {"text/html", "text/calendar"}


@dataclass(frozen=True)
class Operation:
    """One method at one path: its route, the query parameters that it knows, and the media types that it answers with;
    none where it answers nothing, or does not say."""

    route: Any
    parameters: frozenset[str]
    forms: frozenset[str]

    @classmethod
    def of(cls, route: Any) -> "Operation":
        """As a route says it."""
        return cls(route, frozenset(_parameters(getattr(route, "dependant", None))), frozenset(_forms(route)))


@dataclass(frozen=True)
class Resource:
    """What stands at one path: an operation for each method."""

    operations: Mapping[str, Operation]

    @property
    def allow(self) -> str:
        """All methods, as the header has them."""
        also = {"OPTIONS"} | ({"HEAD"} if "GET" in self.operations else set())
        return ", ".join(sorted({*self.operations, *also}))


class Addresses:
    """ASGI middleware: refuses what an address does not take, before anything looks at it."""

    def __init__(self, app: App, at: FastAPI) -> None:
        """`at` has the routes."""
        self.app = app
        self._at = at

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass on what the address takes; answer OPTIONS, and HEAD by what GET says."""
        resource = resource_at(self._at, path_in(scope)) if scope["type"] == "http" else None
        if resource is None:
            return await self.app(scope, receive, send)
        if scope["method"] == "OPTIONS" and "OPTIONS" not in resource.operations:
            return await _say_what_is_allowed(resource, send)
        if scope["method"] == "HEAD" and "GET" in resource.operations:
            scope["method"], scope["state"][HEAD_ONLY] = "GET", True
            send = _without_body(send)
        try:
            check(resource, scope)
        except MethodNotAllowed as refused:
            allow = {"Allow": resource.allow}
            return await send_problem(send, refused, scope, allow)
        except Refused as refused:
            return await send_problem(send, refused, scope)
        return await self.app(scope, receive, send)


def check(resource: Resource, scope: Any) -> None:
    """Raises MethodNotAllowed, Malformed for a query parameter that nobody knows, and NotAcceptable."""
    if scope["method"] not in resource.operations:
        raise MethodNotAllowed(method=scope["method"])
    operation = resource.operations[scope["method"]]
    if not OPENED_BY_LINKS.isdisjoint(operation.forms):
        return
    check_names(scope["query_string"], operation.parameters)
    accept = ", ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"accept")
    if operation.forms and accept and not can_be_given(operation.forms, accept):
        raise NotAcceptable(forms=", ".join(sorted(operation.forms)), place="Accept")


def check_names(query: bytes, known: Collection[str]) -> None:
    """Raises Malformed for the first parameter that is not known, so that a typing error is noticed."""
    for field in query.decode("latin-1").split("&") if query else ():
        name = unquote_plus(field.partition("=")[0])
        if field and name not in known:
            raise Malformed("There is no query parameter of this name.", place=f"?{shown(name[:60])}")


@lru_cache(maxsize=1024)
def can_be_given(forms: frozenset[str], accept: str) -> bool:
    """Whether somebody takes one of these media types (RFC 9110, 12.5.1). Who takes JSON takes what is built on it."""
    return any(_fits(form, taken) for form in forms for taken in _taken(accept))


def _taken(accept: str) -> Iterator[str]:
    for part in accept.split(","):
        kind, *parameters = (word.strip().lower() for word in part.split(";"))
        if kind and not any(_is_nothing(parameter) for parameter in parameters):
            yield kind


def _is_nothing(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name.strip() == "q" and not value.strip().strip("0.")


def _fits(form: str, taken: str) -> bool:
    if taken == "application/json" and form.endswith("+json"):
        return True
    return taken in ("*/*", form, f"{form.partition('/')[0]}/*")


def resource_at(app: FastAPI, path: str) -> Resource | None:
    """What is at a path; None where nothing is."""
    return next((resource for pattern, resource in _resources(app) if pattern.fullmatch(path)), None)


def path_in(scope: Any) -> str:
    """A request's path, below that of the service."""
    return str(scope["path"].removeprefix(scope.get("root_path", "")))


@cache
def _resources(app: FastAPI) -> tuple[tuple[Pattern[str], Resource], ...]:
    """The most exact first: what is written out before what may be anything."""
    found: dict[str, dict[str, Operation]] = {}
    for route in iter_route_contexts(app.routes):
        operation = Operation.of(route)
        for method in route.methods or ():
            found.setdefault(str(route.path), {}).setdefault(method, operation)
    exact_first = sorted(found, key=lambda path: [step.startswith("{") for step in path.split("/")])
    return tuple((compile_path(path)[0], Resource(found[path])) for path in exact_first)


def _parameters(dependant: Dependant | None) -> Iterable[str]:
    for below in dependant.dependencies if dependant else ():
        yield from _parameters(below)
    for parameter in dependant.query_params if dependant else ():
        yield from _names(parameter)


def _names(parameter: Any) -> Iterable[str]:
    """A model is a parameter for each of its fields."""
    kind: Any = parameter.field_info.annotation
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [field.alias or name for name, field in kind.model_fields.items()]
    return [parameter.alias]


def _forms(route: Any) -> Iterable[str]:
    """Only a route that is documented says what it answers with: pages do not, nor what services ask each other."""
    if not getattr(route, "include_in_schema", False):
        return []
    documented = getattr(route, "responses", None) or {}
    said = [
        form
        for status, answer in documented.items()
        if str(status)[0] == "2"
        for form in answer.get("content", ())
    ]
    if said or getattr(route, "status_code", None) == 204:
        return said
    response_class = getattr(route, "response_class", None)
    form = getattr(getattr(response_class, "value", response_class), "media_type", None)
    return filter(None, [form])


async def _say_what_is_allowed(resource: Resource, send: Send) -> None:
    headers = [(b"allow", resource.allow.encode())]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _without_body(send: Send) -> Send:
    async def only_the_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            if message.get("more_body"):
                return
            message = {**message, "body": b""}
        await send(message)

    return only_the_head
