"""A service, put together from its rooms: HTTP app, dispatcher, relay, listener and feed.

`Service` is what a package offers under the entry point group `buurtthuis.services`; `Process`
runs any number of them behind one port. Nothing in a service knows how many run beside it.
"""

import asyncio
import gc
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Protocol

import httpx
import structlog
from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis import idempotency, logging, revocation, routes
from buurtthuis.corporations import Corporation, Corporations
from buurtthuis.database import Clock, Database, utc_now
from buurtthuis.dispatcher import Dispatcher
from buurtthuis.edge import Edge, Proxies
from buurtthuis.events.notifications import TokensRevoked
from buurtthuis.feed import Feed, FeedClient
from buurtthuis.handlers import Handlers
from buurtthuis.identity import IssuersKeys, LocalIssuer, Verifier
from buurtthuis.limits import Limits
from buurtthuis.listener import Listener, why
from buurtthuis.observe import Observe
from buurtthuis.relay import Relay
from buurtthuis.revocation import Revocations
from buurtthuis.sealing import Seals
from buurtthuis.service_keys import FeedVerifier, ServiceKey, ServiceKeys
from buurtthuis.settings import SERVICES, Settings, SettingsError
from buurtthuis.streams import StreamKey, connect
from buurtthuis.tasks import SideBySide, stop_if_cancelled
from buurtthuis.web import admit, answer_refusals
from buurtthuis.work import Cause

log = structlog.get_logger(__name__)

HOUSEKEEPING_SECONDS = 3600.0
#: Between a commit and the work that it brings, so that under load a round is for many.
BREATH_SECONDS = 0.02
#: `Observe` traces, measures and logs every request; FastAPI's own way would also log what errors quote.
OURS: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}


@dataclass(frozen=True)
class Timer:
    """What happens by itself when it is time: every so often, whatever commands are `due` are done.

    Replicas look at the same moment, so `due` only suggests: a command that comes second finds its
    aggregate moved already and does nothing."""

    due: Callable[[AsyncSession, datetime], Awaitable[Sequence[object]]]
    every: timedelta


class Parts(Protocol):
    """What a service needs of its own besides database and streams: keys, and roads to the outside."""

    def hints(self, url: str) -> Sequence[str]:
        """Lines for whoever starts it with `up`; its own pages are below `url`."""

    async def close(self) -> None:
        """Hang up."""


@dataclass(frozen=True)
class Worker:
    """Work with the outside world, which no command or reaction may wait for.

    A `round` for one corporation says how much it did: the next follows at once while there is something to
    do, else after `every`, and soon after a commit where it is `eager`, but for its own. Corporations are side by side.
    Replicas work side by side too, so a round takes rows that nobody else holds."""

    round: "Callable[[RunningService, Corporation], Awaitable[int]]"
    every: timedelta
    eager: bool = True


class Woken:
    """The corporations for which a worker is woken, a few commits at a time."""

    def __init__(self) -> None:
        self._corporations: set[str] = set()
        self._any = asyncio.Event()

    def by(self, corporation: str) -> None:
        """There may be work for it."""
        self._corporations.add(corporation)
        self._any.set()

    async def wait(self, every: timedelta) -> Iterable[str] | None:
        """Which they are; None where nobody was woken in so long a time, so that all are looked at."""
        try:
            async with asyncio.timeout(every.total_seconds()):
                await self._any.wait()
        except TimeoutError:
            return None
        await asyncio.sleep(BREATH_SECONDS)
        found, self._corporations = self._corporations, set()
        self._any.clear()
        return found


#: The worker whose round this is.
AT_WORK: ContextVar[Worker | None] = ContextVar("at_work", default=None)


@dataclass(frozen=True)
class Finding:
    """One thing that `buurtthuis doctor` looked at, and what was seen: where it is unwell, also what to do."""

    well: bool
    what: str
    said: str


