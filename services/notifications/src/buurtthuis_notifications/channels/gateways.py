"""SMS and other gateways, each by the address that Apprise has for it (https://github.com/caronc/apprise)."""

import asyncio
import logging
import re
from urllib.parse import quote, urlsplit

from apprise import Apprise
from buurtthuis.core.settings import SettingsError
from buurtthuis.events.notifications import DeliveryChannel, FailureReason

from buurtthuis_notifications.channels import AgainstUs, TryLater, Undeliverable
from buurtthuis_notifications.channels.circuit import Circuit
from buurtthuis_notifications.rendering.outgoing import Outgoing

#: What it logs, and what it stands on, holds the address and the message: it goes no further than to us.
for name in ("apprise", "urllib3"):
    logging.getLogger(name).addHandler(logging.NullHandler())
    logging.getLogger(name).propagate = False
TO, FROM = "{to}", "{from}"
ANYBODY = "31612345678"
SECONDS = 10
#: How Apprise ends what it says of a refusal: with HTTP's status, or the gateway's own number where it knows that.
ERROR = re.compile(r"error=(\d{3,6})\.$")
#: Not signed in, no credit, not allowed.
OF_US = frozenset({401, 402, 403, 407})
#: Twilio's own: no such number, not one that can get an SMS, or somebody who said STOP.
OF_THE_NUMBER = frozenset({21211, 21217, 21610, 21614})


class Gateway:
    """`url` is Apprise's, with `{to}` where the number goes, and `{from}` where the sender does."""

    def __init__(self, url: str, sender: str = "") -> None:
        """Raises SettingsError."""
        url = url.replace(FROM, quote(sender, safe="+"))
        if TO not in url or not Apprise().add(url.replace(TO, ANYBODY)):
            raise SettingsError("SMS_URL: an address as Apprise knows it, with {to} where the number goes.")
        self._url = url
        self._circuit = Circuit(DeliveryChannel.SMS, most=3, different=3)

    async def send(self, message: Outgoing) -> None:
        """See `channels.Road`. Whatever is not clearly the number's fault is tried later."""
        self._circuit.check(message.urgency)
        try:
            result = await self._to(message.to).async_notify(body=message.text.sms, timeout=SECONDS)
        except asyncio.CancelledError:
            self._circuit.went_wrong(message.to)
            raise
        if result:
            self._circuit.went_well()
            return
        raise self._refusal(_error(result), message.to)

    async def check(self) -> str:
        """Say which gateway it is, where it can be reached; an SMS costs money, so none is sent. Raises TryLater."""
        host, port = self._where()
        try:
            async with asyncio.timeout(SECONDS):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError) as error:
            raise TryLater(type(error).__name__) from None
        writer.close()
        return host

    async def close(self) -> None:
        """See `channels.Road`."""

    def _to(self, number: str) -> Apprise:
        gateway = Apprise()
        gateway.add(self._url.replace(TO, quote(number.lstrip("+"), safe="")))
        return gateway

    def _where(self) -> tuple[str, int]:
        """A gateway that Apprise knows has an address of its own; any other is the one in the setting."""
        known = self._to(ANYBODY)[0]
        own = next(
            (own_name for name in OWN if isinstance(own_name := getattr(known, name, None), str)), None
        )
        if own:
            return str(urlsplit(own).hostname), urlsplit(own).port or 443
        return known.host, known.port or (443 if known.secure else 80)

    def _refusal(self, error: int | None, number: str) -> Exception:
        why = f"gateway {error}" if error else "the gateway did not take it"
        if error in OF_THE_NUMBER:
            self._circuit.went_well()
            return Undeliverable(FailureReason.REFUSED, why)
        self._circuit.went_wrong(number)
        return AgainstUs(why) if error in OF_US else TryLater(why)


OWN = ("notify_sms_url", "notify_url")


def _error(result: object) -> int | None:
    """The number that Apprise says of a refusal, and none of the words around it."""
    attempts = [attempt for service in getattr(result, "results", ()) for attempt in service.attempts]
    said = [line.message for attempt in attempts for line in attempt.logs]
    found = [int(match[1]) for line in said if (match := ERROR.search(line))]
    return found[-1] if found else None
