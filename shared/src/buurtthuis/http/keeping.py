"""What everybody may read may be kept by everybody, for a while (RFC 9111), and is not sent again to whoever has it (RFC 9110, 13.1.2).

A route says for how long; its answers have an ETag of what is in them. It is a weak one: on the way, and by us, they are compressed."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Depends, FastAPI, Header
from fastapi.dependencies.models import Dependant
from starlette.datastructures import Headers, MutableHeaders

from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.http.addresses import path_in, resource_at
from buurtthuis.http.limits import App, Message, Receive, Send

#: What whoever follows something asks for again and again.
TEN_SECONDS: Final = 10
#: What may be taken back, as words that moderators hide, is gone from every copy so soon.
A_MINUTE: Final = 60
#: What is another one with another release.
FIVE_MINUTES: Final = 300
#: What never changes; a mistake in how it is shown does not live on for longer.
AN_HOUR: Final = 3600

#: Of a corporation, in a process.
MOST: Final = 200
A_MOMENT: Final = timedelta(seconds=10)
OF_A_CORPORATION: Final = re.compile("/public/([^/]+)/")
Key = tuple[str | bytes, ...]

OK: Final = 200
DOCUMENT: Final = "/openapi.json"
#: Of a copy that is there already it is told how long it is good, and no more.
WITH_304: Final = ("cache-control", "content-language", "etag", "vary")


class Keeping:
    """For so many seconds anybody may keep what a route answers."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds

    def __call__(
        self,
        if_none_match: Annotated[str | None, Header(description="The ETag of what you have.")] = None,
    ) -> None:
        """FastAPI calls this for every request on the route."""


def kept_for(seconds: int) -> Any:
    """For `dependencies=[kept_for(A_MINUTE)]` of a route without a token whose answer is the same for everybody."""
    return Depends(Keeping(seconds))


def keeping_of(route: Any) -> Keeping | None:
    """How long answers of a route may be kept; None where nothing is said of it. The document of an API is FastAPI's own route."""
    if getattr(route, "path", None) == DOCUMENT:
        return Keeping(FIVE_MINUTES)
    return next(_keepings(getattr(route, "dependant", None)), None)


def has_seen(tag: str, seen: str | None) -> bool:
    """Whether this ETag is among those of If-None-Match, which are compared weakly."""
    if not seen:
        return False
    tags = {written.strip().removeprefix("W/") for written in seen.split(",")}
    return "*" in tags or tag.removeprefix("W/") in tags


class Copies:
    """What was answered of each corporation since something happened there last, so that a crowd costs one read.

    A moment bounds what is told by the clock, and what another process did that said nothing."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._of: dict[str, dict[Key, Copy]] = {}
        #: How often something happened.
        self._turns: Counter[str] = Counter()

    def forget(self, corporation: str) -> None:
        """Something happened there."""
        self._of.pop(corporation, None)
        self._turns[corporation] += 1

    def turn(self, corporation: str) -> int:
        """Take it before you look: what was read before something happened is not kept."""
        return self._turns[corporation]

    def find(self, corporation: str, key: "Key") -> "Copy | None":
        """What was answered a moment ago."""
        copy = self._of.get(corporation, {}).get(key)
        return copy if copy and abs(self._clock() - copy.at) < A_MOMENT else None

    def keep(self, corporation: str, turn: int, key: "Key", start: Message, body: bytes) -> None:
        """Until something happens; an answer to whoever took their turn after the last time that something did."""
        if turn != self._turns[corporation]:
            return
        kept = self._of.setdefault(corporation, {})
        if len(kept) >= MOST:
            kept.clear()
        kept[key] = Copy(self._clock(), start, body)


class Copy(NamedTuple):
    """An answer, as ASGI has it, and when it was given."""

    at: datetime
    start: Message
    body: bytes


class Kept:
    """ASGI middleware: ETag and Cache-Control on what may be kept; 304 to whoever has it."""

    def __init__(self, app: App, at: FastAPI, copies: Copies) -> None:
        """`at` has the routes."""
        self.app = app
        self._at = at
        self._copies = copies

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass on, and hold the answer back until it is known what is in it."""
        route = self._read(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        keeping = keeping_of(route) if route else None
        if keeping is None:
            return await self.app(scope, receive, send)
        answer = _Answer(send, keeping.seconds, ", ".join(Headers(scope=scope).getlist("if-none-match")))
        if told := OF_A_CORPORATION.match(path_in(scope)):
            return await self._answer_about(told[1], route, scope, receive, answer)
        return await self.app(scope, receive, answer.take)

    async def _answer_about(
        self, corporation: str, route: Any, scope: Any, receive: Receive, answer: "_Answer"
    ) -> None:
        key = _key(scope)
        if copy := self._copies.find(corporation, key):
            scope["route"], scope["state"]["corporation"] = route, corporation
            await answer.give(copy.start, copy.body)
            return
        turn = self._copies.turn(corporation)
        await self.app(scope, receive, answer.take)
        if answer.whole:
            self._copies.keep(corporation, turn, key, *answer.whole)

    def _read(self, scope: Any) -> Any:
        resource = resource_at(self._at, path_in(scope))
        operation = resource.operations.get("GET") if resource else None
        return operation.route if operation else None


class _Answer:
    def __init__(self, send: Send, seconds: int, seen: str) -> None:
        self._send, self._seconds, self._seen = send, seconds, seen
        self._start: Message | None = None
        self._body: list[bytes] = []
        #: As it was answered, once it was.
        self.whole: tuple[Message, bytes] | None = None

    async def take(self, message: Message) -> None:
        """One message of it; what is no success passes as it comes."""
        if message["type"] == "http.response.start" and message["status"] == OK:
            self._start = message
        elif self._start is None or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self._body.append(message.get("body", b""))
            if not message.get("more_body"):
                self.whole = self._start, b"".join(self._body)
                await self.give(*self.whole)

    async def give(self, start: Message, body: bytes) -> None:
        """All of it, or that it is there already."""
        start = {**start, "headers": list(start["headers"])}
        headers = MutableHeaders(scope=start)
        headers["ETag"] = tag = f'W/"{blake2b(body, digest_size=12).hexdigest()}"'
        headers["Cache-Control"] = f"public, max-age={self._seconds}"
        if has_seen(tag, self._seen):
            told = [(name, value) for name, value in headers.raw if name.decode("latin-1") in WITH_304]
            start, body = {**start, "status": 304, "headers": told}, b""
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _key(scope: Any) -> Key:
    """All that an answer without a token can depend on: links in it begin with the address that was asked for."""
    headers = Headers(scope=scope)
    told = headers.get("host", ""), headers.get("accept-language", "")
    return scope["scheme"], scope["root_path"], scope["path"], scope["query_string"], *told


def _keepings(dependant: Dependant | None) -> Iterator[Keeping]:
    for below in dependant.dependencies if dependant else ():
        if isinstance(below.call, Keeping):
            yield below.call
        yield from _keepings(below)
