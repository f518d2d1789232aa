"""A whole system on real servers, with a clock you hold."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import httpx
from sqlalchemy import select, text

from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.api_version import feeds_at, path_of
from buurtthuis.core.corporations import Corporations
from buurtthuis.core.settings import Settings
from buurtthuis.core.work import Aggregate, Cause, Receipt
from buurtthuis.eventlog import dead_letters
from buurtthuis.eventlog.dead_letters import ParkedEvent
from buurtthuis.eventlog.envelope import Envelope, unwrap, wrap
from buurtthuis.eventlog.passing import Passing
from buurtthuis.eventlog.retries import retry_parked
from buurtthuis.eventlog.subscription import Subscription
from buurtthuis.identity.principals import Role
from buurtthuis.persistence import journal, revocation
from buurtthuis.persistence.idempotency import IdempotencyKey
from buurtthuis.persistence.replicas import Replicas
from buurtthuis.persistence.tenancy import CORPORATION
from buurtthuis.runtime.process import Process
from buurtthuis.runtime.running_service import RunningService
from buurtthuis.runtime.service import Service
from buurtthuis.runtime.serving import HttpServer, listen_on
from buurtthuis.runtime.trial_provider import TrialProvider

A = TypeVar("A", bound=Aggregate)
T = TypeVar("T")

#: Service -> corporation -> the last position of its stream.
Positions: TypeAlias = dict[str, dict[str, int]]
#: How long a condition may take to come true, in seconds: generous, since only a failing test waits so long.
PATIENCE_SECONDS = 30.0


#: Loading the system's certificates takes 25 ms a client, and nobody uses them on loopback.
PLAIN_HTTP = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = datetime(2018, 11, 12, 9, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The moment it shows."""
        return self.now

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by

    def move_to(self, moment: datetime) -> None:
        """Let it be that moment."""
        self.now = moment


async def eventually(condition: Callable[[], Awaitable[T | None]], what: str = "the condition") -> T:
    """Wait until the condition gives something true, and return that; raises AssertionError when it never does."""
    deadline, pause = asyncio.get_running_loop().time() + PATIENCE_SECONDS, 0.01
    while not (found := await condition()):
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"{what} did not come true in {PATIENCE_SECONDS:.0f} seconds")
        await asyncio.sleep(pause)
        pause = min(1.3 * pause, 0.05)  # to look takes time from what is looked for
    return found


@dataclass
class Playground:
    """A running system, and people to use it."""

    process: Process
    url: str
    clock: Clock
    _clients: list[httpx.AsyncClient] = field(default_factory=list)
    _before: Positions = field(default_factory=dict)

    def client(
        self,
        *roles: Role,
        corporation: str = "woonpartners",
        subject: UUID | None = None,
        organisation: str | None = None,
        houses: Iterable[UUID | str] | None = None,
    ) -> httpx.AsyncClient:
        """Somebody with these roles, for all houses unless some are said; without roles, somebody without a token."""
        token = self.process.issuer.issue(
            corporation, roles, subject, organisation=organisation, houses=houses
        )
        headers = {"Authorization": f"Bearer {token}"} if roles else {}
        client = httpx.AsyncClient(
            base_url=self.url, headers=headers, timeout=PATIENCE_SECONDS, verify=PLAIN_HTTP
        )
        self._clients.append(client)
        return client

    def service(self, name: str) -> RunningService:
        """One of the services that run."""
        return next(service for service in self.process.running if service.name == name)

    async def events(self, service: str, corporation: str = "woonpartners") -> list[dict[str, Any]]:
        """Everything a service has said to a corporation until now, read from its feed as the system may."""
        await eventually(lambda: self._is_numbered(service, corporation), "what was said has its position")
        found: list[dict[str, Any]] = []
        before = self._before.get(service, {}).get(corporation, 0)
        client = self.client(Role.OPERATOR, corporation=corporation)
        while True:
            after = {"after": before + len(found), "limit": 500}
            page = (await client.get(f"{path_of(service)}/events", params=after)).json()
            if not page:
                return found
            found += page

    @asynccontextmanager
    async def anew(self) -> AsyncIterator["Playground"]:
        """The same system once all is quiet, for somebody who hears of nothing that was said before."""
        place = Playground(self.process, self.url, self.clock, _before=await self.settled())
        try:
            yield place
        finally:
            await place.close()

    async def settled(self) -> Positions:
        """Wait until everything that was said is heard, and nothing new follows from it; how far everybody came."""
        return await eventually(self._settled, "all is published and heard")

    async def do_what_is_due(self) -> None:
        """Let happen what the clock says, and all that follows, without waiting for the timers."""
        for service in self.process.running:
            await service.timers.do_what_is_due(*service.service.timers)
        await self.settled()
        for service in self.process.running:
            await service.workers.do_all_work(*service.service.workers)
        await self.settled()

    async def close(self) -> None:
        """Hang up."""
        for client in self._clients:
            await client.aclose()

    async def _is_numbered(self, service: str, corporation: str) -> bool:
        async with self.service(service).database.transaction(corporation) as session:
            return bool(await session.scalar(NUMBERED))

    async def _settled(self) -> Positions | None:
        """How far everybody came; None while something is on its way."""
        before = self._positions()
        said = await self._published()
        if said is None or not all(_heard(service, said) for service in self.process.running):
            return None
        return said if before == self._positions() else None  # hearing may have said something new

    def _positions(self) -> list[int]:
        """How far everybody has read, in an order of their own."""
        return [
            subscription.position
            for service in self.process.running
            for subscription in service.listener.subscriptions
        ]

    async def _published(self) -> Positions | None:
        found: Positions = {}
        for service in self.process.running:
            async with service.database.engine.connect() as connection:
                driver = (await connection.get_raw_connection()).driver_connection
                for slug in service.corporations:
                    if (position := await _published(driver, slug)) is None:
                        return None
                    found.setdefault(service.name, {})[slug] = position
        return found


