"""What every request passes first, below any framework: whom a proxy brings, and by which name it was asked for.

And what every answer says: which version of the API it is of, and to a browser, unless it knows better, that nothing is
loaded, nothing runs and nobody frames it.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

import httpx
import structlog
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from buurtthuis.core.api_version import API_VERSION
from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.settings import HOST_NAME, PREFIX
from buurtthuis.http.limits import App, Message, Receive, Send, send_problem
from buurtthuis.http.problem_json import status_of

log = structlog.get_logger(__name__)

#: A page or picture brings its own style, and loads and runs nothing. One that needs more says so itself.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
ALWAYS = {
    b"api-version": API_VERSION.encode(),
    b"content-security-policy": POLICY.encode(),
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}
#: How often a proxy's name is looked up, in seconds: a container that was started anew has another address.
LOOK_UP_SECONDS = 2.0
LONGEST_PREFIX = 200
HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[0-9a-zA-Z._-]+)(:[0-9]{1,5})?")


class NotOurName(Refused):
    """Nothing is answered by this name. Whoever runs this deployment: PUBLIC_URL says by which it is, ALLOWED_HOSTS by which others."""

    kind = Refusal.MISDIRECTED


class Edge:
    """ASGI middleware around everything. Only our own names are answered: whoever leads another name to this address,
    such as a page that rebinds its own to 127.0.0.1, reads nothing."""

    def __init__(self, app: App, public_url: str, names: Iterable[str] = ()) -> None:
        """`names` are answered besides those of `public_url` and of this machine."""
        public = httpx.URL(public_url)
        self.app = app
        self._public = public.raw_host.decode().lower()
        self._scheme, self._prefix = public.scheme, public.path.rstrip("/")
        self._names = {name.lower() for name in names} | {self._public}

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass on what is asked of us."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = {name.lower() for name, _ in message["headers"]}
                more = [header for header in ALWAYS.items() if header[0] not in told]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        name = asked_for(scope["headers"])
        if name is None or not (name in self._names or is_this_machine(name)):
            log.info("asked for by a name that is not ours", status=status_of(NotOurName))
            return await send_problem(safely, NotOurName(place="Host"), scope)
        if name == self._public:  # who asks came by this address, whatever the last proxy speaks with us
            scope["scheme"] = self._scheme
            if not scope.get("root_path"):
                put_below(scope, self._prefix)
        return await self.app(scope, receive, safely)


class Forwarded(ProxyHeadersMiddleware):
    """uvicorn's own way to read X-Forwarded-For and -Proto, and of the same proxies X-Forwarded-Prefix: the path that they
    took off before they passed a request on. What cannot be one is not looked at."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on what is asked, as it was asked of the proxy."""
        if scope["type"] == "http" and scope["client"] and scope["client"][0] in self.trusted_hosts:
            put_below(scope, _prefix(scope["headers"]))
        await super().__call__(scope, receive, send)


class Proxies:
    """Proxies that the operator named: by addresses, networks, and names, which are looked up again and again. Nobody else
    is believed."""

    def __init__(self, app: App, trusted: Sequence[str]) -> None:
        self._fixed = [proxy for proxy in trusted if not HOST_NAME.fullmatch(proxy)]
        self.names = [proxy for proxy in trusted if HOST_NAME.fullmatch(proxy)]
        self.app = Forwarded(app, trusted_hosts=self._fixed)  # type: ignore[arg-type]

    async def keep_looking_up(self) -> None:
        """Until cancelled. A name that leads nowhere is nobody."""
        while self.names:
            found = [address for name in self.names for address in await _addresses(name)]
            self.app.trusted_hosts = ProxyHeadersMiddleware(self.app, [*self._fixed, *found]).trusted_hosts
            await asyncio.sleep(LOOK_UP_SECONDS)


def asked_for(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The name in the Host header, without its port; None where there is none, more than one, or nonsense."""
    given = [value for name, value in headers if name == b"host"]
    found = HOST.fullmatch(given[0].decode("latin-1")) if len(given) == 1 else None
    return found[1].strip("[]").rstrip(".").lower() or None if found else None


def put_below(scope: Any, prefix: str) -> None:
    """A request as ASGI tells it, whose `path` is whole: with what a proxy took off."""
    scope["root_path"], scope["path"] = prefix, prefix + scope["path"]


def _prefix(headers: Iterable[tuple[bytes, bytes]]) -> str:
    given = [value.decode("latin-1").rstrip("/") for name, value in headers if name == b"x-forwarded-prefix"]
    usable = len(given) == 1 and len(given[0]) <= LONGEST_PREFIX and PREFIX.fullmatch(given[0])
    return given[0] if usable else ""


def is_this_machine(name: str) -> bool:
    """Whether it is a name that leads nowhere else."""
    with suppress(ValueError):
        return ip_address(name).is_loopback
    return name == "localhost"


async def _addresses(name: str) -> list[str]:
    with suppress(OSError, UnicodeError):
        found = await asyncio.get_running_loop().getaddrinfo(name, None)
        return [str(info[4][0]) for info in found]
    return []