@dataclass(frozen=True)
class Service:
    """What a service is made of, before it runs. `rooms` are its commands and reactions.

    `measure` sets metrics of its own, for one corporation at a time; `examine` is what the doctor looks at besides.

    Only one that `issues_tokens` gets the key that makes people's tokens; all others verify with its public half.
    One that `seals` has columns that are `Sealed`, and needs the deployment's SEAL_KEYS."""

    name: str
    summary: str
    rooms: Sequence[Handlers]
    migrations: Path
    router: APIRouter | None = None
    timers: Sequence[Timer] = ()
    workers: Sequence[Worker] = ()
    parts: Callable[[Settings], Parts] | None = None
    measure: Callable[[AsyncSession, str], Awaitable[None]] | None = None
    examine: Callable[[Settings], Awaitable[Sequence[Finding]]] | None = None
    issues_tokens: bool = False
    seals: bool = False

    @property
    def handlers(self) -> Handlers:
        """All commands and reactions, and what every service does about tokens that another takes back."""
        takes_back = self.name == TokensRevoked.speaker()
        return Handlers.merged(self.rooms if takes_back else (*self.rooms, revocation.on))


def offered(entry: EntryPoint) -> Service:
    """The service that a package offers. Raises SettingsError where it cannot be imported, or is none."""
    try:
        service = entry.load()
    except Exception as error:  # at an import there are no people's words yet that it could quote
        raise SettingsError(
            f"The service {entry.name} cannot be loaded: {why(error)}: {error}. "
            f"`python -c 'import {entry.module}'` shows all of it."
        ) from error
    if not isinstance(service, Service):
        raise SettingsError(f"The service {entry.name} is a {type(service).__name__}, and no Service.")
    return service


def installed_services() -> dict[str, Service]:
    """Every service that is installed here, by name; an extension is one like any other. Raises SettingsError."""
    gc.disable()  # what is imported stays: to look through all of it again and again takes half a second
    try:
        found = [offered(entry) for entry in entry_points(group=SERVICES)]
    finally:
        gc.enable()
        gc.freeze()
    return {service.name: service for service in sorted(found, key=lambda service: service.name)}


@dataclass(frozen=True)
class Neighbourhood:
    """What all services of one process share."""

    corporations: Corporations
    issuer: LocalIssuer | None
    verifier: Verifier
    service_keys: ServiceKeys
    stream_key: StreamKey
    http: httpx.AsyncClient
    feed_url: str
    clock: Clock = utc_now


