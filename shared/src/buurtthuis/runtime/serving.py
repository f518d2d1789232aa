"""The HTTP server of a process, from its socket to a clean stop."""

import asyncio
import os
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import structlog
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from buurtthuis.core.settings import SettingsError
from buurtthuis.runtime.process import Process

log = structlog.get_logger(__name__)

#: Files and connections that a process may have open at once: the usual 1,024 are soon used up by followers of feeds.
MOST_DESCRIPTORS = 65_536
FEWEST_DESCRIPTORS = 4096
#: How long requests in hand may take after a signal, in seconds.
GRACE_SECONDS = 5
#: How long a connection may wait for its next request: longer than clients and proxies keep theirs (nginx 60 s),
#: else they send into one that closes.
KEEP_ALIVE_SECONDS = 75
#: Bytes in which a request says something new; uvicorn keeps what it cannot make sense of yet, however much comes.
PATIENCE_BYTES = 64 * 1024


class Connection(HttpToolsProtocol):
    """uvicorn's, but a head (or what follows a body) that never ends is given up."""

    _unread = 0

    def data_received(self, data: bytes) -> None:
        """Some of a request, or of several."""
        self._unread += len(data)
        super().data_received(data)
        if self._unread > PATIENCE_BYTES and not self.transport.is_closing():
            self.send_400_response("This request is too long before its body.")

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self._unread = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Whatever reads the body sees to its length."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """All of it has come."""
        self._unread = 0
        super().on_message_complete()


class HttpServer(uvicorn.Server):
    """uvicorn, but live feeds end first, and signals are ours so that what comes after serving still happens."""

    def __init__(self, process: Process) -> None:
        config = uvicorn.Config(
            process.app,
            http=Connection,
            lifespan="off",
            log_config=None,
            proxy_headers=False,  # the process knows whom to believe
            ws="none",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            backlog=4096,
        )
        super().__init__(config)
        self.process = process
        self.accepting = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGINT and SIGTERM; at the second one, at once. At SIGHUP read the corporations file again."""
        loop, had_terminal = asyncio.get_running_loop(), _has_terminal()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up, had_terminal)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                loop.remove_signal_handler(number)

    def _hang_up(self, had_terminal: bool) -> None:
        """Whose terminal was closed hears of it by the same signal, and stops."""
        if had_terminal and not _has_terminal():
            self.handle_exit(signal.SIGHUP, None)
        else:
            self.process.corporations_file.read_again()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections."""
        await super().startup(sockets)
        self.accepting.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let the followers of feeds go, who would stay for ever, then everybody else."""
        for service in self.process.running:
            await service.feed.close()
        await super().shutdown(sockets)


def _has_terminal() -> bool:
    return os.isatty(0)


def listen_on(host: str, port: int) -> socket.socket:
    """A listening socket; raises SettingsError where the port is taken or not allowed."""
    try:
        listener = socket.create_server((host, port), backlog=4096)
    except OSError as error:
        raise SettingsError(
            f"Cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}. Choose another port with --port (or PORT=)."
        ) from None
    # asyncio leaves it off for such a socket, and an answer's body would wait 40 ms for its head to be acknowledged.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
    return listener


async def serve(
    process: Process, listener: socket.socket, on_ready: Callable[[], None] = lambda: None
) -> None:
    """Serve until a signal; every service of the process works meanwhile."""
    allow_connections()
    async with process.work():
        server = HttpServer(process)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await server.accepting.wait()
        on_ready()
        await serving


def allow_connections() -> None:
    """Let this process have as many as the system allows it; where those are few, say so while nothing is wrong yet."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(ValueError, OSError):  # not every system keeps its word
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != resource.RLIM_INFINITY and allowed < FEWEST_DESCRIPTORS:
        log.warning("few connections at once: raise the limit of open files (ulimit -n)", allowed=allowed)
