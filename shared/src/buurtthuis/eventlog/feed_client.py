"""Reads other services' feeds, to fill a gap or to catch up."""

from collections.abc import Sequence
from typing import Any

import httpx
import orjson

from buurtthuis.core.corporations import Corporation
from buurtthuis.eventlog.agreement import HeardAt
from buurtthuis.eventlog.envelope import Envelope, from_attributes
from buurtthuis.identity.service_keys import ServiceKey
from buurtthuis.persistence.journal import PAGE

BATCH_JSON = "application/cloudevents-batch+json"


class FeedRefuses(Exception):
    """The producer answers, and not with what it was asked for."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class FeedClient:
    """Reads other services' feeds, to fill a gap or to catch up after a long absence."""

    def __init__(self, url: str, client: httpx.AsyncClient, key: ServiceKey) -> None:
        self._url = url
        self._client = client
        self._key = key

    async def page(self, corporation: Corporation, service: str, after: int) -> Sequence[Envelope]:
        """The producer's entries above `after`, in order; empty at the end.

        Raises httpx.HTTPError while the producer does not answer, and FeedRefuses."""
        page = await self._ask("GET", corporation, service, "", params={"after": after, "limit": PAGE})
        return [from_attributes(document) for document in page]

    async def agree(self, corporation: Corporation, service: str, heard: Sequence[HeardAt]) -> HeardAt | None:
        """The newest of these that the producer has in the same place.

        Raises httpx.HTTPError while the producer does not answer, and FeedRefuses."""
        said = [{"position": heard_at.position, "event_id": heard_at.event_id} for heard_at in heard]
        agreed = await self._ask("POST", corporation, service, "/agreement", json={"heard": said})
        return HeardAt(agreed["position"], agreed["event_id"]) if agreed else None

    async def _ask(self, method: str, corporation: Corporation, service: str, path: str, **what: Any) -> Any:
        token = self._key.token_for(service, corporation.slug)
        response = await self._client.request(
            method,
            self._url.replace("{service}", service) + path,
            headers={"Authorization": f"Bearer {token}", "Accept": BATCH_JSON},
            **what,
        )
        if not response.is_success:
            raise FeedRefuses(response.status_code)
        return orjson.loads(response.content)
