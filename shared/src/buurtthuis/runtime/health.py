"""Whether a process does its work: for Docker, for load balancers, for Prometheus."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import TypeAlias

import structlog
from fastapi import Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from buurtthuis.persistence import history, journal
from buurtthuis.runtime.running_service import RunningService
from buurtthuis.telemetry import metrics
from buurtthuis.telemetry.metrics import Measure, Sample

log = structlog.get_logger(__name__)

#: How far a clock may be from its database's before that is told: people's tokens are believed to be that early.
CLOCK_SECONDS = 30.0

#: What takes longer is not there this time, in seconds: Prometheus asks for all of it within ten.
LONGEST_MEASUREMENT = 3.0
COUNTED = {
    metrics.UNNUMBERED: journal.UNNUMBERED,
    metrics.UNPUBLISHED: journal.UNPUBLISHED,
    metrics.PARKED: journal.PARKED,
    metrics.BEGINS_AFTER: history.BEGINS,
}

Measured: TypeAlias = list[tuple[Measure, list[Sample]]]


def reports(at: str, services: Sequence[RunningService]) -> Sequence[Route]:
    """Routes below a path that tell of some services, or of one. They have no version: no client depends on them."""

    async def healthz(_: Request) -> Response:
        return health(services)

    async def readyz(_: Request) -> Response:
        return await readiness(services)

    async def measured(_: Request) -> Response:
        return await exposition(services)

    answers = {"healthz": healthz, "readyz": readyz, "metrics": measured}
    return [Route(f"{at}/{name}", answer) for name, answer in answers.items()]


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
    kinds = (_count, _measure_lags, _compare_clocks)
    measurements = [measure(service) for service in services for measure in kinds]
    measured: Measured = []
    for end in await asyncio.gather(*map(_in_time, measurements), return_exceptions=True):
        if isinstance(end, BaseException):  # the rest is worth having all the more
            log.warning("something cannot be measured", exc_info=end)
        else:
            measured += end
    told = metrics.exposition(measured)
    return PlainTextResponse(told, media_type="text/plain; version=0.0.4; charset=utf-8")


async def _in_time(measurement: Awaitable[Measured]) -> Measured:
    async with asyncio.timeout(LONGEST_MEASUREMENT):
        return await measurement


async def _count(service: RunningService) -> Measured:
    """What waits in the database of all corporations, in one statement."""
    figures = service.service.figures
    answer = await service.database.who_has_work(
        [look.name for look in (*COUNTED.values(), *(figure.look for figure in figures))]
    )
    counted = [(measure, _samples(service, answer[look.name])) for measure, look in COUNTED.items()]
    return [*counted, *((figure.measure, figure.samples(answer, service.corporations)) for figure in figures)]


def _samples(service: RunningService, found: Mapping[str, int]) -> list[Sample]:
    return [(corporation, service.name, found.get(corporation, 0)) for corporation in service.corporations]


async def _compare_clocks(service: RunningService) -> Measured:
    return [(metrics.CLOCK_AHEAD, [(service.name, await service.database.clock_ahead())])]


async def _measure_lags(service: RunningService) -> Measured:
    """As far as it knows of its readers, and of none that it knows no more."""
    lags = await service.relay.care.lags()
    samples: list[Sample] = [
        (corporation, reader, service.name, lag) for (reader, corporation), lag in lags.items()
    ]
    return [(metrics.LAG, samples)]
