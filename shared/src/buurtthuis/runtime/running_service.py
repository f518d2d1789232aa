"""One service at work: dispatcher, relay, listener, feed, timers and workers, from their start to a clean stop."""

import asyncio
import ssl
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Generic

import httpx
import structlog

from buurtthuis.core.api_version import path_of
from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.core.corporations import Corporation, Corporations
from buurtthuis.core.settings import Settings, SettingsError
from buurtthuis.core.tasks import SideBySide, stop_if_cancelled, until_cancelled
from buurtthuis.eventlog import checkpoints
from buurtthuis.eventlog.feed_client import FeedClient
from buurtthuis.eventlog.listener import OPENED_AT_ONCE, Listener
from buurtthuis.eventlog.relay import Relay
from buurtthuis.eventlog.sentinel import Sentinel
from buurtthuis.eventlog.streams import StreamKey, connect
from buurtthuis.eventlog.tail import Feed
from buurtthuis.http.keeping import Copies
from buurtthuis.identity.issuer import LocalIssuer
from buurtthuis.identity.service_keys import FeedVerifier, ServiceKey, ServiceKeys
from buurtthuis.identity.verifier import Verifier
from buurtthuis.persistence import history, idempotency, revocation
from buurtthuis.persistence.dispatcher import Dispatcher
from buurtthuis.persistence.engine import Database
from buurtthuis.persistence.known_revocations import Revocations
from buurtthuis.persistence.lookout import Lookout
from buurtthuis.persistence.replicas import Replicas
from buurtthuis.persistence.sealing import Seals
from buurtthuis.persistence.unit_of_work import Committed
from buurtthuis.runtime.parts import PartsT
from buurtthuis.runtime.service import Service
from buurtthuis.runtime.timers import Timers
from buurtthuis.runtime.workers import Workers

log = structlog.get_logger(__name__)

HOUSEKEEPING = timedelta(hours=1)
#: In seconds.
AN_HOUR, A_DAY = 3_600.0, 86_400.0


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


