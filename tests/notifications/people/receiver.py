"""Another system, for tests: a real HTTP server that notes what it is told, and answers as it likes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from buurtthuis_notifications.channels.webhooks import Hooks, WebhookAnswer


@dataclass(frozen=True)
class Told:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """What it says."""
        return dict(orjson.loads(self.body))


@dataclass
class Receiver:
    """What came, in order. `answer` says with which status; a redirect leads to the receiver itself.

    `more` are lines of its head."""

    told: list[Told] = field(default_factory=list)
    answer: Callable[[Told], int] = lambda _: 204
    url: str = ""
    more: str = ""

    @property
    def ids(self) -> list[str]:
        """Of the requests that came."""
        return [one.headers["webhook-id"] for one in self.told]

    @property
    def types(self) -> list[str]:
        """The last part of each event's type."""
        return [one.event["type"].split(".", 2)[2] for one in self.told]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while True:
                first, *head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head)}
                body = await reader.readexactly(int(headers["content-length"]))
                one = Told(first.split()[1], headers, body)
                self.told.append(one)
                status = self.answer(one)
                length = "" if status == 204 else "Content-Length: 0\r\n"
                writer.write(
                    f"HTTP/1.1 {status} x\r\nLocation: {self.url}\r\n{self.more}{length}\r\n".encode()
                )
        except asyncio.IncompleteReadError:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """While it runs."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield receiver
    finally:
        server.close()


class Nearby(Hooks):
    """The real road, to a system on this machine whatever address was registered."""

    def __init__(self, url: str) -> None:
        super().__init__(anywhere=True)
        self._url = url

    async def tell(self, url: str, keys: Sequence[str], id: UUID, body: bytes) -> WebhookAnswer:
        """See `Hooks`."""
        return await super().tell(url if url.startswith("http:") else self._url, keys, id, body)
