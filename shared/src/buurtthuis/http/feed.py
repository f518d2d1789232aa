"""The journal over HTTP: pages, long poll and server-sent events, one resource by `Accept`."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import Field

from buurtthuis.core.clock import utc_now
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.errors import Unauthenticated
from buurtthuis.core.houses import Houses
from buurtthuis.eventlog.agreement import ASKED_TOGETHER, HeardAt
from buurtthuis.eventlog.envelope import wrap
from buurtthuis.eventlog.feed_client import BATCH_JSON
from buurtthuis.eventlog.tail import Feed, View
from buurtthuis.events import TYPE_PREFIX, Audience
from buurtthuis.http.addresses import HEAD_ONLY
from buurtthuis.http.limits import Receive, Send
from buurtthuis.http.models import Body
from buurtthuis.http.policies import Policy, bearer, may_read
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Reader, Visitor, running
from buurtthuis.identity.principals import Principal, Role
from buurtthuis.persistence.journal import PAGE, Entry
from buurtthuis.telemetry.metrics import FOLLOWERS

log = structlog.get_logger(__name__)

EVENT_STREAM = "text/event-stream"
BEGINS_AFTER = "History-Begins-After"
#: Over https a name that a browser lets nobody set but this origin itself (RFC 6265bis); on this machine there is none.
COOKIES = {"https": "__Secure-buurtthuis_feed", "http": "buurtthuis_feed"}
#: An ASGI extension: a list in which whoever is before the application gets a live stream, to go on with it.
LIVE = "buurtthuis.live"
#: Which audience a role belongs to; somebody with several roles sees the widest.
AUDIENCE_OF = {
    Role.RESIDENT: Audience.RESIDENTS,
    Role.CHAIN_PARTNER: Audience.RESIDENTS,
    Role.GUIDE: Audience.STAFF,
    Role.CARETAKER: Audience.RESIDENTS,
    Role.STAFF: Audience.STAFF,
    Role.OPERATOR: Audience.SYSTEM,
    Role.SYSTEM: Audience.SYSTEM,
}


class ReadsFeed(Policy):
    """The feed's policy: a token in the header, or in the cookie that a browser's EventSource needs.

    Other services come with one of their own, which opens nothing but this."""

    opened_by = "Authorization, Cookie, Accept"

    async def __call__(self, request: Request, credentials: Annotated[Any, Depends(bearer)]) -> Reader:
        """FastAPI calls this for every request on the route."""
        token = credentials.credentials if credentials else request.cookies.get(COOKIES[request.url.scheme])
        return Reader(running(request), await self.admit(request, token))

    async def identify(self, request: Request, token: str) -> Principal:
        """See `Policy.identify`."""
        service = running(request).feed_verifier.verify(token)
        return service or await super().identify(request, token)


EVERY_ROLE = tuple(AUDIENCE_OF)
#: For a route that answers with a page of events to everybody.
PUBLIC_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page of CloudEvents. `Link` with rel=next says where to go on.",
        "content": {BATCH_JSON: {"schema": {"type": "array", "items": {"type": "object"}}}},
    }
}
router = APIRouter(tags=["events"])


@router.get(
    "/events",
    summary="What happened",
    responses={
        **problems(),
        200: {
            "description": f"A page of CloudEvents, or server-sent events where the client accepts {EVENT_STREAM}. "
            "`Link` with rel=next says where to go on. A stream that cannot go on where you were ends with the event "
            "`reset`, whose `after` says where to begin again: at 0 if the journal is another than you have seen. "
            "Where you ask from below what is kept for good, a live stream begins with the event `history`, whose "
            "`begins_after` says what a page says in its header: up to that position entries went for their age.",
            "headers": {
                BEGINS_AFTER: {
                    "description": "Only where you asked from below it: up to this position not everything is kept any more.",
                    "schema": {"type": "integer"},
                }
            },
            "content": {
                BATCH_JSON: {"schema": {"type": "array", "items": {"type": "object"}}},
                EVENT_STREAM: {},
            },
        },
    },
    response_class=Response,
)
async def read_events(
    request: Request,
    reader: Annotated[Reader, Depends(ReadsFeed(*EVERY_ROLE))],
    after: Annotated[
        int | None,
        Query(
            ge=0, le=2**62, description="Only positions above this; a page starts at 0, a live stream now."
        ),
    ] = None,
    type: Annotated[str | None, Query(max_length=200, description="Only this CloudEvents type.")] = None,
    house: Annotated[UUID | None, Query(description="Only this house.")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE, description="Events on a page.")] = 100,
    wait: Annotated[
        float, Query(ge=0, le=30, description="Seconds to wait for the first event (long poll).")
    ] = 0,
    accept: Annotated[str, Header()] = BATCH_JSON,
    last_event_id: Annotated[
        str | None, Header(pattern=r"^\d{1,18}$", description="Resumes a live stream.")
    ] = None,
) -> Response:
    """One resource, three ways: a page, a page that waits, or a live stream."""
    view = View(audience_of(reader.principal), _full_type(type), house, reader.houses)
    feed = reader.service.feed
    if EVENT_STREAM in accept:
        start = int(last_event_id) if last_event_id else after
        return LiveStream(_live(feed, reader, start, view))
    entries = await _page(feed, reader.corporation.slug, after or 0, limit, view, wait)
    await feed.revocations.check(reader.principal)  # they may have waited for half a minute
    if feed.revocations.entitles_otherwise(reader.principal):
        entries = ()
    page = _as_page(request, entries, reader.corporation, feed.service, view, after or 0)
    page.headers.update(await _where_history_begins(feed, reader, after or 0, entries, view))
    return page


@dataclass(frozen=True)
class PublicPaging:
    """Which of the events that everybody may see: a page of them."""

    request: Request
    after: Annotated[int, Query(ge=0, le=2**62, description="Only positions above this.")] = 0
    limit: Annotated[int, Query(ge=1, le=PAGE, description="Events on a page.")] = 100

    async def of(self, visitor: Visitor, houses: Houses) -> Response:
        """A page of what these houses tell everybody. Live streams are for whoever signs in: a stranger asks again."""
        feed, view = visitor.service.feed, View(Audience.PUBLIC, houses=houses)
        entries = await feed.page(visitor.corporation.slug, self.after, self.limit, view)
        return _as_page(self.request, entries, visitor.corporation, feed.service, view, self.after)


class LiveStream(Response):
    """Server-sent events until they end or the client leaves.

    Where the ASGI server, or what stands before the application, offers the extension `LIVE`, only the beginning is
    sent: the rest is left with it, to be sent when everything that a request needs has been let go, which is most of
    what a quiet client would cost."""

    media_type = EVENT_STREAM

    def __init__(self, chunks: AsyncGenerator[bytes]) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._chunks = chunks

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Begin, and go on unless somebody offered to; whoever wants the head has had it."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        offered = scope.get("extensions", {}).get(LIVE)
        if scope.get("state", {}).get(HEAD_ONLY):
            await send({"type": "http.response.body", "body": b""})
        elif offered is None:
            await self.go_on(receive, send)
        else:
            offered.append(self)

    async def go_on(self, receive: Receive, send: Send) -> None:
        """Send each chunk as it comes."""
        watching = asyncio.create_task(_until_gone(receive))
        watching.add_done_callback(partial(_cancel, asyncio.current_task()))
        try:
            async for chunk in self._chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except asyncio.CancelledError:
            if not watching.done():
                raise
        except Exception as error:  # the database went away while the past was read: the client comes again
            log.warning("live stream broke off", exc_info=error)
        finally:
            watching.cancel()
            await self._chunks.aclose()
        await send({"type": "http.response.body", "body": b""})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _cancel(sending: asyncio.Task[Any] | None, watching: asyncio.Task[None]) -> None:
    if sending and not watching.cancelled():
        sending.cancel()


class HeardBody(Body):
    """An event that somebody heard, and where."""

    position: Annotated[int, Field(ge=0, le=2**62)]
    event_id: UUID | None


class HeardBodies(Body):
    """Some of what somebody heard, the newest among them."""

    heard: Annotated[list[HeardBody], Field(min_length=1, max_length=ASKED_TOGETHER)]


@router.post("/events/agreement", include_in_schema=False)
async def agree_with_a_reader(
    body: HeardBodies, reader: Annotated[Reader, Depends(ReadsFeed(Role.SYSTEM))]
) -> HeardBody | None:
    """For other services: the newest of what they heard that our journal has in the same place.

    Where either's database came back from an older copy, they go back there and read on; and we say what we have lost."""
    heard = [
        HeardAt(heard_at.position, str(heard_at.event_id) if heard_at.event_id else None)
        for heard_at in body.heard
    ]
    agreed = await reader.service.relay.agree(reader.corporation.slug, heard)
    return agreed and HeardBody.model_validate(agreed._asdict())


