"""Telling other systems what happens, as Standard Webhooks has it (https://www.standardwebhooks.com)."""

import secrets
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.core.public_addresses import AddressForbidden
from standardwebhooks import Webhook as Signer

from buurtthuis_notifications.channels.outside import NoAnswer, Outside

GONE = 410
PREFIX = "whsec_"


@dataclass(frozen=True)
class WebhookAnswer:
    """What the other side said. `why` is for staff, and quotes nothing. `for_good`: it wants no more."""

    took: bool
    status: int | None = None
    why: str | None = None

    @property
    def for_good(self) -> bool:
        """Whether another try is of no use."""
        return self.status == GONE


class Hooks:
    """The road to other systems."""

    def __init__(self, *, clock: Clock = utc_now, anywhere: bool = False) -> None:
        """With `anywhere` systems on this machine, without TLS, are fine too: for tests."""
        self._clock = clock
        self._outside = Outside(anywhere=anywhere)

    async def tell(self, url: str, keys: Sequence[str], id: UUID, body: bytes) -> WebhookAnswer:
        """Send one event, signed with all `keys`; its `id` is the same however often it is sent."""
        try:
            answer = await self._outside.post(url, self._headers(keys, id, body), body)
        except AddressForbidden:
            return WebhookAnswer(False, why="address_not_allowed")
        except NoAnswer as why:
            return WebhookAnswer(False, why=str(why))
        took = 200 <= answer.status < 300
        return WebhookAnswer(took, answer.status, None if took else "refused")

    async def close(self) -> None:
        await self._outside.close()

    def _headers(self, keys: Sequence[str], id: UUID, body: bytes) -> dict[str, str]:
        now = self._clock()
        signatures = [Signer(key).sign(str(id), now, body.decode()) for key in keys]
        return {
            "Content-Type": "application/cloudevents+json",
            "User-Agent": "BuurtThuis",
            "webhook-id": str(id),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def new_secret() -> str:
    """A key that nobody has: 256 bits, as the standard writes it."""
    return PREFIX + b64encode(secrets.token_bytes(32)).decode()
