"""The command line as people use it: real processes, told nothing by the environment of the tests."""

import asyncio
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import httpx
import psutil
from buurtthuis.core.settings import SettingsError
from buurtthuis.runtime.serving import listen_on

ROOT = Path(__file__).parent.parent
BUURTTHUIS = Path(sys.executable).with_name("buurtthuis")


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


async def buurtthuis(*words: object, folder: Path, env: Mapping[str, str] | None = None) -> Said:
    """Run one command to its end, in an empty folder of its own; its process has imported everything before (forked.py)."""
    with tempfile.TemporaryDirectory() as told:
        out, err = Path(told, "out"), Path(told, "err")
        wanted = {
            "words": [str(word) for word in words],
            "folder": str(folder),
            "env": bare(env),
            "out": str(out),
            "err": str(err),
        }
        reader, writer = await asyncio.open_unix_connection(_forking())
        writer.write(json.dumps(wanted).encode() + b"\n")
        code = int(await reader.readline())
        writer.close()
        return Said(code, out.read_text(), err.read_text())


async def buurtthuis_anew(*words: object, folder: Path, env: Mapping[str, str] | None = None) -> Said:
    """The same from the very start, where something is read while it is imported."""
    process = await _started(words, folder, env, stderr=PIPE)
    out, err = await process.communicate()
    assert process.returncode is not None
    return Said(process.returncode, out.decode(), err.decode())


@cache
def _forking() -> Path:
    """Where the process is called that forks for every command; it ends with this one."""
    path = Path(tempfile.mkdtemp(prefix="buurtthuis"), "commands")
    words = (sys.executable, "-m", "tests.forked", path)
    process = subprocess.Popen(words, cwd=ROOT, env=bare(), stdin=PIPE, stdout=PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"ready\n"
    STARTED.append(process)
    return path


#: Kept, since whoever is forgotten loses its input.
STARTED: list["subprocess.Popen[bytes]"] = []


def free_port() -> int:
    """A port that nobody has, and that the kernel gives to nobody who connects meanwhile: it takes those from 32768 on."""
    while True:
        with suppress(SettingsError), listen_on("127.0.0.1", port := secrets.choice(range(20_000, 32_000))):
            return port


@dataclass
class Up:
    """A running `buurtthuis up`."""

    process: Process
    folder: Path
    data: Path
    url: str
    welcome: str
    _tokens: dict[tuple[str, ...], str] = field(default_factory=dict)

    async def token(self, *roles: str) -> str:
        """A token from the command line, made once for the same roles."""
        if roles not in self._tokens:
            words = [word for role in roles for word in ("--role", role)]
            said = await buurtthuis(
                "token", "-c", "woonpartners", *words, "--data", self.data, folder=self.folder
            )
            assert said.code == 0, said.err
            self._tokens[roles] = said.out.strip()
        return self._tokens[roles]

    async def client(self, *roles: str) -> httpx.AsyncClient:
        """Somebody with these roles."""
        headers = {"Authorization": f"Bearer {await self.token(*roles)}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30)

    async def ask(self, *words: object) -> Said:
        """A command about this deployment."""
        where = ("--corporation", "woonpartners", "--data", self.data, "--url", self.url)
        return await buurtthuis(*words, *where, folder=self.folder)

    @property
    def sink(self) -> str:
        """Where it shows what it caught."""
        found = re.search(r"http\S+/notifications/v1/sink/\S+", self.welcome)
        assert found, self.welcome
        return found[0]

    def family(self) -> list[psutil.Process]:
        """The process and all its children."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> str:
        """Stop it; what it said since it was ready."""
        self.process.send_signal(number)
        out, _ = await self.process.communicate()
        return out.decode()


@asynccontextmanager
async def up(
    folder: Path, data: Path | None = None, env: Mapping[str, str] | None = None
) -> AsyncIterator[Up]:
    """A `buurtthuis up` that is ready; it is stopped at the end if it still runs."""
    data, port = data or folder / "data", free_port()
    process = await _started(("up", "--data", data, "--port", port), folder, env, stderr=STDOUT)
    try:
        welcome = await _until_ready(process)
        yield Up(process, folder, data, f"http://127.0.0.1:{port}", welcome)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


async def _until_ready(process: Process) -> str:
    assert process.stdout
    lines = b""
    while b"Ctrl-C" not in lines:
        line = await process.stdout.readline()
        assert line, f"it ended before it was ready: {lines.decode()}"
        lines += line
    return lines.decode()


async def _started(
    words: tuple[object, ...], folder: Path, env: Mapping[str, str] | None, stderr: int
) -> Process:
    return await asyncio.create_subprocess_exec(
        BUURTTHUIS, *map(str, words), cwd=folder, env=bare(env), stdin=DEVNULL, stdout=PIPE, stderr=stderr
    )


def bare(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """No settings but these, and wide lines."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    settings = {"CORPORATIONS_FILE": str(ROOT / "corporations.toml"), "COLUMNS": "300"}
    return {**kept, **settings, **(env or {})}
