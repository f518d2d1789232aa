"""The services as they are shipped, started by the command line, killed while people use them."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from buurtthuis.embedded.databases import create_database

from tests.faults.programs import Program, Town, eventually, select_a_theme

BUURTTHUIS = Path(sys.executable).with_name("buurtthuis")


async def test_every_selected_theme_drafts_one_session_whoever_is_killed(town: Town, long: bool) -> None:
    names = ("surveys", "sessions")
    for name in names:
        await create_database(town.servers.postgres.url, name)
    environment = _environment(town)
    migration = await asyncio.create_subprocess_exec(BUURTTHUIS, "migrate", *names, env=environment)
    assert await migration.wait() == 0
    surveys, sessions = programs = [_program(town, name, environment) for name in names]
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


def _program(town: Town, service: str, environment: dict[str, str]) -> Program:
    port = town.port(service)

    def birth() -> int:
        town.let_go(service)
        with (town.folder / f"{service}.log").open("ab") as log:
            command = [str(BUURTTHUIS), "serve", service, "--host", "127.0.0.1", "--port", str(port)]
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        town.children.append(process)
        return process.pid

    program = Program((service,), port, birth)
    town.programs.append(program)
    return program


async def _drafts(town: Town) -> list[str]:
    async with town.servers.admin("sessions") as admin:
        return [str(row["theme_id"]) for row in await admin.fetch("SELECT theme_id FROM sessions")]
