"""`buurtthuis up` looks after the servers that it started."""

import re
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import psutil
import pytest
from buurtthuis.embedded import servers_on

from tests.commands import Up, up
from tests.faults.programs import eventually, post_for_certain, select_a_theme

#: What the design promises, in seconds.
STARTED_AGAIN_WITHIN = 10.0


@pytest.mark.parametrize("name", ["postgres", "valkey"])
async def test_up_starts_its_server_again_and_loses_nothing(used_folder: Path, name: str) -> None:
    async with up(used_folder) as system, await system.client("staff") as staff:
        async with httpx.AsyncClient(base_url=f"{system.url}/surveys/v1", headers=staff.headers) as surveys:
            selected = {await select_a_theme(surveys) for _ in range(3)}
            theme = await post_for_certain(surveys, "/themes", {"house_id": str(uuid4()), "title": "Lezen"})
            (dead,) = servers(system, name)
            dead.kill()

            async def is_back() -> bool:
                return servers(system, name) not in ([], [dead]) and await is_ready(system)

            await eventually(is_back, f"another {name}", within=STARTED_AGAIN_WITHIN)
            await post_for_certain(surveys, f"/themes/{theme}/admission")
            await post_for_certain(surveys, f"/themes/{theme}/selection")
            selected |= {theme, await select_a_theme(surveys)}

        async def drafted() -> bool:
            return len(await drafts(system)) >= len(selected)

        await eventually(drafted, "a session for every theme")
        assert sorted(await drafts(system)) == sorted(selected)
        assert "starting it again" in await system.stop()
        assert system.process.returncode == 0


async def test_up_ends_with_a_sentence_where_its_server_cannot_be_started_again(used_folder: Path) -> None:
    async with up(used_folder) as system:
        (system.data / "valkey").rename(system.data / "gone")
        (valkey,) = servers(system, "valkey")
        valkey.kill()
        assert system.process.stdout
        said = (await system.process.stdout.read()).decode()
        assert await system.process.wait() == 1
        assert re.search(r"^Valkey died, and starting it again does not help", said, re.MULTILINE)
        assert "Traceback" not in said.rpartition("Valkey died")[2]


def servers(system: Up, name: str) -> list[psutil.Process]:
    children = psutil.Process(system.process.pid).children()
    return [child for child in children if child.name().startswith(name)]


async def is_ready(system: Up) -> bool:
    async with httpx.AsyncClient(timeout=5) as client:
        return (await client.get(f"{system.url}/readyz")).status_code == 200


async def drafts(system: Up) -> list[str]:
    running = servers_on(system.data)
    assert running
    connection = await asyncpg.connect(running.postgres, database="sessions")
    try:
        return [str(row["theme_id"]) for row in await connection.fetch("SELECT theme_id FROM sessions")]
    finally:
        await connection.close()