class RunningService:
    """One service at work on its database and its streams."""

    def __init__(self, service: Service, key: ServiceKey, settings: Settings, shared: Neighbourhood) -> None:
        settings = settings.for_service(service.name)
        self.service = service
        self.name = service.name
        self.handlers = service.handlers
        self.corporations = shared.corporations
        self.verifier = shared.verifier
        self.feed_verifier = FeedVerifier(service.name, shared.service_keys, shared.corporations)
        self.feeds = FeedClient(shared.feed_url, shared.http, key)
        self._issuer = shared.issuer if service.issues_tokens else None
        #: Whatever the service's own `parts` make of the settings; only its own rooms know what that is.
        self.parts: Any = service.parts(settings) if service.parts else None
        self.database = Database(
            settings.database_url,
            clock=shared.clock,
            pool_size=settings.database_pool_size,
            behind_pooler=bool(settings.database_direct_url),
            seals=Seals.of(settings) if service.seals else None,
        )
        self.redis = connect(settings.redis_url)
        self.revocations = Revocations(self.database)
        self.feed = Feed(self.name, self.database, self._everybody, self.revocations)
        self.relay = Relay(
            self.name,
            self.database,
            self.redis,
            self._everybody,
            shared.stream_key,
            self.feed.wake,
            shared.service_keys,
        )
        self.dispatcher = Dispatcher(self.handlers.commands, self.database, self._wake)
        self.listener = Listener(
            self.name,
            self.handlers,
            self.database,
            settings.redis_url,
            self.redis,
            self._everybody,
            self.feeds,
            shared.stream_key,
            self._wake,
        )
        self.app = self._application()
        self._listen_url = settings.database_direct_url or settings.database_url
        self._tasks: list[asyncio.Task[None]] = []
        #: For each eager worker the corporations that may have work.
        self._woken: dict[Worker, Woken] = {}
        #: One at a time in a process, so that whoever waits for the work waits for what is on its way too.
        self._turns: defaultdict[tuple[Worker, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._places_of_timers = asyncio.Semaphore(2)

    @property
    def issuer(self) -> LocalIssuer:
        """Makes people's tokens, in a service that issues them. Raises SettingsError."""
        return _issuing(self._issuer)

    @property
    def alive(self) -> bool:
        """Whether the relay and every reader truly run."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks) and self.listener.alive

    def hints(self, url: str) -> Sequence[str]:
        """What `up` says of it to whoever starts it, where it runs at this address."""
        found: Sequence[str] = self.parts.hints(f"{url}/{self.name}") if self.parts else ()
        return found

    async def ready(self) -> None:
        """Raises unless database and Redis answer."""
        await self.database.answers()
        await self.redis.ping()

    def start(self) -> None:
        """Begin to relay, listen and keep house."""
        jobs = (
            self.relay.run(),
            self.listener.run(),
            self.feed.listen(self._listen_url),
            self._keep_house(),
            *(self._watch(timer) for timer in self.service.timers),
            *(self._keep_working(worker) for worker in self.service.workers),
        )
        self._tasks = [asyncio.create_task(job) for job in jobs]
        for task in self._tasks:
            task.add_done_callback(self._tell_of_death)

    async def stop(self) -> None:
        """Finish the batch in hand, publish what was committed, and give everything back."""
        await self.feed.close()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(Exception):  # whatever is not published now is published by the next process
            async with asyncio.timeout(2):
                for corporation in self.corporations:
                    await self.relay.relay(corporation)
        if self.parts:
            await self.parts.close()
        await self.redis.aclose()
        await self.database.close()

    async def do_what_is_due(self, timer: Timer) -> None:
        """What the clock says should happen now, for every corporation."""
        for slug in self.corporations:
            await self._do_what_is_due(timer, slug)

    async def _do_what_is_due(self, timer: Timer, slug: str) -> None:
        async with self.database.transaction(slug) as session:
            due = await timer.due(session, await self.database.time(session))
        for command in due:
            await self._do(command, self.corporations[slug])

    async def _do(self, command: object, corporation: Corporation) -> None:
        """One that fails keeps no other from its time."""
        try:
            await self.dispatcher.run(command, corporation, Cause(actor="system"))
        except Exception as error:  # the next round tries again
            log.warning("what was due failed", service=self.name, what=type(command).__name__, exc_info=error)

    async def _watch(self, timer: Timer) -> None:
        def failed(slug: str, error: Exception) -> None:
            name = _name(timer.due)
            log.warning("a timer failed", service=self.name, corporation=slug, timer=name, exc_info=error)

        watching = SideBySide(partial(self._do_what_is_due, timer), failed, self._places_of_timers)
        async with watching as corporations:
            while True:
                for slug in self.corporations:
                    corporations.ask(slug)
                await asyncio.sleep(timer.every.total_seconds())

    async def do_all_work(self, worker: Worker) -> None:
        """Rounds for every corporation, until there is nothing left to do, nor on its way."""
        for slug in self.corporations:
            await self._do_work(worker, slug)

    async def _do_work(self, worker: Worker, slug: str) -> None:
        async with self._turns[worker, slug]:
            AT_WORK.set(worker)
            try:
                while await worker.round(self, self.corporations[slug]):
                    self._wake_workers(slug)  # what one did may be work for another
                    stop_if_cancelled()
            finally:
                AT_WORK.set(None)

    async def _keep_working(self, worker: Worker) -> None:
        """Soon after something was committed for a corporation, and every so often for all of them."""

        def failed(slug: str, error: Exception) -> None:
            name = _name(worker.round)
            log.warning("a worker failed", service=self.name, corporation=slug, worker=name, exc_info=error)

        woken, asked = Woken(), None
        if worker.eager:
            self._woken[worker] = woken
        async with SideBySide(partial(self._do_work, worker), failed) as corporations:
            while True:
                for slug in asked or self.corporations:
                    corporations.ask(slug)
                asked = await woken.wait(worker.every)

    def _wake(self, corporation: str) -> None:
        """Something was committed: to be published, and perhaps to be worked on."""
        self.relay.wake(corporation)
        self._wake_workers(corporation)

    def _wake_workers(self, corporation: str) -> None:
        """All but the one that is at work itself: it goes on while there is something to do, and else it shall rest."""
        for worker, woken in self._woken.items():
            if worker is not AT_WORK.get():
                woken.by(corporation)

    async def _keep_house(self) -> None:
        while True:
            for corporation in self._everybody:
                with suppress(Exception):  # the next hour tries again
                    async with self.database.transaction(corporation.slug) as session:
                        await idempotency.forget(session, self.database.clock())
                        await revocation.forget(session, self.database.clock())
                stop_if_cancelled()
            await asyncio.sleep(HOUSEKEEPING_SECONDS)

    @property
    def _everybody(self) -> Iterable[Any]:
        return tuple(self.corporations.values())

    def _tell_of_death(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception():
            log.critical("a part of the service died", service=self.name, exc_info=task.exception())

    def _application(self) -> FastAPI:
        app = FastAPI(
            title=f"BuurtThuis {self.name}",
            summary=self.service.summary,
            version="0.1.0",
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            telemetry=OURS,
            license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        )
        app.state.service = self
        answer_refusals(app)
        if self.service.router:
            app.include_router(self.service.router)
        routes.add_common_routes(app)
        app.add_middleware(Limits, admit=admit)
        app.add_middleware(Observe, service=self.name)
        return app


class Process:
    """Some services behind one port, each under its own name."""

    def __init__(
        self, services: Iterable[Service], settings: Settings, *, feed_url: str = "", clock: Clock = utc_now
    ) -> None:
        logging.configure_plainly()
        services = tuple(services)
        corporations = Corporations.load(settings.corporations_file)
        verified_with = IssuersKeys.of(settings)
        keys = {service.name: ServiceKey.of(service.name, settings) for service in services}
        self.http = httpx.AsyncClient(timeout=10, follow_redirects=False, verify=_trusted())
        self._issuer = LocalIssuer.of(settings) if settings.issues else None
        if any(service.issues_tokens for service in services):
            _issuing(self._issuer)
        shared = Neighbourhood(
            corporations=corporations,
            issuer=self._issuer,
            verifier=Verifier(corporations, verified_with, self.http),
            service_keys=ServiceKeys.of(settings, keys.values()),
            stream_key=StreamKey.of(settings),
            http=self.http,
            feed_url=settings.feed_url or feed_url,
            clock=clock,
        )
        self.settings = settings
        self.corporations = corporations
        self.running = [RunningService(service, keys[service.name], settings, shared) for service in services]
        door = Edge(
            routes.FrontDoor(self), settings.public_url, settings.names(one.name for one in self.running)
        )
        self.proxies = Proxies(door, settings.trusted_proxies)
        self.app: Any = self.proxies.app

    @property
    def issuer(self) -> LocalIssuer:
        """Makes people's tokens, where this process has the key for it. Raises SettingsError."""
        return _issuing(self._issuer)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[None]:
        """Run every service; stop them gracefully at the end."""
        for service in self.running:
            service.start()
        proxies = asyncio.create_task(self.proxies.keep_looking_up())
        try:
            yield
        finally:
            proxies.cancel()
            await asyncio.gather(*(service.stop() for service in self.running))
            await self.http.aclose()


def _name(job: Callable[..., Any]) -> str:
    """What it is called in the log; not everything that can be called has a name."""
    return getattr(job, "__name__", None) or type(job).__name__


def _issuing(issuer: LocalIssuer | None) -> LocalIssuer:
    if issuer is None:
        raise SettingsError("Set ISSUER_KEY: residents' tokens are made here.")
    return issuer


@cache
def _trusted() -> ssl.SSLContext:
    """Read once in a process: it takes longer than all else a client needs."""
    return ssl.create_default_context()
