"""Ten thousand clients of a live feed, on one process."""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

import httpx
import psutil
from buurtthuis.core.work import new_id
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.installed import installed_services

from benchmarks.figures import Row, at_most, percentile
from benchmarks.ground import Clients, Ground, Serving, clients, ground, many_sockets

PROCESSES = 2
PAUSE_SECONDS = 1.0


async def measure(quick: bool) -> list[Row]:
    """Everybody follows; every command's event has to reach all of them."""
    many, events = (1_000, 10) if quick else (10_000, 50)
    async with AsyncExitStack() as stack:
        stack.enter_context(many_sockets())
        here = await stack.enter_async_context(ground(quick))
        await here.prepare(installed_services()["surveys"])
        serving = await stack.enter_async_context(here.serving("surveys"))
        following = [await _followers(here, stack, serving, many // PROCESSES) for _ in range(PROCESSES)]
        await asyncio.gather(*(one.ready() for one in following))
        answered = await _propose(here, serving, events)
        memory = psutil.Process(serving.process.pid).memory_info().rss / 2**20
        seen = [await one.finish() for one in following]
    seconds = [_reached_all(seen, position, many) - at for position, at in answered.items()]
    what = f"event to all of {many:,} live clients"
    return [
        at_most(1, "s", f"{what}, p99", percentile(seconds, 99), f"p50: {percentile(seconds, 50):.2f} s"),
        at_most(300, "MB", f"memory of the process with {many:,} live clients", memory),
    ]


async def _followers(here: Ground, stack: AsyncExitStack, serving: Serving, many: int) -> Clients:
    token = here.token(Role.STAFF)
    return await stack.enter_async_context(
        clients("follow", port=serving.port, path="/surveys/v1/events", token=token, callers=many)
    )


async def _propose(here: Ground, serving: Serving, events: int) -> dict[int, float]:
    """Position -> when the command was answered."""
    answered: dict[int, float] = {}
    headers = {"Authorization": f"Bearer {here.token(Role.STAFF)}"}
    async with httpx.AsyncClient(base_url=serving.url, headers=headers, timeout=60) as client:
        for position in range(1, events + 1):
            body = {"house_id": str(new_id()), "title": "Samen koffie drinken"}
            (await client.post("/surveys/v1/themes", json=body)).raise_for_status()
            answered[position] = time.monotonic()
            await asyncio.sleep(PAUSE_SECONDS)
    await asyncio.sleep(5 * PAUSE_SECONDS)
    return answered


def _reached_all(seen: list[dict[str, Any]], position: int, many: int) -> float:
    """When the last client had it; never, where one did not."""
    tallies = [one.get(str(position), [0, 0.0]) for one in seen]
    if sum(count for count, _ in tallies) < many:
        return float("inf")
    return max(float(last) for _, last in tallies)
