"""`python -m benchmarks.sink PORT`: an SMTP server that takes everything and looks at nothing, until it is stopped."""

import asyncio
import sys

import uvloop
from aiosmtpd.smtp import SMTP


class Everything:
    """Takes all of it."""

    async def handle_DATA(self, _server: object, _session: object, _envelope: object) -> str:  # noqa: N802
        return "250 OK"


async def serve(port: int) -> None:
    """Until it is stopped."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Everything(), enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port
    )
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
