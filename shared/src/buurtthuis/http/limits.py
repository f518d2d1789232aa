"""What a request may bring, checked before anything else looks at it (../quality: Input).

First what stands in its head, then who sends it, and only then the body: what nobody known sent, or what leads nowhere,
is not read. A body is JSON of 256 KiB, 10,000 values and 32 levels at most; no text in it, nor in the path, the query
or a header, may hold NUL, lone surrogates or what turns its direction without an end; numbers are finite. Each refusal names the field.
A route that is documented to take a sheet gets CSV or a workbook instead, 32 MiB at most, and reads it itself; one that is documented
to take a form is a button, which says all by where it leads: nothing that comes with it is looked at, whatever it is, unless the
form is documented to have fields.
"""

import asyncio
import itertools
import json
import math
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from buurtthuis.core.errors import Malformed, NotJson, Refused, TooLarge
from buurtthuis.core.texts import QUESTIONABLE, bare, is_honest
from buurtthuis.http.problem_json import PROBLEM_JSON, headers_of, problem, status_of
from buurtthuis.http.sentences import language_of

BODY_KIB = 256
SHEET_KIB = 32 * 1024
#: A query, and a form, which is one in a body: what takes longest to read for its length.
QUERY_KIB = 16
#: What is larger is looked at in a thread, so that others have their turn meanwhile.
IN_PASSING_KIB = 16
#: Values of a JSON document, whatever they are made of.
VALUES = 10_000
#: Of one object: more than any of ours has, and each that is not known is a mistake to be told.
FIELDS = 100
DISHONEST = (
    "Text may not hold control characters, such as NUL, nor lone surrogates, nor what makes it read in another order than "
    "it is written."
)
NOT_FINITE = "A number is finite: not NaN, not Infinity, not beyond 1e308."
CSV = "text/csv"
#: A workbook (ECMA-376).
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: What the button of a page without a program sends.
FORM = "application/x-www-form-urlencoded"
DEPTH = 32
SHEET_TYPE = re.compile(rb"(text/csv|" + re.escape(XLSX.encode()) + rb")\s*(;.*)?", re.IGNORECASE)
JSON_TYPE = re.compile(rb"application/(json|[\w.+-]+\+json)\s*(;.*)?", re.IGNORECASE)

Headers = Iterable[tuple[bytes, bytes]]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]
Admit = Callable[[Any], Awaitable[bool]]
#: Where a value stands: where that stands which holds it, and by which name or number there.
Place = tuple[()] | tuple["Place", str | int]


class ClientLeft(Exception):
    """The client hung up before it had sent all of its request, so there is none."""


class Limits:
    """ASGI middleware that refuses what is too large, too deep or not honest text.

    `admit` says whether there is a route at the address, puts it into the scope, and raises Refused where whoever sends
    may not use it."""

    def __init__(self, app: App, admit: Admit) -> None:
        self.app = app
        self.admit = admit

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Check, then pass the body on as it came."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        try:
            check_head(scope)
            receive = await self._checked(scope, receive)
        except ClientLeft:
            return None
        except Refused as error:
            return await send_problem(send, error, scope)
        return await self.app(scope, receive, send)

    async def _checked(self, scope: Any, receive: Receive) -> Receive:
        """The body to go on with: none where nothing is at the address, so that nothing is read for it."""
        if not _has_body(scope):
            return receive
        if not await self.admit(scope):
            return _replay(b"", receive)
        if _brings_a_sheet(scope):
            return _at_most(SHEET_KIB, receive)
        if form := _documented_body(scope["route"]).get(FORM):
            sent = await read_body(receive, QUERY_KIB)
            return _replay(checked_form(sent) if "properties" in form["schema"] else b"", receive)
        body = await read_body(receive, BODY_KIB)
        return _replay(await _checked_in_its_time(body, scope["headers"]), receive)


async def _checked_in_its_time(body: bytes, headers: Headers) -> bytes:
    if len(body) > IN_PASSING_KIB * 1024:
        return await asyncio.to_thread(checked_body, body, headers)
    return checked_body(body, headers)


def check_head(scope: Any) -> None:
    """Raises Malformed for what is not honest in path, query and headers."""
    check_text(scope["path"], "path")
    check_query(scope["query_string"])
    check_headers(scope["headers"])


def _brings_a_sheet(scope: Any) -> bool:
    """To a route whose documentation says that it takes one."""
    kind = dict(scope["headers"]).get(b"content-type", b"")
    return bool(SHEET_TYPE.fullmatch(kind)) and CSV in _documented_body(scope["route"])