async def _published(driver: Any, corporation: str) -> int | None:
    """The last position of its stream; None while something is on its way.

    Asked by the driver itself: a test asks some dozens of times, and a session costs more than the answer."""
    entered = CORPORATION.set(corporation)
    try:
        async with driver.transaction():
            row = await driver.fetchrow(PUBLISHED)
    finally:
        CORPORATION.reset(entered)
    return row["published"] if row["done"] else None


def _heard(service: RunningService, said: Positions) -> bool:
    return service.listener.alive and all(
        subscription.position == said[subscription.source][subscription.corporation.slug]
        for subscription in service.listener.subscriptions
        if subscription.source in said
    )


NUMBERED = text("SELECT NOT EXISTS (SELECT FROM journal WHERE position IS NULL)")
PUBLISHED = """
    SELECT coalesce((SELECT published FROM streams), 0) AS published,
           NOT EXISTS (SELECT FROM journal WHERE position IS NULL)
           AND coalesce((SELECT numbered = published FROM streams), true) AS done
"""


@asynccontextmanager
async def playground(
    services: Iterable[Service],
    settings: Settings,
    clock: Clock | None = None,
    *,
    with_trial_provider: bool = False,
) -> AsyncIterator[Playground]:
    """Serve these services on a free loopback port, on migrated databases that `settings` point at."""
    clock = clock or Clock()
    with listen_on("127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        trial = TrialProvider(url) if with_trial_provider else None
        process = Process(
            services, settings.reached_at(url), feed_url=feeds_at(url), clock=clock, trial=trial
        )
        server = HttpServer(process)
        async with process.work():
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            await server.accepting.wait()
            place = Playground(process, url, clock)
            try:
                yield place
            finally:
                await place.close()
                server.should_exit = True
                await serving


class RealBackbone:
    """The real thing with the face of `FakeBackbone`, so that one suite of promises runs on both."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.corporations = tuple(Corporations.load(settings.corporations_file))
        self._settings = settings
        self._clock = clock or Clock()
        self._services: list[Service] = []
        self._running = AsyncExitStack()
        self._place: Playground | None = None

    async def start(self, *services: Service) -> None:
        """Let these run too, on the same databases, after a stop of all."""
        await self.close()
        self._services += services
        self._place = await self._running.enter_async_context(
            playground(self._services, self._settings, self._clock)
        )

    async def close(self) -> None:
        """Stop everything."""
        await self._running.aclose()

    async def run(
        self,
        service: str,
        command: object,
        corporation: str = "woonpartners",
        cause: Cause | None = None,
        key: IdempotencyKey | None = None,
    ) -> Receipt:
        """See `FakeBackbone.run`."""
        one = self._service(service)
        return await one.dispatcher.run(
            command, one.corporations[corporation], cause or Cause(Actor(ActorKind.STAFF)), key
        )

    async def kept(self, service: str, kind: type[A], corporation: str = "woonpartners") -> list[A]:
        """See `FakeBackbone.kept`."""
        async with self._service(service).database.transaction(corporation) as session:
            return list((await session.scalars(select(kind).order_by("id"))).unique())

    async def revoked(self, service: str, corporation: str = "woonpartners") -> dict[UUID, datetime | None]:
        """See `FakeBackbone.revoked`."""
        async with self._service(service).database.transaction(corporation) as session:
            return await revocation.read(session)

    async def journal(self, service: str, corporation: str = "woonpartners") -> list[Envelope]:
        """See `FakeBackbone.journal`. What was said a moment ago may have no position yet: `settled` waits for it."""
        one = self._service(service)
        async with one.database.transaction(corporation) as session:
            entries = await journal.read(session, 0, 1_000_000)
        return [unwrap(wrap(entry, one.corporations[corporation], service)) for entry in entries]

    async def settled(self) -> None:
        """See `FakeBackbone.settled`."""
        assert self._place
        await self._place.settled()

    async def deliver_again(self, service: str, source: str, corporation: str = "woonpartners") -> None:
        """See `FakeBackbone.deliver_again`: the batch comes to a second replica, which has seen nothing yet."""
        one = self._service(service)
        replica = Subscription(
            service,
            source,
            one.corporations[corporation],
            one.handlers.reactions_to(source),
            one.database,
            one.listener.subscriptions[0].feeds,
            Replicas(one.database),
            Passing(one.database),
        )
        await replica.receive(await self.journal(source, corporation))

    async def parked(self, service: str, corporation: str = "woonpartners") -> list[ParkedEvent]:
        """See `FakeBackbone.parked`."""
        async with self._service(service).database.transaction(corporation) as session:
            return await dead_letters.parked(session)

    async def retry(self, service: str, id: UUID, corporation: str = "woonpartners") -> None:
        """See `FakeBackbone.retry`."""
        one = self._service(service)
        await retry_parked(one.database, one.corporations[corporation], one.handlers, id)

    async def drop(self, service: str, id: UUID, corporation: str = "woonpartners") -> None:
        """See `FakeBackbone.drop`."""
        async with self._service(service).database.transaction(corporation) as session:
            await dead_letters.take(session, id)

    def _service(self, name: str) -> RunningService:
        assert self._place
        return self._place.service(name)
