"""Which pages of other sites may read what we answer (CORS): all of them what everybody may read; else those that a corporation
lists, for its own people."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders

from buurtthuis.core.corporations import Corporation
from buurtthuis.http.addresses import Resource, path_in, resource_at
from buurtthuis.http.limits import App, Message, Receive, Send
from buurtthuis.http.policies import Everybody, Public, policies_of

#: What a page may send, and what it may read of an answer's head.
SENT: Final = "Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, traceparent"
READ: Final = "API-Version, ETag, History-Begins-After, Link, Location, Retry-After, X-Request-Id"
#: For how long a browser need not ask again, in seconds: the most that browsers keep to.
REMEMBERED: Final = "7200"


class Cors:
    """ASGI middleware around a service, so that refusals can be read as well."""

    def __init__(self, app: App, at: FastAPI, corporations: Mapping[str, Corporation]) -> None:
        """`at` has the routes."""
        self.app = app
        self._at = at
        self._corporations = corporations

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass on, and add to the answer who may read it; answer a browser that asks beforehand."""
        resource = resource_at(self._at, path_in(scope)) if scope["type"] == "http" else None
        if resource is None:
            return await self.app(scope, receive, send)
        asked = Headers(scope=scope)
        is_open = open_to_everybody(resource)
        origin = asked.get("origin", "")
        if scope["method"] == "OPTIONS" and "access-control-request-method" in asked:
            return await _answer_beforehand(resource, self._granted(is_open, origin, None), send)

        async def with_grant(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._granted(is_open, origin, scope["state"].get("corporation")))
                if not is_open:
                    headers.add_vary_header("Origin")
            await send(message)

        return await self.app(scope, receive, with_grant)

    def _granted(self, is_open: bool, origin: str, slug: str | None) -> dict[str, str]:
        """Before it is known whose people it is about, that is anybody's who lists the origin."""
        exposed = {"Access-Control-Expose-Headers": READ}
        if is_open:
            return {"Access-Control-Allow-Origin": "*", **exposed}
        theirs = self._corporations.get(slug) if slug else None
        listed = [theirs] if theirs else self._corporations.values()
        if not any(origin in corporation.origins for corporation in listed):
            return {}
        return {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", **exposed}


def open_to_everybody(resource: Resource) -> bool:
    """Whether nobody is asked who they are there, whatever they want."""
    policies = [policy for one in resource.operations.values() for policy in policies_of(one.route)]
    return all(isinstance(policy, Public | Everybody) for policy in policies)


async def _answer_beforehand(resource: Resource, granted: Mapping[str, str], send: Send) -> None:
    headers = {"Allow": resource.allow, "Vary": "Origin"}
    if granted:
        headers |= granted
        headers |= {
            "Access-Control-Allow-Methods": resource.allow,
            "Access-Control-Allow-Headers": SENT,
            "Access-Control-Max-Age": REMEMBERED,
        }
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 204, "headers": raw})
    await send({"type": "http.response.body", "body": b""})
