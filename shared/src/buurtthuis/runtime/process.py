"""Any number of services in one process."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.core.corporations import Corporations
from buurtthuis.core.settings import Settings
from buurtthuis.eventlog.streams import StreamKey
from buurtthuis.http.edge import Edge, Proxies
from buurtthuis.identity.issuer import IssuersKeys, LocalIssuer
from buurtthuis.identity.service_keys import ServiceKey, ServiceKeys
from buurtthuis.identity.verifier import Verifier
from buurtthuis.runtime.front_door import FrontDoor
from buurtthuis.runtime.running_service import Neighbourhood, RunningService, issuing, trusted
from buurtthuis.runtime.service import Service
from buurtthuis.telemetry import logging


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
        self.http = httpx.AsyncClient(timeout=10, follow_redirects=False, verify=trusted())
        self._issuer = LocalIssuer.of(settings) if settings.issues else None
        if any(service.issues_tokens for service in services):
            issuing(self._issuer)
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
        for service in self.running:
            service.start()
        proxies = asyncio.create_task(self.proxies.keep_looking_up())
        try:
            yield
        finally:
            proxies.cancel()
            await asyncio.gather(*(service.stop() for service in self.running))
            await self.http.aclose()
