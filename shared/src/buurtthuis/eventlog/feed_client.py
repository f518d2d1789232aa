"""Reads other services' feeds, to fill a gap or to catch up."""

from collections.abc import Sequence

import httpx
import orjson

from buurtthuis.core.corporations import Corporation
from buurtthuis.eventlog.envelope import Envelope, from_attributes
from buurtthuis.identity.service_keys import ServiceKey
from buurtthuis.persistence.journal import PAGE

BATCH_JSON = "application/cloudevents-batch+json"


class FeedClient:
    """Reads other services' feeds, to fill a gap or to catch up after a long absence."""

    def __init__(self, url: str, client: httpx.AsyncClient, key: ServiceKey) -> None:
        self._url = url
        self._client = client
        self._key = key

    async def page(self, corporation: Corporation, service: str, after: int) -> Sequence[Envelope]:
        """The producer's entries above `after`, in order; empty at the end.

        Raises httpx.HTTPError while the producer does not answer."""
        token = self._key.token_for(service, corporation.slug)
        response = await self._client.get(
            self._url.replace("{service}", service),
            params={"after": after, "limit": PAGE},
            headers={"Authorization": f"Bearer {token}", "Accept": BATCH_JSON},
        )
        response.raise_for_status()
        return [from_attributes(document) for document in orjson.loads(response.content)]