@router.post(
    "/events/cookie", status_code=204, summary="Let a browser's EventSource in", responses=problems()
)
async def set_feed_cookie(
    request: Request,
    reader: Annotated[Reader, may_read(*EVERY_ROLE)],
    credentials: Annotated[Any, Depends(bearer)],
) -> Response:
    """EventSource cannot send an Authorization header: this puts the token in a cookie that only the feed reads.

    Where people reach us by https (PUBLIC_URL) it is `Secure`, and named so that no neighbouring site can set it; over
    plain http, which is for this machine, neither can be."""
    response = Response(status_code=204)
    response.set_cookie(
        COOKIES[request.url.scheme],
        credentials.credentials,
        path=f"{request.scope['root_path']}/events",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        max_age=max(int((reader.principal.expires_at - utc_now()).total_seconds()), 0),
    )
    return response


def _as_page(
    request: Request, entries: Sequence[Entry], corporation: Corporation, service: str, view: View, after: int
) -> Response:
    documents = b",".join(wrap(view.of(entry), corporation, service) for entry in entries)
    next_after = entries[-1].position if entries else after
    headers = {"Link": f'<{request.url.include_query_params(after=next_after)}>; rel="next"'}
    return Response(b"[" + documents + b"]", media_type=BATCH_JSON, headers=headers)


