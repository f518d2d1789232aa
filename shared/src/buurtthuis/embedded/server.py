"""A server program as a child of this process."""

import asyncio
import fcntl
import os
import signal
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Self

import structlog

log = structlog.get_logger(__name__)

LAUNCH = Path(__file__).with_name("launch.py")
PATIENCE = 60.0
#: How often to look whether it still runs, in seconds.
WATCH_SECONDS = 0.5
#: One that dies so soon after its start, in seconds, was not helped by it; so many times in a row is enough.
SETTLED_SECONDS = 60.0
MOST_STARTS = 5


class EmbeddedError(Exception):
    """The embedded servers cannot run; the message says what to do."""


class Server(ABC):
    """A server on its own part of the data folder, answering on a unix socket. It dies with this process.

    It can be started again after a stop, or after somebody killed it, and keeps its address.
    On macOS it outlives a parent that was killed with SIGKILL; the next start then names the process to stop.
    """

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]
    left_by_the_dead: ClassVar[tuple[str, ...]] = ()

    def __init__(self, data: Path, sockets: Path) -> None:
        self.folder = data.resolve() / self.name.lower()
        self.log = self.folder.with_suffix(".log")
        self.sockets = sockets
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it answers."""

    @property
    def pid(self) -> int:
        """The process id of the server."""
        if self._process is None:
            raise EmbeddedError(f"{self.name} has not been started.")
        return self._process.pid

    async def start(self) -> None:
        """Start on what the folder holds; returns as soon as the server answers."""
        try:
            await self.prepare()
            await self.run(self.command(), until=self.answers)
        except BaseException:
            await self.stop()
            raise

    async def keep_running(self) -> None:
        """Start it again whenever it dies, until cancelled; raises EmbeddedError where that does not help."""
        clock, deaths = asyncio.get_running_loop().time, 0
        while True:
            started = clock()
            while not await self.has_ended():  # noqa: ASYNC110  nobody tells us
                await asyncio.sleep(WATCH_SECONDS)
            deaths = deaths + 1 if clock() - started < SETTLED_SECONDS else 1
            if deaths > MOST_STARTS or not self.folder.exists():
                raise EmbeddedError(
                    f"{self.name} died, and starting it again does not help. It said:\n{self._said_since(0)}"
                )
            log.error("a server of ours died, starting it again", server=self.name, time=deaths)
            await asyncio.sleep(deaths - 1)
            with suppress(EmbeddedError, OSError):  # told at the end, where the next time is no better
                await self.start()

    async def stop(self) -> None:
        """Stop cleanly, or by force when that takes too long."""
        if self._process is None:
            return
        self._process.send_signal(self.stop_signal)
        if not await happens(self.has_ended, within=PATIENCE):
            self._process.kill()
        self._process.wait()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def prepare(self) -> None:
        """Make the folder ready for the server."""
        self.folder.mkdir(mode=0o700, exist_ok=True)

    @abstractmethod
    def command(self) -> list[str]:
        """The program and its arguments."""

    @abstractmethod
    async def answers(self) -> bool:
        """Whether the server is ready for work."""

    async def has_ended(self) -> bool:
        """Whether the program is gone."""
        return self._process is None or self._process.poll() is not None

    def given_away(self) -> list[Path]:
        """What must belong to an ordinary user, for a program that refuses root."""
        return []

    async def run(self, command: list[str], until: Callable[[], Awaitable[bool]]) -> None:
        """Run a program alone on the folder, until the condition holds."""
        async with self._alone() as lock:
            self._forget_the_dead()
            self.log.touch(mode=0o600)
            with self.log.open("ab") as log:
                before = log.tell()
                self._process = self._spawn(command, log.fileno(), lock)
        if not await happens(until, within=PATIENCE, unless=self.has_ended):
            raise EmbeddedError(f"{self.name} did not start. It said:\n{self._said_since(before)}")

    def _forget_the_dead(self) -> None:
        for name in self.left_by_the_dead:
            (self.folder / name).unlink(missing_ok=True)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[int]:
        """A lock for the server to hold; it ends with its last child, which may outlive it for a moment."""
        lock = os.open(self.folder.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

        async def is_ours() -> bool:
            return locked(lock)

        try:
            if not await happens(is_ours, within=PATIENCE):
                raise EmbeddedError(f"Another {self.name} still runs on {self.folder}: stop that one first.")
            yield lock
        finally:
            os.close(lock)

    def _spawn(self, command: list[str], log: int, lock: int) -> subprocess.Popen[bytes]:
        if threading.current_thread() is not threading.main_thread():
            # Trap: on Linux a child dies with the thread that started it, not with the process.
            raise EmbeddedError("Start the embedded servers from the main thread.")
        launch = [sys.executable, "-IS", str(LAUNCH), str(os.getpid()), str(int(self.stop_signal))]
        return subprocess.Popen(  # noqa: S603
            [*launch, *map(str, self.given_away()), "--", *command],
            cwd=self.folder.parent,
            env=bare_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[lock],
            start_new_session=True,
        )

    def _said_since(self, offset: int) -> str:
        said = self.log.read_bytes()[offset:].decode(errors="replace")
        return "\n".join(said.splitlines()[-8:]) or f"nothing; its log is {self.log}"


@asynccontextmanager
async def kept_running(*servers: Server) -> AsyncIterator[None]:
    """Start whichever dies again during the block; ends the block with an EmbeddedError where that does not help."""
    block, ended = asyncio.current_task(), list[BaseException]()

    def end_the_block(watch: asyncio.Task[None]) -> None:
        if not watch.cancelled() and (error := watch.exception()) and block:
            ended.append(error)
            block.cancel()

    watches = [asyncio.create_task(server.keep_running()) for server in servers]
    for watch in watches:
        watch.add_done_callback(end_the_block)
    try:
        yield
    except asyncio.CancelledError:
        if not ended or not block or block.uncancel():
            raise
        raise ended[0] from None
    finally:
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)


async def happens(
    condition: Callable[[], Awaitable[bool]],
    *,
    within: float,
    unless: Callable[[], Awaitable[bool]] | None = None,
) -> bool:
    """Wait until the condition holds; false when time is up, or when the other thing happened first."""
    deadline = asyncio.get_running_loop().time() + within
    while not (holds := await condition()) and asyncio.get_running_loop().time() < deadline:
        if unless is not None and await unless():
            return False
        await asyncio.sleep(0.02)
    return holds


def locked(file: int) -> bool:
    """Take the lock on an open file, if it is free."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def bare_environment() -> dict[str, str]:
    """What a server may know of our environment: no settings meant for other servers, no secrets, no locale."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def wheel(package: str) -> Path:
    """Where an installed package keeps its files, without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"{package} is not installed: install it, or set DATABASE_URL and REDIS_URL.")
    return Path(spec.submodule_search_locations[0])
