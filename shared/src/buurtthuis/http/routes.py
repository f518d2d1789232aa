"""What every service answers besides its own: feed, parked events, health, metrics and documentation."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Route

from buurtthuis.core.clock import utc_now
from buurtthuis.core.errors import KeyReused, NotFound
from buurtthuis.core.settings import Settings
from buurtthuis.eventlog import asyncapi, dead_letters
from buurtthuis.eventlog.dead_letters import ParkedEvent
from buurtthuis.eventlog.retries import StillFailing, retry_parked
from buurtthuis.http import feed
from buurtthuis.http.feed import audience_of
from buurtthuis.http.limits import Receive, Send
from buurtthuis.http.models import Page, Paging
from buurtthuis.http.policies import EVERYBODY, may_delete, may_post, may_read
from buurtthuis.http.problem_json import PROBLEM_JSON
from buurtthuis.http.problems import http_problem, problems
from buurtthuis.http.requests import Caller, Reader, running
from buurtthuis.identity.principals import Role
from buurtthuis.telemetry import metrics

if TYPE_CHECKING:
    from buurtthuis.runtime.process import Process
    from buurtthuis.runtime.running_service import RunningService

PAGES = Environment(
    loader=PackageLoader("buurtthuis.http", "pages"), autoescape=True, undefined=StrictUndefined
)
SWAGGER = Path(str(files("fastapi_offline"))) / "static"
START_SWAGGER = (
    'SwaggerUIBundle({url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null})'
)
#: Swagger UI is a program of its own files, which asks this service alone.
SWAGGERS = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_TXT_LASTS = timedelta(days=90)

log = structlog.get_logger(__name__)

OPERATORS = (Role.STAFF, Role.OPERATOR)
parked_router = APIRouter(tags=["parked events"])
open_router = APIRouter(dependencies=[EVERYBODY], include_in_schema=False)


def add_routes(app: FastAPI, own: APIRouter | None) -> None:
    """A service's own routes and those that all have, as they are: to include a router makes each of them once more."""
    for router in (own, feed.router, parked_router, open_router):
        app.router.routes.extend(router.routes if router else ())


@parked_router.get("/parked-events", summary="Events that a reaction gave up on", responses=problems())
async def list_parked_events(
    reader: Annotated[Reader, may_read(*OPERATORS)], page: Paging
) -> Page[ParkedEvent]:
    """Oldest first, with why and when; those that were said to services alone are for operators."""
    async with reader.reading() as session:
        found = await dead_letters.parked(session, page.after, page.limit, audience_of(reader.principal))
        return Page.of(found, page.limit)


@parked_router.get("/parked-events/{id}", summary="One parked event", responses=problems(NotFound))
async def show_parked_event(id: UUID, reader: Annotated[Reader, may_read(*OPERATORS)]) -> ParkedEvent:
    """The event as it came, and what went wrong."""
    async with reader.reading() as session:
        return await dead_letters.one_parked(session, id, audience_of(reader.principal))


@parked_router.post(
    "/parked-events/{id}/retry",
    status_code=204,
    summary="Let the reaction try again",
    responses=problems(NotFound, KeyReused, StillFailing),
)
async def retry_parked_event(id: UUID, caller: Annotated[Caller, may_post(*OPERATORS)]) -> None:
    """On success the event is no longer parked; otherwise it stays, and the answer says why."""
    service = caller.service
    audience = audience_of(caller.principal)
    await retry_parked(service.database, caller.corporation, service.handlers, id, caller.key, audience)
    service.relay.wake(caller.corporation.slug)


@parked_router.delete(
    "/parked-events/{id}", status_code=204, summary="Give up on a parked event", responses=problems(NotFound)
)
async def drop_parked_event(id: UUID, caller: Annotated[Caller, may_delete(*OPERATORS)]) -> None:
    """The reaction will never happen."""
    async with caller.reading() as session:
        await dead_letters.take(session, id, audience_of(caller.principal))


@open_router.get("/healthz")
async def healthz(request: Request) -> Response:
    """200 while the relay and every reader truly run."""
    return _health([running(request)])


@open_router.get("/readyz")
async def readyz(request: Request) -> Response:
    """200 while database and Redis answer."""
    return await _readiness([running(request)])


@open_router.get("/metrics")
async def service_metrics(request: Request) -> Response:
    """For Prometheus; publish it to operators only."""
    return await _exposition([running(request)])


@open_router.get("/asyncapi.json")
async def asyncapi_json(request: Request) -> Response:
    """AsyncAPI 3."""
    return JSONResponse(_specification(running(request).name, running(request).service.summary))


