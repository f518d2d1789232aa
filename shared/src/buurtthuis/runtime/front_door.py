"""One port for all services of a process: an index, health of all, and the way to each."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from buurtthuis.core.api_version import path_of
from buurtthuis.core.clock import utc_now
from buurtthuis.core.settings import Settings
from buurtthuis.http.feed import LIVE, LiveStream
from buurtthuis.http.limits import Receive, Send
from buurtthuis.http.pages import PAGES
from buurtthuis.http.problem_json import PROBLEM_JSON
from buurtthuis.http.problems import http_problem
from buurtthuis.runtime.application import application
from buurtthuis.runtime.health import reports
from buurtthuis.runtime.trial_provider import AT

if TYPE_CHECKING:
    from buurtthuis.runtime.process import Process

SECURITY_TXT_LASTS = timedelta(days=90)


class FrontDoor:
    """One port: each service under its name, and what is common to all of them beside it."""

    def __init__(self, process: "Process") -> None:
        self._services = {path_of(service.name): application(service) for service in process.running}
        self._lobby = lobby(process)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass a request on by the first two parts of its path: which service, and which version of it."""
        prefix = scope.get("root_path", "")
        *base, _ = f"{scope.get('path', '').removeprefix(prefix)}".split("/", 3)
        path = "/".join(base)
        service = self._services.get(path)
        if service is None:
            await self._lobby(scope, receive, send)
        else:
            await self._serve(service, {**scope, "root_path": prefix + path}, receive, send)

    @staticmethod
    async def _serve(service: ASGIApp, scope: Any, receive: Receive, send: Send) -> None:
        """A live stream goes on here, when all that its request needed is gone."""
        streams: list[LiveStream] = []
        scope["extensions"] = {**scope.get("extensions", {}), LIVE: streams}
        await service(scope, receive, send)
        scope.clear()
        for stream in streams:
            await stream.go_on(receive, send)


def lobby(process: "Process") -> Starlette:
    """An index page, health and metrics for all, and the way to each service's documentation."""

    async def index(_: Request) -> Response:
        services = [
            {
                "name": service.name,
                "path": path_of(service.name).lstrip("/"),
                "summary": service.summary,
                "hears": sorted(service.handlers.heard),
            }
            for service in process.running
        ]
        page = PAGES.get_template("index.html")
        shown = page.render(
            services=services,
            corporations=list(process.corporations.values()),
            sign_in=AT.lstrip("/") if process.trial else None,
        )
        return HTMLResponse(shown)

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        document = http_problem(request, error)
        return JSONResponse(document, error.status_code, headers=error.headers, media_type=PROBLEM_JSON)

    def to_docs(path: str) -> Callable[[Request], Response]:
        return lambda request: RedirectResponse(f"{request.scope['root_path']}{path}/docs")

    return Starlette(
        routes=[
            Route("/", index),
            *(process.trial.routes() if process.trial else ()),
            *reporting(process.settings),
            *reports("", process.running),
            *(route for service in process.running for route in reports(f"/{service.name}", [service])),
            *(
                Route(at, to_docs(path))
                for service in process.running
                for path in [path_of(service.name)]
                for at in (path, f"/{service.name}")
            ),
        ],
        exception_handlers={HTTPException: refused},
    )


def reporting(settings: Settings) -> list[Route]:
    """Where to report what somebody finds: for programs, and for people. Nothing, where SECURITY_CONTACT is not set."""
    contact = settings.security_contact

    async def for_programs(_: Request) -> Response:
        return PlainTextResponse(security_txt(contact, settings.public_url, utc_now()))

    async def for_people(_: Request) -> Response:
        return HTMLResponse(PAGES.get_template("security.html").render(contact=contact))

    pages = [Route("/.well-known/security.txt", for_programs), Route("/security", for_people)]
    return pages if contact else []


def security_txt(contact: str, public_url: str, now: datetime) -> str:
    """RFC 9116: where to report what somebody finds. It is written anew each time, so it does not run out."""
    expires = (now + SECURITY_TXT_LASTS).replace(hour=0, minute=0, second=0, microsecond=0)
    return (
        f"Contact: {contact}\nExpires: {expires:%Y-%m-%dT%H:%M:%SZ}\n"
        f"Canonical: {public_url}/.well-known/security.txt\nPolicy: {public_url}/security\n"
    )
