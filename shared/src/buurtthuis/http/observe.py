"""Around every request: an id, a trace, one log line, one measurement, and an answer whatever happens."""

import time
from typing import Any

import structlog
from redis.exceptions import ConnectionError as RedisConnectionError
from starlette.datastructures import Headers, MutableHeaders
from structlog.contextvars import bound_contextvars

from buurtthuis.core.errors import Refusal, Refused, Unavailable
from buurtthuis.core.work import new_id
from buurtthuis.http.endings import told_of_its_end
from buurtthuis.http.limits import App, Message, Receive, Send, send_problem
from buurtthuis.http.problem_json import status_of
from buurtthuis.persistence.engine import is_transient
from buurtthuis.telemetry.metrics import REQUEST_SECONDS
from buurtthuis.telemetry.tracing import continuing

#: Where a policy leaves, in the request's state, by which headers it knows who asks: the answer is theirs alone.
OPENED_BY = "opened_by"

log = structlog.get_logger(__name__)


class Failed(Refused):
    """Something went wrong on our side. It is in our log under this request's id."""

    kind = Refusal.FAILED


class Observe:
    """ASGI middleware of one service."""

    def __init__(self, app: App, service: str) -> None:
        self.app = app
        self.service = service

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass the request on, and see what becomes of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = str(new_id())
        scope.setdefault("state", {})["request_id"] = request_id
        answer = AnswerSent(send, request_id, scope)
        started = time.perf_counter()
        name = f"{scope['method']} {self.service}"
        with (
            bound_contextvars(request_id=request_id),
            continuing(Headers(scope=scope).get("traceparent"), name),
        ):
            try:
                await self.app(scope, receive, answer)
            except Exception as error:
                await answer.fail(error)
            self._note(scope, answer.status, time.perf_counter() - started)

    def _note(self, scope: Any, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        REQUEST_SECONDS.labels(self.service, scope["method"], route, status).observe(seconds)
        level = log.info if status < 500 else log.error
        level(
            "request",
            service=self.service,
            method=scope["method"],
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            corporation=scope["state"].get("corporation"),
        )


class AnswerSent:
    """What is sent back: remembers the status, adds the request's id, keeps what is for one from caches, and can
    still say that all failed."""

    def __init__(self, send: Send, request_id: str, scope: Any) -> None:
        self.status = 0
        self._scope = scope
        self._state = scope["state"]
        self._send = send
        self._request_id = request_id

    async def __call__(self, message: Message) -> None:
        """Send one ASGI message."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self._request_id
            headers.update(told_of_its_end(self._scope.get("route")))
            if opened_by := self._state.get(OPENED_BY):
                headers.setdefault("cache-control", "no-store")
                headers.add_vary_header(opened_by)
            if self.status == status_of(Unavailable):
                headers.setdefault("retry-after", "5")
        await self._send(message)

    async def fail(self, error: Exception) -> None:
        """Nothing below caught this."""
        away = is_transient(error) or isinstance(error, RedisConnectionError)
        log.error("request failed", exc_info=error)
        if not self.status:
            await send_problem(self, Unavailable() if away else Failed(), self._scope)
