"""The road from a process to its servers, which can be cut: nothing arrives any more, and nobody is told."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Self

#: PostgreSQL's and Valkey's sockets.
SOCKETS = (".s.PGSQL.5432", "valkey.sock")
CHUNK = 65536


class Road:
    """Sockets that lead to the servers' own, for as long as the road is whole."""

    def __init__(self, sockets: Path) -> None:
        self._sockets = sockets
        self._whole = asyncio.Event()
        self._whole.set()
        self._folder = tempfile.TemporaryDirectory(prefix="road-")
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for name in SOCKETS:
            await self._stack.enter_async_context(self._leading_to(name))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.mend()
        await self._stack.aclose()
        self._folder.cleanup()

    def settings(self, environment: Mapping[str, str]) -> dict[str, str]:
        """For a process that takes this road."""
        servers = ("DATABASE_URL", "REDIS_URL")
        return {name: environment[name].replace(str(self._sockets), self._folder.name) for name in servers}

    def cut(self) -> None:
        """From now on nothing gets through, to whichever side."""
        self._whole.clear()

    def mend(self) -> None:
        """What is on its way arrives after all."""
        self._whole.set()

    @asynccontextmanager
    async def _leading_to(self, name: str) -> AsyncIterator[None]:
        travels: set[asyncio.Task[None]] = set()

        async def travel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, back = await asyncio.open_unix_connection(self._sockets / name)
            for way in (self._carry(reader, back), self._carry(there, writer)):
                task = asyncio.create_task(way)
                travels.add(task)
                task.add_done_callback(travels.discard)

        server = await asyncio.start_unix_server(travel, Path(self._folder.name, name))
        try:
            yield
        finally:
            server.close()
            for task in travels:
                task.cancel()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK):
                await self._whole.wait()
                writer.write(chunk)
                await writer.drain()
        await self._whole.wait()
        writer.close()
