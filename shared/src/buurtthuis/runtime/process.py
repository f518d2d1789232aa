"""Any number of services in one process."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import structlog

from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.core.corporations import Corporations
from buurtthuis.core.settings import Settings, SettingsError
from buurtthuis.eventlog.streams import StreamKey
from buurtthuis.http.edge import Edge, Proxies
from buurtthuis.identity.issuer import IssuersKeys, LocalIssuer
from buurtthuis.identity.service_keys import ServiceKey, ServiceKeys
from buurtthuis.identity.verifier import Verifier
from buurtthuis.runtime.corporations_file import CorporationsFile
from buurtthuis.runtime.front_door import FrontDoor
from buurtthuis.runtime.running_service import Neighbourhood, RunningService, issuing, trusted
from buurtthuis.runtime.service import Service
from buurtthuis.runtime.trial_provider import TrialProvider
from buurtthuis.telemetry import logging
from buurtthuis.telemetry.metrics import REGISTRY

log = structlog.get_logger(__name__)


class Process:
    """Some services behind one port, each under its own name."""

    def __init__(
        self,
        services: Iterable[Service],
        settings: Settings,
        *,
        feed_url: str = "",
        clock: Clock = utc_now,
        trial: TrialProvider | None = None,
    ) -> None:
        """With a `trial` provider anybody who reaches the process is whoever they pick."""
        logging.configure_plainly()
        services = tuple(services)
        self.trial = trial
        self.corporations_file = CorporationsFile(settings.corporations_file, trial)
        corporations = self.corporations_file.corporations
        verified_with = IssuersKeys.of(settings)
        keys = {service.name: ServiceKey.of(service.name, settings) for service in services}
        self.http = httpx.AsyncClient(timeout=10, follow_redirects=False, verify=trusted())
        self._issuer = LocalIssuer.of(settings) if settings.issues else None
        if any(service.issues_tokens for service in services):
            issuing(self._issuer)
        self._verifier = Verifier(corporations, verified_with, self.http)
        shared = Neighbourhood(
            corporations=corporations,
            issuer=self._issuer,
            verifier=self._verifier,
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
            FrontDoor(self), settings.public_url, settings.names(service.name for service in self.running)
        )
        self.proxies = Proxies(door, settings.trusted_proxies)
        self.app: Any = self.proxies.app

    @property
    def issuer(self) -> LocalIssuer:
        """Makes people's tokens, where this process has the key for it. Raises SettingsError."""
        return issuing(self._issuer)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[None]:
        """Run every service; stop them gracefully at the end."""
        if self.trial:
            log.warning("anybody who reaches this process is whoever they pick", at=self.trial.url)
        for service in self.running:
            service.start()
        jobs = [
            asyncio.create_task(self.proxies.keep_looking_up()),
            asyncio.create_task(self.corporations_file.keep_reading(self.serve)),
        ]
        try:
            yield
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
            await asyncio.gather(*(service.stop() for service in self.running))
            await self.http.aclose()

    async def serve(self, corporations: Corporations) -> None:
        """Work for these from now on: who left is refused at once, and whoever came is known everywhere.

        This is where all are told who keep something of a corporation. Raises SettingsError where a service cannot work
        with them, and then all is as it was."""
        self._ask_the_services(corporations)
        changes = self.corporations.become(corporations)
        self._verifier.renew()
        giving_up = (service.give_up(changes.gone) for service in self.running)
        for error in await asyncio.gather(*giving_up, return_exceptions=True):
            if error:  # whoever comes is worked for all the same
                log.error("a corporation was not given up whole", exc_info=error)
        for slug in changes.gone:
            REGISTRY.forget(slug)
        for service in self.running:
            service.take(changes.come)
        if any(changes):
            log.warning("the corporations are others", **changes._asdict())

    def _ask_the_services(self, corporations: Corporations) -> None:
        try:
            for service in self.running:
                service.prepare(corporations)
        except SettingsError:
            for service in self.running:
                service.prepare(self.corporations)
            raise
