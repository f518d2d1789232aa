"""The command line as people use it: real processes, told nothing by the environment of the tests."""

import asyncio
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO

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
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        running = await _forked(words, folder, env, out.fileno(), err.fileno())
        code = await running.wait()
        return Said(code, *(_read(written) for written in (out, err)))


def _read(written: IO[bytes]) -> str:
    written.seek(0)
    return written.read().decode()


async def buurtthuis_anew(*words: object, folder: Path, env: Mapping[str, str] | None = None) -> Said:
    """The same from the very start, where something is read while it is imported."""
    process = await _started(words, folder, env, stderr=PIPE)
    out, err = await process.communicate()
    assert process.returncode is not None
    return Said(process.returncode, out.decode(), err.decode())


@dataclass(kw_only=True)
class Running:
    """A process that was forked for us (forked.py), used as one of asyncio's own."""

    pid: int
    stdout: asyncio.StreamReader | None = None
    returncode: int | None = None
    _line: socket.socket

    async def wait(self) -> int:
        """Until it ends; its exit code."""
        if self.returncode is None:
            told = await asyncio.get_running_loop().sock_recv(self._line, 16)
            self.returncode = int(told)
            self._line.close()
        return self.returncode

    async def communicate(self) -> tuple[bytes, None]:
        """What it still says until it ends."""
        assert self.stdout
        said = await self.stdout.read()
        await self.wait()
        return said, None

    def send_signal(self, number: signal.Signals) -> None:
        """A signal, if it still lives."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)


async def _forked(
    words: Iterable[object], folder: Path, env: Mapping[str, str] | None, out: int, err: int
) -> Running:
    wanted = {"words": [str(word) for word in words], "folder": str(folder), "env": bare(env)}
    line = socket.socket(socket.AF_UNIX)
    line.connect(str(_forking()))
    socket.send_fds(line, [json.dumps(wanted).encode()], [out, err])
    line.setblocking(False)
    told = b""
    while not told.endswith(b"\n"):
        told += await asyncio.get_running_loop().sock_recv(line, 1)
    return Running(pid=int(told), _line=line)


async def _forked_and_heard(words: Iterable[object], folder: Path, env: Mapping[str, str] | None) -> Running:
    """One whose every word goes to its `stdout`."""
    read, write = os.pipe()
    try:
        running = await _forked(words, folder, env, write, write)
    finally:
        os.close(write)
    running.stdout = heard = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(heard), os.fdopen(read, "rb")
    )
    return running


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

    process: Process | Running
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
    process = await _forked_and_heard(("up", "--data", data, "--port", port), folder, env)
    try:
        welcome = await _until_ready(process)
        yield Up(process, folder, data, f"http://127.0.0.1:{port}", welcome)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


def with_a_copy(data: Path, folder: Path) -> Path:
    """The folder, in which `up` finds what it left elsewhere; whose files they are stays too."""
    subprocess.run(["cp", "-a", data, folder / "data"], check=True)
    return folder


async def _until_ready(process: Process | Running) -> str:
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