async def _page(
    feed: Feed, corporation: str, after: int, limit: int, view: View, wait: float
) -> Sequence[Entry]:
    entries = await feed.page(corporation, after, limit, view)
    deadline = asyncio.get_running_loop().time() + wait
    tail = await feed.tail(corporation) if wait and not entries else None
    while (
        tail
        and not entries
        and tail.is_open
        and not feed.closing.is_set()
        and (left := deadline - asyncio.get_running_loop().time()) > 0
    ):
        seen = tail.position
        entries = await feed.page(corporation, after, limit, view)
        if not entries:
            await tail.beyond(seen, left)
    return entries


async def _where_history_begins(
    feed: Feed, reader: Reader, after: int, entries: Sequence[Entry], view: View
) -> dict[str, str]:
    """A page without a gap before it needs no word."""
    if entries and entries[0].position == after + 1:
        return {}
    start = await feed.begins_after(reader.corporation.slug, view)
    if after >= start:
        return {}
    log.info(
        "a reader asks for what is not kept any more", service=feed.service, after=after, begins_after=start
    )
    return {BEGINS_AFTER: str(start)}


async def _live(feed: Feed, reader: Reader, after: int | None, view: View) -> AsyncGenerator[bytes]:
    """Follow until the token expires or is taken back, a right is given or ends, or the service stops."""
    gauge = FOLLOWERS.labels(feed.service, reader.corporation.slug)
    gauge.inc()
    try:
        async for chunk in feed.follow(reader.corporation.slug, after, view):
            if utc_now() >= reader.principal.expires_at or feed.revocations.revoked(reader.principal):
                return
            if feed.revocations.entitles_otherwise(reader.principal):
                return
            if chunk:
                yield chunk
    finally:
        gauge.dec()


def audience_of(principal: Principal) -> Audience:
    """The widest that somebody belongs to. Raises Unauthenticated where they belong to none."""
    seen = [AUDIENCE_OF[role] for role in principal.roles if role in AUDIENCE_OF]
    if not seen:
        raise Unauthenticated(why="its roles see no events")
    return max(seen, key=lambda audience: audience.rank)


def _full_type(type: str | None) -> str | None:
    """`surveys.theme-proposed.v1` is short for the full CloudEvents type."""
    return type if type is None or type.startswith(TYPE_PREFIX) else TYPE_PREFIX + type
