"""The example extensions, installed as packages in a folder of their own, and served by real processes."""

import asyncio
import shutil
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.testing import eventually

from tests.commands import BUURTTHUIS, ROOT, bare, buurtthuis_anew, free_port

#: The smallest, and one with everything of its own.
SOURCES = (ROOT / "examples/held_sessions", ROOT / "examples/lent_keys")
#: What an installer says that cannot reach its package index, which it needs for the build backend.
OFFLINE = ("error sending request", "Failed to fetch", "Could not find a version", "NewConnectionError")


def install(target: Path) -> None:
    """Build and install the extensions into `target`, with uv or else with pip; skips where there is no network."""
    command = [
        *_installer(target.parent),
        "--quiet",
        "--no-deps",
        "--target",
        str(target),
        *map(str, SOURCES),
    ]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode and any(sign in found.stderr for sign in OFFLINE):
        pytest.skip("no network to fetch the extension's build backend from")
    assert found.returncode == 0, found.stderr


def _installer(folder: Path) -> Sequence[str]:
    uv = shutil.which("uv") or shutil.which("uv", path=str(ROOT / ".tools/bin"))
    if uv:
        return [uv, "pip", "install", "--python", sys.executable]
    subprocess.run([sys.executable, "-m", "venv", folder / "pip"], check=True)
    return [str(folder / "pip/bin/python"), "-m", "pip", "install", "--disable-pip-version-check"]


def environment(installed: Path, settings: Settings) -> Mapping[str, str]:
    """What a process needs to find the extension and the test's servers."""
    return {
        "PYTHONPATH": str(installed),
        "DATABASE_URL": settings.database_url,
        "DATABASE_OWNER_URL": settings.database_owner_url,
        "REDIS_URL": settings.redis_url,
        "ISSUER_KEY_FILE": str(settings.issuer_key_file),
        "FEED_URL": settings.feed_url,
    }


async def migrate(installed: Path, settings: Settings, folder: Path) -> None:
    """Make the extension's table, from the command line."""
    said = await buurtthuis_anew(
        "migrate", "held_sessions", folder=folder, env=environment(installed, settings)
    )
    assert said.code == 0, said.err


@asynccontextmanager
async def serving(
    *services: str, installed: Path, settings: Settings, folder: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """A real `buurtthuis serve` that is ready; a client for it, without a token."""
    port = free_port()
    words = [str(BUURTTHUIS), "serve", *services, "--port", str(port), "--host", "127.0.0.1"]
    with (folder / "log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            *words, cwd=folder, env=bare(environment(installed, settings)), stdout=log, stderr=log
        )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            await eventually(lambda: _ready(client, process, folder), "the process is ready")
            yield client
    finally:
        process.terminate()
        await process.wait()


async def _ready(client: httpx.AsyncClient, process: Process, folder: Path) -> bool:
    assert process.returncode is None, (folder / "log").read_text()
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False
