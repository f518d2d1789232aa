"""How long after a command's answer its effect in another service is committed."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from itertools import cycle
from typing import Any
from uuid import UUID

from buurtthuis.core.work import new_id
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.installed import installed_services

from benchmarks import effects
from benchmarks.figures import Row, at_most, percentile
from benchmarks.ground import PATIENCE_SECONDS, Ground, Serving, alive, clients, ground

PER_SECOND = 100
#: Commands before the ones that count, in which connections are made and code is read for the first time.
WARM_UP = 200

ADMITTED = """
    INSERT INTO themes
        (id, corporation, house_id, title, origin, captured_via, source, proposed_at, listed, state, version)
    SELECT id, corporation, gen_random_uuid(), 'Samen koffie drinken', 'resident', 'web', 'none', now(), true, 'admitted', 2
    FROM unnest($1::uuid[], $2::text[]) AS themes (id, corporation)
"""
TELL = """
    CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify('drafted', NEW.theme_id::text); RETURN NULL; END $$;
    CREATE TRIGGER tell AFTER INSERT ON sessions FOR EACH ROW WHEN (NEW.corporation = ANY ('{{{slugs}}}'))
        EXECUTE FUNCTION tell()
"""


async def measure(quick: bool) -> list[Row]:
    """Select themes in surveys, half as many as this machine takes; PostgreSQL itself says when sessions committed its draft."""
    per_second = round((await effects.rates(quick=True))["ours"] / 2)
    async with ground(quick) as here:
        milliseconds = await reached(here, [here.corporation.slug], 5 if quick else 30, per_second)
    what = f"answered → effect in another service, {per_second}/s"
    return [
        at_most(15, "ms", f"{what}, p50", percentile(milliseconds, 50)),
        at_most(60, "ms", f"{what}, p99", percentile(milliseconds, 99)),
    ]


async def reached(
    here: Ground,
    corporations: Sequence[str],
    seconds: int,
    per_second: int = PER_SECOND,
    at_the_end: Callable[[Serving], object] = lambda _: None,
) -> list[float]:
    """Milliseconds from answer to effect, of commands that are spread over these corporations."""
    services = installed_services()
    for name in ("surveys", "sessions"):
        await here.prepare(services[name])
    themes = {new_id(): slug for slug, _ in zip(cycle(corporations), range(WARM_UP + per_second * seconds))}
    async with here.administering("surveys") as connection:
        await connection.execute(ADMITTED, list(themes), list(themes.values()))
    answered, drafted = await _select_all(here, themes, per_second, at_the_end)
    return [(drafted[str(theme)] - answered[str(theme)]) * 1000 for theme in list(themes)[WARM_UP:]]


async def _select_all(
    here: Ground, themes: Mapping[UUID, str], per_second: int, at_the_end: Callable[[Serving], object]
) -> tuple[Mapping[str, float], Mapping[str, float]]:
    drafted: dict[str, float] = {}
    complete = asyncio.Event()
    tokens = {slug: here.token(Role.STAFF, corporation=slug) for slug in set(themes.values())}

    def told(*what: Any) -> None:
        drafted[what[3]] = time.monotonic()
        if len(drafted) == len(themes):
            complete.set()

    async with AsyncExitStack() as stack:
        telling = await stack.enter_async_context(here.administering("sessions"))
        await telling.execute(TELL.format(slugs=",".join(tokens)))
        await telling.add_listener("drafted", told)
        serving = await stack.enter_async_context(here.serving("surveys", "sessions"))
        await alive(serving)
        pacing = await stack.enter_async_context(
            clients(
                "pace",
                port=serving.port,
                paths={
                    str(theme): (f"/surveys/v1/themes/{theme}/selection", tokens[slug])
                    for theme, slug in themes.items()
                },
                every=1 / per_second,
                callers=32,
            )
        )
        answered = await pacing.finish()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await complete.wait()
        at_the_end(serving)
    return answered, drafted