async def read_body(receive: Receive, kib: int) -> bytes:
    """The whole body; raises TooLarge as soon as it is, and ClientLeft where the rest never comes."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > kib * 1024:
            raise TooLarge(limit=kib)
        more = message.get("more_body", False)
    return b"".join(parts)


def checked_form(form: bytes) -> bytes:
    """The form to go on with. Raises Malformed where a field holds text that is not honest."""
    try:
        fields = parse_qsl(form.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise Malformed("The form is not UTF-8 text of at most 100 fields.", place="/") from None
    for name, value in fields:
        check_text(value, pointer(name))
    return form


def check_query(query: bytes) -> None:
    """Raises Malformed where a query parameter holds text that is not honest."""
    if len(query) > QUERY_KIB * 1024:
        raise Malformed(f"A query is {QUERY_KIB} KiB at most.", place="?")
    try:
        fields = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise Malformed("The query is not UTF-8 text of at most 100 parameters.", place="?") from None
    for name, value in fields:
        place = f"?{shown(name)}"
        check_text(name, place)
        check_text(value, place)


def check_headers(headers: Headers) -> None:
    """Raises Malformed where a header holds text that is not honest."""
    for name, value in headers:
        check_text(value.decode("utf-8", "replace"), name.decode("latin-1").title())


def checked_body(body: bytes, headers: Headers = ((b"content-type", b"application/json"),)) -> bytes:
    """The body to go on with. Raises NotJson, or Malformed where JSON is malformed, too deep, or holds something no field
    may hold."""
    if not body:
        return body
    if not JSON_TYPE.fullmatch(dict(headers).get(b"content-type", b"")):
        raise NotJson(place="Content-Type")
    document = parse(body)
    return json.dumps(document).encode() if check_values(document) else body


def check_values(document: Any) -> bool:
    """Whether a number in it lost the marks around it. Raises Malformed for what no JSON document may hold. Each value is looked at once, and where it is, is only spelled
    out in a refusal: a name above thousands of values would else be written for each of them."""
    waiting: list[tuple[Any, Place, int]] = [([document], (), 0)]
    count, touched = 0, False
    while waiting:
        container, place, depth = waiting.pop()
        count += len(container)
        if count > VALUES:
            raise Malformed(f"A body holds {VALUES} values at most.", place="/")
        if depth > DEPTH:
            raise Malformed(f"JSON may be {DEPTH} levels deep at most.", place="/")
        for step, value in _steps(container, place):
            if isinstance(value, dict | list):
                waiting.append((value, (place, step), depth + 1))
            elif isinstance(value, str):
                if not is_honest(value):
                    container[step], touched = _number_in(value, (place, step)), True
            elif isinstance(value, float) and not math.isfinite(value):
                raise Malformed(NOT_FINITE, place=named((place, step)))
    return touched


def _number_in(value: str, place: Place) -> str:
    """A number without what contacts and messengers put around it, which turns it around: without letters, no text needs that."""
    number = bare(value)
    if any(map(str.isalpha, number)) or not is_honest(number):
        raise Malformed(DISHONEST, place=named(place))
    return number


def _steps(container: dict[str, Any] | list[Any], place: Place) -> Iterable[tuple[str | int, Any]]:
    """What it holds, and by which names, which are text too."""
    if isinstance(container, list):
        return enumerate(container)
    if len(container) > FIELDS:
        raise Malformed(f"An object holds {FIELDS} fields at most.", place=named(place))
    for name in itertools.filterfalse(is_honest, container):
        raise Malformed(DISHONEST, place=named((place, name)))
    return container.items()


def parse(body: bytes) -> Any:
    """The JSON value of a body; raises Malformed for anything that is not JSON as RFC 8259 has it."""
    try:
        return json.loads(body.decode("utf-8"))
    except RecursionError:
        raise Malformed(f"JSON may be {DEPTH} levels deep at most.", place="/") from None
    except ValueError:
        raise Malformed("The body is not valid JSON in UTF-8.", place="/") from None


def check_text(value: str, place: str) -> None:
    """Raises Malformed for characters that no text of ours may hold."""
    if not is_honest(value):
        raise Malformed(DISHONEST, place=place)


def named(place: Place) -> str:
    """The JSON Pointer to a value; the first step leads to the document itself."""
    steps: list[str | int] = []
    while place:
        place, step = place
        steps.append(step)
    return "".join(f"/{pointer(step)}" for step in reversed(steps[:-1])) or "/"


def pointer(key: object) -> str:
    """One step of a JSON Pointer (RFC 6901), fit to be shown."""
    return shown(str(key)).replace("~", "~0").replace("/", "~1")


async def send_problem(send: Send, error: Refused, scope: Any, more: Mapping[str, str] | None = None) -> None:
    """Answer a request with a problem document, below any framework; `more` are headers besides."""
    language = language_of(scope["headers"])
    instance = scope.get("state", {}).get("request_id")
    said = {"Content-Type": PROBLEM_JSON, **headers_of(error, language), **(more or {})}
    headers = [(name.lower().encode(), value.encode()) for name, value in said.items()]
    await send({"type": "http.response.start", "status": status_of(error), "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(problem(error, instance, language))})


def _has_body(scope: Any) -> bool:
    """Whether one comes that means anything: that of a GET does not (RFC 9110, 9.3.1), and nobody reads it."""
    headers = dict(scope["headers"])
    announced = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
    return announced and scope["method"] not in ("GET", "HEAD")


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


def _documented_body(route: Any) -> dict[str, Any]:
    extra: dict[str, Any] = getattr(route, "openapi_extra", None) or {}
    content: dict[str, Any] = extra.get("requestBody", {}).get("content", {})
    return content


def shown(name: str) -> str:
    """What somebody sent, fit to be shown."""
    return QUESTIONABLE.sub("\N{REPLACEMENT CHARACTER}", name)
