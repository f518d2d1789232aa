"""Telling other systems what happens, as Standard Webhooks has it (https://www.standardwebhooks.com).

Never inside our own network: a name is looked up once, and what was checked is where the connection goes.
Redirects are not followed, and no proxy of the environment is used.
"""

import asyncio
import secrets
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from ssl import create_default_context
from typing import Any
from uuid import UUID

import httpcore
from buurtthuis.database import Clock, utc_now
from standardwebhooks import Webhook as Signer

from buurtthuis_notifications.channels.guard import Forbidden, check_address, public_address

SECONDS = 10
#: For all of it: looking up the name, and an answer that comes drop by drop, have no limit of their own.
WHOLE = 30
#: Of an answer no more is read than lets the connection be used again.
READ = 64 * 1024
GONE = 410
PREFIX = "whsec_"
TIMEOUTS = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)


@dataclass(frozen=True)
class Answer:
    """What the other side said. `why` is for staff, and quotes nothing. `for_good`: it wants no more."""

    took: bool
    status: int | None = None
    why: str | None = None

    @property
    def for_good(self) -> bool:
        """Whether another try is of no use."""
        return self.status == GONE


class Hooks:
    """The road to other systems."""

    def __init__(self, *, clock: Clock = utc_now, anywhere: bool = False) -> None:
        """With `anywhere` systems on this machine, without TLS, are fine too: for tests."""
        self._clock = clock
        self._anywhere = anywhere
        self._pool: httpcore.AsyncConnectionPool | None = None

    async def tell(self, url: str, keys: Sequence[str], id: UUID, body: bytes) -> Answer:
        """Send one event, signed with all `keys`; its `id` is the same however often it is sent."""
        try:
            async with asyncio.timeout(WHOLE):
                if not self._anywhere:
                    await check_address(url)
                return await self._post(url, self._headers(keys, id, body), body)
        except Forbidden:
            return Answer(False, why="address_not_allowed")
        except (httpcore.TimeoutException, TimeoutError):
            return Answer(False, why="no_answer_in_time")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            return Answer(False, why="no_connection")

    async def close(self) -> None:
        """Hang up."""
        if self._pool:
            await self._pool.aclose()

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        more: dict[str, Any] = {"timeout": TIMEOUTS}
        async with self._connections().stream(
            "POST", url, headers=list(headers.items()), content=body, extensions=more
        ) as answer:
            await _read(answer)
            took = 200 <= answer.status < 300
            return Answer(took, answer.status, None if took else "refused")

    def _headers(self, keys: Sequence[str], id: UUID, body: bytes) -> dict[str, str]:
        now = self._clock()
        signatures = [Signer(key).sign(str(id), now, body.decode()) for key in keys]
        return {
            "Content-Type": "application/cloudevents+json",
            "User-Agent": "BuurtThuis",
            "webhook-id": str(id),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }

    def _connections(self) -> httpcore.AsyncConnectionPool:
        if self._pool is None:
            backend = httpcore.AnyIOBackend() if self._anywhere else PublicOnly()
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=create_default_context(), max_keepalive_connections=20, network_backend=backend
            )
        return self._pool


class PublicOnly(httpcore.AnyIOBackend):
    """Connects to what was checked. TLS still asks for the name."""

    async def connect_tcp(self, host: str, port: int, *args: Any, **more: Any) -> httpcore.AsyncNetworkStream:
        """See httpcore. Raises Forbidden."""
        return await super().connect_tcp(await public_address(host, port), port, *args, **more)


def new_secret() -> str:
    """A key that nobody has: 256 bits, as the standard writes it."""
    return PREFIX + b64encode(secrets.token_bytes(32)).decode()


async def _read(answer: httpcore.Response) -> None:
    size = 0
    async for part in answer.aiter_stream():
        size += len(part)
        if size > READ:
            return
