"""Messages in a browser (RFC 8030, 8291, 8292), by pywebpush."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import requests
from buurtthuis.events.notifications import FailureReason
from pywebpush import WebPushException, webpush

from buurtthuis_notifications.channels import Outgoing, TryLater, Undeliverable
from buurtthuis_notifications.channels.guard import Forbidden, check_address
from buurtthuis_notifications.domain.rules import Urgency

TTL = timedelta(days=1)
SECONDS = 10
GONE = frozenset({404, 410})
#: As RFC 8030, 5.3, has it.
URGENCIES = {
    Urgency.INFO: "low",
    Urgency.NORMAL: "normal",
    Urgency.URGENT: "high",
    Urgency.CRITICAL: "high",
}


class WebPush:
    """Signed with our own VAPID key, a private P-256 key in PEM; `contact` is where a push service can complain."""

    def __init__(self, key: str, contact: str, *, anywhere: bool = False) -> None:
        """With `anywhere` endpoints on this machine are fine too: for tests."""
        self._key = key
        self._contact = contact
        self._anywhere = anywhere

    async def send(self, message: Outgoing) -> None:
        """See `channels.Road`."""
        subscription = json.loads(message.to)
        try:
            if not self._anywhere:
                await check_address(subscription["endpoint"])
            await asyncio.to_thread(self._send, subscription, message)
        except Forbidden:
            raise Undeliverable(FailureReason.REFUSED) from None
        except WebPushException as error:
            raise _answer(error.response) from None
        except (requests.RequestException, OSError, ValueError) as error:
            raise TryLater(type(error).__name__) from None

    async def close(self) -> None:
        """See `channels.Road`."""

    def _send(self, subscription: dict[str, Any], message: Outgoing) -> None:
        with requests.Session() as session:
            session.max_redirects = 0
            webpush(
                subscription,
                payload(message),
                vapid_private_key=self._key,
                vapid_claims={"sub": self._contact},
                ttl=int(TTL.total_seconds()),
                headers={"Urgency": URGENCIES[message.urgency], "Topic": message.id.hex},
                timeout=SECONDS,
                requests_session=session,
            )


def payload(message: Outgoing) -> str:
    """What the browser shows, and where it leads."""
    text = message.text
    shown = {
        "id": str(message.id),
        "title": f"{text.pictogram} {text.subject}",
        "body": text.short,
        "language": text.language,
        "direction": text.direction,
        "link": message.link,
        "seen": message.seen,
    }
    return json.dumps(shown, ensure_ascii=False)


def _answer(response: Any) -> Exception:
    status = getattr(response, "status_code", None)
    if status in GONE:
        return Undeliverable(FailureReason.GONE)
    after = str(getattr(response, "headers", {}).get("Retry-After", ""))
    return TryLater(f"HTTP {status}", timedelta(seconds=int(after)) if after.isdigit() else timedelta())