class RunningService(Generic[PartsT]):
    """One service at work on its database and its streams."""

    def __init__(
        self, service: Service[PartsT], key: ServiceKey, settings: Settings, shared: Neighbourhood
    ) -> None:
        settings = settings.for_service(service.name)
        self.service = service
        self.name, self.summary = service.name, service.summary
        self.handlers = service.handlers
        self.contact = settings.whom_to_ask
        self.corporations = shared.corporations
        self.verifier = shared.verifier
        self.feed_verifier = FeedVerifier(service.name, shared.service_keys, shared.corporations)
        self.feeds = FeedClient(shared.feed_url, shared.http, key)
        self._issuer = shared.issuer if service.issues_tokens else None
        self.parts = service.parts(settings)
        self.database = Database(
            settings.database_url,
            clock=shared.clock,
            pool_size=settings.database_pool_size,
            behind_pooler=bool(settings.database_direct_url),
            seals=Seals.of(settings) if service.seals else None,
            on_committed=self.wake,
        )
        self.redis = connect(settings.redis_url)
        self._shares_changed = asyncio.Event()
        #: What others may have taken over while they took us for dead.
        self._lapsed: set[str] = set()
        self.replicas = Replicas(
            self.database,
            on_changed=self._shares_changed.set,
            on_lapsed=self._lapse,
            on_another_database=self._forget_what_was_known,
        )
        self.revocations = Revocations(self.database)
        self.copies = Copies(shared.clock)
        self.feed = Feed(self.name, self.database, self.corporations, self.revocations)
        self.relay = Relay(
            self.name,
            self.database,
            self.redis,
            self.corporations,
            shared.stream_key,
            self.feed.wake,
            shared.service_keys,
            self.replicas.holds,
        )
        self.lookout = Lookout(self.name, self.database, self.corporations, self.replicas.holds)
        self.relay.watch(self.lookout)
        self.dispatcher = Dispatcher(self.handlers.commands, self.database)
        self.timers = Timers(self.name, service.timers, self.dispatcher, self.corporations, self.lookout)
        self.workers = Workers(self, service.workers, self.lookout)
        self.listener = Listener(
            self.name,
            self.handlers,
            self.database,
            settings.redis_url,
            self.redis,
            (),
            self.feeds,
            shared.stream_key,
            self.replicas,
        )
        self.sentinel = Sentinel(self.name, self.redis, self._compare_with_another_redis)
        self._listen_url = settings.database_direct_url or settings.database_url
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def issuer(self) -> LocalIssuer:
        """Makes people's tokens, in a service that issues them. Raises SettingsError."""
        return issuing(self._issuer)

    @property
    def alive(self) -> bool:
        """Whether the relay and the reader truly run."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks) and self.listener.alive

    def hints(self, url: str) -> Sequence[str]:
        """What `up` says of it to whoever starts it, where it runs at this address."""
        return self.parts.hints(url + path_of(self.name))

    async def ready(self) -> float:
        """How far its clock is ahead of its database's, in seconds. Raises unless database and Redis answer."""
        ahead = await self.database.clock_ahead()
        await self.redis.ping()
        return ahead

    def start(self) -> None:
        """Begin to relay, listen and keep house."""
        jobs = (
            self.lookout.run(),
            self.relay.run(),
            self._listen(),
            self._share(),
            self.sentinel.run(),
            self.replicas.run(),
            self.feed.listen(self._listen_url, self.replicas, self._numbered),
            self._keep_house(),
            self._keep_histories_short(),
            *self.timers.jobs(),
            *self.workers.jobs(),
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
        with suppress(Exception):  # else the others see it within seconds
            async with asyncio.timeout(2):
                await self.replicas.leave()
        with suppress(Exception):  # whatever is not published now is published by the next process
            async with asyncio.timeout(2):
                await self.relay.finish()
        await self.parts.close()
        await self.redis.aclose()
        await self.database.close()

    def prepare(self, corporations: Mapping[str, Corporation]) -> None:
        """Soon these are all. Raises SettingsError where it cannot work with them."""
        if self.service.prepare:
            self.service.prepare(self.parts, corporations)

    async def give_up(self, gone: Iterable[str]) -> None:
        """These left, or are others now: let their followers go, and read and write nothing for them any more."""
        for slug in gone:
            await self.listener.give_up(slug)
            await self.feed.give_up(slug)
            self.relay.give_up(slug)
            self.copies.forget(slug)

    def take(self, come: Iterable[str]) -> None:
        """Work for these as well, as far as this process holds them."""
        self._shares_changed.set()
        for slug in come:
            self.relay.wake(slug)
            self.workers.wake(slug)

    def wake(self, committed: Committed) -> None:
        """Whoever goes on with what was committed; where nothing was written, nobody does."""
        self.copies.forget(committed.corporation)
        if committed.journalled:
            self.relay.wake(committed.corporation)
        self.workers.wake(committed.corporation, committed.tables)

    def _numbered(self, corporation: str) -> None:
        """By this or another process: followers want it, and what was committed with it may be work for us."""
        self.copies.forget(corporation)
        self.feed.wake(corporation)
        if self.replicas.holds(corporation):
            self.workers.wake(corporation)

    async def _listen(self) -> None:
        """From when it is known what this process holds."""
        await self.replicas.joined.wait()
        for slug in tuple(self.corporations):
            await self._take_or_give_up(slug)
        await self.listener.run()

    async def _share(self) -> None:
        """Read for the corporations that this process holds, and for no other, whoever comes and goes."""
        async with SideBySide(self._take_or_give_up, self._cannot_give_up, OPENED_AT_ONCE) as corporations:
            while True:
                await self._shares_changed.wait()
                self._shares_changed.clear()
                self.lookout.look_again()
                self.relay.care.compare_soon()
                for slug in self.corporations:
                    corporations.ask(slug)

    def _lapse(self) -> None:
        self._lapsed.update(self.corporations)
        self._shares_changed.set()

    async def _take_or_give_up(self, slug: str) -> None:
        if slug in self._lapsed:
            await self.listener.give_up(slug)
            self._lapsed.discard(slug)
        corporation = self.corporations.get(slug)
        if corporation and self.replicas.holds(slug):
            self.listener.take(corporation)
        else:
            await self.listener.give_up(slug)

    def _cannot_give_up(self, slug: str, error: Exception) -> None:
        log.warning("a corporation cannot be given up", service=self.name, corporation=slug, exc_info=error)

    async def _keep_house(self) -> None:
        async with SideBySide(self._forget_what_is_old, self._say_what_is_kept) as corporations:
            for look in (idempotency.EXPIRED, revocation.OUTLIVED, checkpoints.OUTWORN):
                self.lookout.watch(look, HOUSEKEEPING, corporations.ask)
            await until_cancelled()

    async def _forget_what_is_old(self, corporation: str) -> None:
        async with self.database.transaction(corporation) as session:
            now = await self.database.time(session)
            await idempotency.forget(session, now)
            await revocation.forget(session, now)
            await checkpoints.forget(session, now)

    def _say_what_is_kept(self, corporation: str, error: Exception) -> None:
        log.warning("old rows are kept", service=self.name, corporation=corporation, exc_info=error)

    async def shorten_histories(self) -> None:
        """Of those that this process holds and who say how long theirs is kept, one after the other."""
        for corporation in tuple(self.corporations.values()):
            stop_if_cancelled()
            if not corporation.history.audiences or not self.replicas.holds(corporation.slug):
                continue
            try:
                if count := await history.shorten(self.database, corporation, self.service.keeps):
                    log.info(
                        "a history was shortened",
                        service=self.name,
                        corporation=corporation.slug,
                        entries=count,
                    )
            except Exception as error:  # the next day tries again
                log.warning(
                    "a history is not shortened",
                    service=self.name,
                    corporation=corporation.slug,
                    exc_info=error,
                )

    async def _keep_histories_short(self) -> None:
        """An hour after the start, in which somebody may see that the file says too little, and once a day."""
        await asyncio.sleep(AN_HOUR)
        while True:
            await self.shorten_histories()
            await asyncio.sleep(A_DAY)

    def _forget_what_was_known(self) -> None:
        """Of a database that is another one than it was."""
        self.relay.forget()
        self.feed.forget()
        self.listener.forget()

    def _compare_with_another_redis(self) -> None:
        """It is empty, or as it was some time ago."""
        self.listener.tell_again()
        self.relay.care.compare_soon()

    def _tell_of_death(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception():
            log.critical("a part of the service died", service=self.name, exc_info=task.exception())


def issuing(issuer: LocalIssuer | None) -> LocalIssuer:
    if issuer is None:
        raise SettingsError("Set ISSUER_KEY: residents' tokens are made here.")
    return issuer


@cache
def trusted() -> ssl.SSLContext:
    """Read once in a process: it takes longer than all else a client needs."""
    return ssl.create_default_context()
