"""How many commands a process takes, against a bare web framework that does a similar insert."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
from buurtthuis.core.work import new_id
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.installed import installed_services

from benchmarks.bare import TABLE
from benchmarks.figures import Row, at_least, take_turns
from benchmarks.ground import Ground, answering, clients, free_port, ground, running

CALLERS = 16


async def measure(quick: bool) -> list[Row]:
    """Both servers run; one of them is pressed at a time."""
    async with ground(quick) as here:
        await here.prepare(installed_services()["surveys"])
        async with here.serving("surveys") as ours, bare(here) as port:
            token = here.token(Role.STAFF)
            median = await take_turns(
                2 if quick else 5,
                {
                    "ours": lambda: pressed(here, ours.port, "/surveys/v1/themes", token),
                    "bare": lambda: pressed(here, port, "/themes", token),
                },
            )
    what = f"HTTP command, {CALLERS} clients"
    return [at_least(0.6, what, median["ours"], "bare FastAPI and SQLAlchemy insert", median["bare"])]


@asynccontextmanager
async def bare(here: Ground) -> AsyncIterator[int]:
    """The bare server, on a table in the same database."""
    async with here.administering("surveys") as connection:
        await connection.execute(TABLE)
    port = free_port()
    url = here.settings.for_service("surveys").database_url
    async with running(
        sys.executable, "-m", "benchmarks.bare", str(port), env={"DATABASE_URL": url}
    ) as process:
        await answering(f"http://127.0.0.1:{port}/readyz", process)
        yield port


async def pressed(here: Ground, port: int, path: str, token: str) -> float:
    """Commands a second under as many clients as can wait."""
    body = orjson.dumps({"house_id": new_id(), "title": "Samen koffie drinken"}).decode()
    seconds = 2 if here.quick else 6
    async with clients(
        "press", port=port, path=path, token=token, body=body, callers=CALLERS, seconds=seconds
    ) as pressing:
        return float(await pressing.finish())
