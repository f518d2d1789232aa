"""HTTP to addresses that somebody else chose.

Never inside our own network: a name is looked up once more when connecting, and what was checked is where the
connection goes. Redirects are not followed, and no proxy of the environment is used.
"""

import asyncio
from collections.abc import Mapping
from ssl import create_default_context
from typing import Any

import httpcore
from buurtthuis.core.public_addresses import UnknownName, check_address, public_address

#: For all of it: looking up the name, and an answer that comes drop by drop, have no limit of their own. A message has a little
#: longer, so that it is known who was silent.
WHOLE = SECONDS = 9
#: Whoever does not answer holds one of these until then: nobody shall have to wait for a place as well.
CONNECTIONS = 200
#: While somebody answers within this time, in seconds, it is not our own network that is silent.
LATELY = 600.0
#: Of an answer no more is read than lets the connection be used again.
READ = 64 * 1024
TIMEOUTS = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)


class NoAnswer(Exception):
    """Nobody took it. The message says how it went, and quotes nothing."""


class Outside:
    """Connections to others, which stay open for what comes next. It knows when anybody answered last."""

    def __init__(self, *, anywhere: bool = False) -> None:
        """With `anywhere` systems on this machine, without TLS, are fine too: for tests."""
        self._anywhere = anywhere
        self._pool: httpcore.AsyncConnectionPool | None = None
        self._answered = float("-inf")

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> httpcore.Response:
        """The answer, without its words. Raises Forbidden and NoAnswer."""
        try:
            async with asyncio.timeout(WHOLE):
                if not self._anywhere:
                    await check_address(url)
                answer = await self._post(url, headers, body)
                self._answered = asyncio.get_running_loop().time()
                return answer
        except (httpcore.TimeoutException, TimeoutError):
            raise NoAnswer("no_answer_in_time") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, UnknownName, OSError):
            raise NoAnswer("no_connection") from None

    @property
    def others_answer(self) -> bool:
        """Whether somebody did, lately."""
        return asyncio.get_running_loop().time() - self._answered <= LATELY

    async def close(self) -> None:
        if self._pool:
            await self._pool.aclose()

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> httpcore.Response:
        more: dict[str, Any] = {"timeout": TIMEOUTS}
        async with self._connections().stream(
            "POST", url, headers=list(headers.items()), content=body, extensions=more
        ) as answer:
            await _read(answer)
            return answer

    def _connections(self) -> httpcore.AsyncConnectionPool:
        if self._pool is None:
            backend = httpcore.AnyIOBackend() if self._anywhere else PublicOnly()
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=create_default_context(),
                max_connections=CONNECTIONS,
                max_keepalive_connections=20,
                network_backend=backend,
            )
        return self._pool


class PublicOnly(httpcore.AnyIOBackend):
    """Connects to what was checked. TLS still asks for the name."""

    async def connect_tcp(self, host: str, port: int, *args: Any, **more: Any) -> httpcore.AsyncNetworkStream:
        """See httpcore. Raises Forbidden."""
        return await super().connect_tcp(await public_address(host, port), port, *args, **more)


async def _read(answer: httpcore.Response) -> None:
    size = 0
    async for part in answer.aiter_stream():
        size += len(part)
        if size > READ:
            return