@open_router.get("/asyncapi")
async def asyncapi_page(request: Request) -> Response:
    """The same for people, without the internet."""
    name = running(request).name
    page = PAGES.get_template("asyncapi.html")
    return HTMLResponse(
        page.render(name=name, stream=asyncapi.address(name), events=asyncapi.catalogue(name))
    )


@open_router.get("/docs")
async def docs(request: Request) -> Response:
    """Swagger UI, from our own disk."""
    page = PAGES.get_template("docs.html").render(name=running(request).name)
    return HTMLResponse(page, headers={"Content-Security-Policy": SWAGGERS})


@open_router.get("/docs/start.js")
async def docs_start() -> Response:
    """Starts Swagger UI."""
    return Response(START_SWAGGER, media_type="text/javascript")


@open_router.get("/docs/{file}")
async def docs_file(file: str) -> Response:
    """Swagger UI's own files."""
    if file not in ("swagger-ui.css", "swagger-ui-bundle.js"):
        raise NotFound(what="file", id=file)
    return FileResponse(SWAGGER / file)


class FrontDoor:
    """One port: each service under its name, and what is common to all of them beside it."""

    def __init__(self, process: "Process") -> None:
        self._services = {one.name: one.app for one in process.running}
        self._lobby = lobby(process)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass a request on by the first part of its path."""
        prefix = scope.get("root_path", "")
        _, name, *rest = f"{scope.get('path', '').removeprefix(prefix)}/".split("/", 2)
        service = self._services.get(name) if rest != [""] else None
        if service is None:
            await self._lobby(scope, receive, send)
        else:
            inner = {**scope, "root_path": f"{prefix}/{name}"}
            await service(inner, receive, send)
            await feed.go_on_live(inner, receive, send)


def lobby(process: "Process") -> Starlette:
    """An index page, health and metrics for all, and the way to each service's documentation."""

    async def index(_: Request) -> Response:
        services = [
            {"name": one.name, "summary": one.service.summary, "hears": sorted(one.handlers.heard)}
            for one in process.running
        ]
        page = PAGES.get_template("index.html")
        return HTMLResponse(page.render(services=services, corporations=list(process.corporations.values())))

    async def health(_: Request) -> Response:
        return _health(process.running)

    async def readiness(_: Request) -> Response:
        return await _readiness(process.running)

    async def measured(_: Request) -> Response:
        return await _exposition(process.running)

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        document = http_problem(request, error)
        return JSONResponse(document, error.status_code, headers=error.headers, media_type=PROBLEM_JSON)

    def to_docs(name: str) -> Callable[[Request], Response]:
        return lambda request: RedirectResponse(f"{request.scope['root_path']}/{name}/docs")

    return Starlette(
        routes=[
            Route("/", index),
            *reporting(process.settings),
            Route("/healthz", health),
            Route("/readyz", readiness),
            Route("/metrics", measured),
            *(Route(f"/{one.name}", to_docs(one.name)) for one in process.running),
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


@cache
def _specification(name: str, summary: str) -> dict[str, Any]:
    return asyncapi.specification(name, summary)


def _health(services: "list[RunningService]") -> Response:
    states = {one.name: "running" if one.alive else "a relay or reader does not run" for one in services}
    return JSONResponse(states, 200 if all(one.alive for one in services) else 503)


async def _readiness(services: "list[RunningService]") -> Response:
    states = {one.name: await _state(one.ready()) for one in services}
    return JSONResponse(states, 200 if set(states.values()) <= {"ready"} else 503)


async def _state(check: Awaitable[None]) -> str:
    try:
        async with asyncio.timeout(5):
            await check
    except Exception as error:
        return f"not ready: {type(error).__name__}"
    return "ready"


async def _exposition(services: "list[RunningService]") -> Response:
    for service in services:
        try:
            for corporation in service.corporations:
                await _measure(service, corporation)
        except Exception as error:  # while the database is away the rest is worth having all the more
            log.warning("cannot count the journal", service=service.name, exc_info=error)
    return PlainTextResponse(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


MEASURE = text(
    """
    SELECT (SELECT count(*) FROM journal WHERE position IS NULL) AS unnumbered,
           (SELECT numbered - published FROM streams) AS unpublished,
           (SELECT count(*) FROM parked_events) AS parked
    """
)


async def _measure(service: "RunningService", corporation: str) -> None:
    async with service.database.transaction(corporation) as session:
        counted = (await session.execute(MEASURE)).one()
        if service.service.measure:
            await service.service.measure(session, corporation)
    metrics.UNNUMBERED.labels(service.name, corporation).set(counted.unnumbered)
    metrics.UNPUBLISHED.labels(service.name, corporation).set(counted.unpublished or 0)
    metrics.PARKED.labels(service.name, corporation).set(counted.parked)
    for source, lag in (await service.listener.lags(corporation)).items():
        metrics.LAG.labels(service.name, corporation, source).set(lag)
