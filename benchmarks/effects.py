"""How many commands a process takes with all that follows from them in other services, against a bare web framework."""

import time
from contextlib import AsyncExitStack

import asyncpg
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.installed import installed_services
from buurtthuis.testing import eventually

from benchmarks.command import bare, pressed
from benchmarks.figures import Row, at_least, take_turns
from benchmarks.ground import Ground, Serving, alive, ground

HEARING = ("sessions", "notifications", "moderation")
ALL = ("surveys", *HEARING)

PROPOSED = "SELECT count(*), extract(epoch FROM min(proposed_at)) FROM themes"
#: The last position, once there is nothing without one.
NUMBERED = """
    SELECT numbered FROM streams WHERE corporation = $1 AND NOT EXISTS (SELECT FROM journal WHERE position IS NULL)
"""
HEARD = "SELECT position FROM checkpoints WHERE source = 'surveys' AND corporation = $1"


async def measure(quick: bool) -> list[Row]:
    """Both servers run; one of them is pressed at a time."""
    median = await rates(quick)
    against = "bare FastAPI and SQLAlchemy insert"
    return [at_least(0.35, "command with its effects", median["ours"], against, median["bare"])]


async def rates(quick: bool) -> dict[str, float]:
    """Commands a second: ours until the last is heard by every service, and the bare server's."""
    async with ground(quick) as here:
        services = installed_services()
        for name in ALL:
            await here.prepare(services[name])
        async with here.serving(*ALL) as ours, bare(here) as port:
            await alive(ours)
            token = here.token(Role.STAFF)
            return await take_turns(
                2 if quick else 5,
                {
                    "ours": lambda: heard(here, ours, token),
                    "bare": lambda: pressed(here, port, "/themes", token),
                },
            )


async def heard(here: Ground, serving: Serving, token: str) -> float:
    """Commands a second, from the first to the moment when all of them are heard everywhere."""
    async with AsyncExitStack() as stack:
        surveys = await stack.enter_async_context(here.administering("surveys"))
        hearing = [await stack.enter_async_context(here.administering(name)) for name in HEARING]
        await surveys.execute("DELETE FROM themes")
        await pressed(here, serving.port, "/surveys/v1/themes", token)

        async def said() -> int | None:
            return await _value(surveys, NUMBERED, here)

        async def all_is_heard() -> bool:
            return {await _value(connection, HEARD, here) for connection in hearing} == {last}

        last = await eventually(said)
        await eventually(all_is_heard)
        heard = time.time()
        many, began = await surveys.fetchrow(PROPOSED) or (0, 0)
    return float(many / (heard - float(began)))


async def _value(connection: asyncpg.Connection, query: str, here: Ground) -> int | None:
    found: int | None = await connection.fetchval(query, here.corporation.slug)
    return found
