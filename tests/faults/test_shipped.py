"""The services as they are shipped, started by the command line, killed while people use them."""

import asyncio
import os

from tests.faults.programs import BUURTTHUIS, Town, eventually, select_a_theme


async def test_every_selected_theme_drafts_one_session_whoever_is_killed(town: Town, long: bool) -> None:
    names = ("surveys", "sessions")
    for name in names:
        await town.servers.fresh_database(name)
    environment = _environment(town)
    migration = await asyncio.create_subprocess_exec(BUURTTHUIS, "migrate", *names, env=environment)
    assert await migration.wait() == 0
    surveys, sessions = programs = [town.shipped(name, environment) for name in names]
    for program in programs:
        program.start()
    selected: set[str] = set()
    client = town.client("surveys")
    for turn in range(20 if long else 2):
        selected |= {await select_a_theme(client) for _ in range(5)}
        victim = programs[turn % 2]
        await town.die(victim)
        victim.start()
    selected |= {await select_a_theme(client) for _ in range(5)}

    async def drafted() -> bool:
        return len(await _drafts(town)) >= len(selected)

    await eventually(drafted, "a session for every theme")
    assert sorted(await _drafts(town)) == sorted(selected)
    for program in (sessions, surveys):
        await eventually(program.is_up, "health")


def _environment(town: Town) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": town.servers.database_url("{service}", "{service}"),
        "DATABASE_OWNER_URL": town.servers.database_url("{service}", "{service}_owner"),
        "REDIS_URL": town.servers.valkey.url,
        "FEED_URL": f"http://127.0.0.1:{town.port('surveys')}/{{service}}/v1/events",
        "ISSUER_KEY_FILE": str(town.folder / "issuer.json"),
        "CORPORATIONS_FILE": str(town.folder / "corporations.toml"),
        "LOG_LEVEL": "WARNING",
    }


async def _drafts(town: Town) -> list[str]:
    async with town.servers.admin("sessions") as admin:
        return [str(row["theme_id"]) for row in await admin.fetch("SELECT theme_id FROM sessions")]
