"""Whether a process does its work: for Docker, for load balancers, for Prometheus."""

import asyncio
from collections.abc import Awaitable, Sequence

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from sqlalchemy import text

from buurtthuis.http.policies import EVERYBODY
from buurtthuis.runtime.running_service import RunningService
from buurtthuis.telemetry import metrics

log = structlog.get_logger(__name__)

#: How far a clock may be from its database's before that is told: people's tokens are believed to be that early.
CLOCK_SECONDS = 30.0

router = APIRouter(dependencies=[EVERYBODY], include_in_schema=False)


@router.get("/healthz")
async def healthz(request: Request) -> Response:
    """Of one service."""
    return health([_asked(request)])


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """Of one service."""
    return await readiness([_asked(request)])


@router.get("/metrics")
async def service_metrics(request: Request) -> Response:
    """Of one service."""
    return await exposition([_asked(request)])


def _asked(request: Request) -> RunningService:
    service: RunningService = request.app.state.service
    return service


def health(services: Sequence[RunningService]) -> Response:
    """200 while the relay and the reader truly run; a stream that cannot be read is told, and stops no other."""
    states = {service.name: _health(service) for service in services}
    return JSONResponse(states, 200 if all(service.alive for service in services) else 503)


def _health(service: RunningService) -> str:
    if not service.alive:
        return "a relay or reader does not run"
    unread = service.listener.unread
    return f"running, but cannot read {unread} of its streams" if unread else "running"


async def readiness(services: Sequence[RunningService]) -> Response:
    """200 while database and Redis answer; a clock that is wrong is told, and stops nobody."""
    states = {service.name: await _state(service.ready()) for service in services}
    return JSONResponse(states, 200 if all(state.startswith("ready") for state in states.values()) else 503)


async def _state(check: Awaitable[float]) -> str:
    try:
        async with asyncio.timeout(5):
            ahead = await check
    except Exception as error:
        return f"not ready: {type(error).__name__}"
    if abs(ahead) < CLOCK_SECONDS:
        return "ready"
    return (
        f"ready, but its clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} its database's"
    )


async def exposition(services: Sequence[RunningService]) -> Response:
    """For Prometheus; publish it to operators only."""
    for service in services:
        try:
            metrics.CLOCK_AHEAD.labels(service.name).set(await service.database.clock_ahead())
            for corporation in service.corporations:
                await _measure(service, corporation)
            for (reader, corporation), lag in (await service.relay.lags()).items():
                metrics.LAG.labels(reader, corporation, service.name).set(lag)
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


async def _measure(service: RunningService, corporation: str) -> None:
    async with service.database.transaction(corporation) as session:
        counted = (await session.execute(MEASURE)).one()
        if service.service.measure:
            await service.service.measure(session, corporation)
    metrics.UNNUMBERED.labels(service.name, corporation).set(counted.unnumbered)
    metrics.UNPUBLISHED.labels(service.name, corporation).set(counted.unpublished or 0)
    metrics.PARKED.labels(service.name, corporation).set(counted.parked)
