"""Answers that are read are sent compressed."""

from typing import Any, Final

from starlette.middleware.gzip import GZipMiddleware

from buurtthuis.http.limits import App, Receive, Send

#: Less than this is one packet anyway.
SMALLEST_BYTES: Final = 1400
LEVEL: Final = 5


class Compressed:
    """ASGI middleware: Starlette's GZip for whatever is read. What a command answers is left as it is: that is where codes, tokens
    and addresses are given out, beside what somebody sent (BREACH). A live stream is left alone by Starlette."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._compressed: Any = GZipMiddleware(app, SMALLEST_BYTES, LEVEL)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass on what is asked."""
        reads = scope["type"] == "http" and scope["method"] == "GET"
        await (self._compressed if reads else self.app)(scope, receive, send)
