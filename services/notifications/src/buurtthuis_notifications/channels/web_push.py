"""Messages in a browser (RFC 8030, 8291, 8292), by pywebpush."""

import asyncio
import json
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.core.public_addresses import AddressForbidden
from buurtthuis.core.settings import SettingsError
from buurtthuis.events.notifications import DeliveryChannel, FailureReason
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02, VapidException
from pywebpush import WebPusher, WebPushException

from buurtthuis_notifications.channels import AgainstUs, NobodyThere, TryLater, Undeliverable
from buurtthuis_notifications.channels.circuit import Circuit
from buurtthuis_notifications.channels.outside import NoAnswer, Outside
from buurtthuis_notifications.domain.rules import Urgency
from buurtthuis_notifications.rendering.outgoing import Outgoing

TTL = timedelta(days=1)
#: A signature is good for so long.
SIGNED = timedelta(hours=12)
#: In digits: eleven days.
LONGEST_WAIT = 6
NOBODY = "https://push.invalid"
GONE = frozenset({404, 410})
#: Our signature is not one that it takes.
OF_US = frozenset({401, 403})
#: So many push services are remembered that something went wrong at: anybody can name one.
REMEMBERED = 1000
#: As RFC 8030, 5.3, has it.
URGENCIES = {
    Urgency.INFO: "low",
    Urgency.NORMAL: "normal",
    Urgency.URGENT: "high",
    Urgency.CRITICAL: "high",
}


class WebPush:
    """Signed with our own VAPID key, a private P-256 key in a PEM file; `contact` is where push services complain."""

    def __init__(self, key: Path, contact: str, *, clock: Clock = utc_now, anywhere: bool = False) -> None:
        """With `anywhere` endpoints on this machine are fine too: for tests. Raises SettingsError."""
        self._contact = contact
        self._clock = clock
        self._outside = Outside(anywhere=anywhere)
        self._circuits: dict[str, Circuit] = {}
        try:
            self._key = Vapid02.from_pem(key.read_bytes())
            self._signature(NOBODY, clock())
        except OSError as error:
            raise SettingsError(f"VAPID_KEY_FILE: {key}: {error.strerror}.") from None
        except (ValueError, IndexError, AttributeError, UnsupportedAlgorithm, VapidException):
            raise SettingsError(
                f"VAPID_KEY_FILE: {key}: a private P-256 key in PEM, with MAIL_FROM a full address of yours."
            ) from None

    @property
    def public_key(self) -> str:
        """What a browser subscribes with, as `applicationServerKey` wants it: the point, in url-safe base64."""
        point = self._key.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return urlsafe_b64encode(point).rstrip(b"=").decode()

    async def send(self, message: Outgoing) -> None:
        subscription = json.loads(message.to)
        endpoint = subscription["endpoint"]
        circuit = self._circuit(endpoint)
        circuit.check(message.urgency)
        try:
            body = WebPusher(subscription).encode(payload(message).encode())["body"]
            answer = await self._outside.post(endpoint, self._headers(endpoint, message), body)
        except (AddressForbidden, WebPushException, ValueError):  # an address within, or keys that are none
            raise Undeliverable(FailureReason.REFUSED) from None
        except NoAnswer as why:
            circuit.went_wrong(str(message.id))
            raise (NobodyThere if self._outside.others_answer else TryLater)(str(why)) from None
        except asyncio.CancelledError:
            circuit.went_wrong(str(message.id))
            raise
        if answer.status in OF_US:
            circuit.went_wrong(str(message.id))
            raise AgainstUs(f"HTTP {answer.status}")
        circuit.went_well()
        if not 200 <= answer.status < 300:
            raise _refusal(answer.status, dict(answer.headers))

    async def close(self) -> None:
        await self._outside.close()

    def _circuit(self, endpoint: str) -> Circuit:
        """Of one push service: whoever runs one of their own stops no other."""
        origin = urlsplit(endpoint).netloc
        if origin not in self._circuits:
            if len(self._circuits) >= REMEMBERED:
                self._circuits.clear()
            self._circuits[origin] = Circuit(DeliveryChannel.PUSH, most=3)
        return self._circuits[origin]

    def _headers(self, endpoint: str, message: Outgoing) -> dict[str, str]:
        return {
            **self._signature(endpoint, self._clock()),
            "Content-Encoding": "aes128gcm",
            "TTL": str(int(TTL.total_seconds())),
            "Urgency": URGENCIES[message.urgency],
            "Topic": message.id.hex,
        }

    def _signature(self, endpoint: str, now: datetime) -> dict[str, str]:
        url = urlsplit(endpoint)
        claims = {
            "sub": self._contact,
            "aud": f"{url.scheme}://{url.netloc}",
            "exp": int((now + SIGNED).timestamp()),
        }
        return dict(self._key.sign(claims))


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


def _refusal(status: int, headers: dict[bytes, bytes]) -> Exception:
    if status in GONE:
        return Undeliverable(FailureReason.GONE, f"HTTP {status}")
    after: Any = next((value for name, value in headers.items() if name.lower() == b"retry-after"), b"")
    return TryLater(f"HTTP {status}", timedelta(seconds=int(after)) if _is_seconds(after) else timedelta())


def _is_seconds(after: bytes) -> bool:
    """Whoever answers may ask for more time than a clock holds: nobody waits for that."""
    return after.isdigit() and len(after) <= LONGEST_WAIT
