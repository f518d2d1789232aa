"""What a request may bring, checked before anything else looks at it (../quality: Input).

A body is JSON, 256 KiB and 32 levels deep at most; no text in it, nor in the path, the query or a
header, may hold NUL, lone surrogates or bidirectional controls; numbers are finite. Each refusal
names the field. A route that is documented to take a sheet gets CSV instead, 32 MiB at most, and
reads it itself once it knows the caller; one that is documented to take a form gets that.
"""

import json
import math
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import orjson
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

from buurtthuis.errors import PROBLEM_JSON, Invalid, NotJson, Refused, TooLarge, problem

BODY_KIB = 256
SHEET_KIB = 32 * 1024
CSV = "text/csv"
#: What a page without a program sends.
FORM = "application/x-www-form-urlencoded"
DEPTH = 32
#: What XML 1.0 cannot hold, NUL among it, and the controls that make text read otherwise than written (UAX #9).
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)

MEDIA_TYPES = {
    media: re.compile(re.escape(media.encode()) + rb"\s*(;.*)?", re.IGNORECASE) for media in (CSV, FORM)
}
JSON_TYPE = re.compile(rb"application/(json|[\w.+-]+\+json)\s*(;.*)?", re.IGNORECASE)

Headers = Iterable[tuple[bytes, bytes]]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]


class ClientLeft(Exception):
    """The client hung up before it had sent all of its request, so there is none."""


class Limits:
    """ASGI middleware that refuses what is too large, too deep or not honest text."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Check, then pass the body on as it came."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        try:
            check_text(scope["path"], "path")
            check_query(scope["query_string"])
            check_headers(scope["headers"])
            if brings(CSV, scope):
                return await self.app(scope, _at_most(SHEET_KIB, receive), send)
            body = await read_body(receive)
            if brings(FORM, scope):
                check_query(body)
            else:
                check_body(body, scope["headers"])
        except ClientLeft:
            return None
        except Refused as error:
            return await send_problem(send, error, scope["state"]["request_id"])
        return await self.app(scope, _replay(body, receive), send)


def brings(media: str, scope: Any) -> bool:
    """Whether this is a body of that kind, for a route whose documentation says that it takes one."""
    if not MEDIA_TYPES[media].fullmatch(dict(scope["headers"]).get(b"content-type", b"")):
        return False
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return any(route.fullmatch(path) for route in _routes_taking(media, scope["app"]))


async def read_body(receive: Receive) -> bytes:
    """The whole body; raises TooLarge as soon as it is, and ClientLeft where the rest never comes."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_KIB * 1024:
            raise TooLarge(limit=BODY_KIB)
        more = message.get("more_body", False)
    return b"".join(parts)


def check_query(query: bytes) -> None:
    """Raises Invalid where a query parameter holds text that is not honest."""
    try:
        fields = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise Invalid("The query is not UTF-8 text of at most 100 parameters.", field="?") from None
    for name, value in fields:
        place = f"?{_shown(name)}"
        check_text(name, place)
        check_text(value, place)


def check_headers(headers: Headers) -> None:
    """Raises Invalid where a header holds text that is not honest."""
    for name, value in headers:
        check_text(value.decode("utf-8", "replace"), name.decode("latin-1").title())


def check_body(body: bytes, headers: Headers = ((b"content-type", b"application/json"),)) -> None:
    """Raises NotJson, or Invalid where JSON is malformed, too deep, or holds something no field may hold."""
    if not body:
        return
    if not JSON_TYPE.fullmatch(dict(headers).get(b"content-type", b"")):
        raise NotJson(field="Content-Type")
    for place, value in walk(parse(body)):
        if isinstance(value, str):
            check_text(value, place)
        elif isinstance(value, float) and not math.isfinite(value):
            raise Invalid("A number is finite: not NaN, not Infinity, not beyond 1e308.", field=place)


def parse(body: bytes) -> Any:
    """The JSON value of a body; raises Invalid for anything that is not JSON as RFC 8259 has it."""
    try:
        return json.loads(body.decode("utf-8"))
    except RecursionError:
        raise Invalid(f"JSON may be {DEPTH} levels deep at most.", field="/") from None
    except ValueError:
        raise Invalid("The body is not valid JSON in UTF-8.", field="/") from None


def check_text(value: str, place: str) -> None:
    """Raises Invalid for characters that no text of ours may hold."""
    if FORBIDDEN.search(value):
        raise Invalid(
            "Text may not hold control characters, such as NUL or those of direction, nor lone surrogates.",
            field=place,
        )


def walk(value: Any, place: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    """Every value in a JSON document with its JSON Pointer; keys count as text too."""
    if depth > DEPTH and isinstance(value, dict | list):
        raise Invalid(f"JSON may be {DEPTH} levels deep at most.", field="/")
    if isinstance(value, dict):
        for key, inner in value.items():
            there = f"{place}/{pointer(key)}"
            yield there, key
            yield from walk(inner, there, depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from walk(inner, f"{place}/{index}", depth + 1)
    else:
        yield place or "/", value


def pointer(key: object) -> str:
    """One step of a JSON Pointer (RFC 6901), fit to be shown."""
    return _shown(str(key)).replace("~", "~0").replace("/", "~1")


async def send_problem(send: Send, error: Refused, instance: str | None = None) -> None:
    """Answer with a problem document, below any framework."""
    headers = [(b"content-type", PROBLEM_JSON.encode())]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(problem(error, instance))})


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _at_most(kib: int, receive: Receive) -> Receive:
    """Raises TooLarge where more comes, and ClientLeft where the rest never does."""
    size, more = 0, True

    async def counted() -> Message:
        nonlocal size, more
        message = await receive()
        if message["type"] == "http.disconnect" and more:
            raise ClientLeft
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
        if size > kib * 1024:
            raise TooLarge(limit=kib)
        return message

    return counted


@cache
def _routes_taking(media: str, app: FastAPI) -> tuple[re.Pattern[str], ...]:
    return tuple(
        compile_path(str(route.path))[0]
        for route in iter_route_contexts(app.routes)
        if media in _documented_body(route) and "POST" in (route.methods or ())
    )


def _documented_body(route: Any) -> dict[str, Any]:
    extra: dict[str, Any] = getattr(route, "openapi_extra", None) or {}
    content: dict[str, Any] = extra.get("requestBody", {}).get("content", {})
    return content


def _shown(name: str) -> str:
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", name)
