"""SMS and other gateways, each by the address that Apprise has for it (https://github.com/caronc/apprise)."""

import logging
from urllib.parse import quote

from apprise import Apprise
from buurtthuis.settings import SettingsError

from buurtthuis_notifications.channels import Outgoing, TryLater

#: What it logs, and what it stands on, holds the address and the message.
for name in ("apprise", "urllib3"):
    logging.getLogger(name).setLevel(logging.CRITICAL + 1)
TO = "{to}"


class Gateway:
    """`url` is Apprise's, with `{to}` where the number goes."""

    def __init__(self, url: str) -> None:
        """Raises SettingsError."""
        if TO not in url or not Apprise().add(url.replace(TO, "31612345678")):
            raise SettingsError("SMS_URL: an address as Apprise knows it, with {to} where the number goes.")
        self._url = url

    async def send(self, message: Outgoing) -> None:
        """See `channels.Road`. Apprise says no more than that it failed, so that is tried later."""
        gateway = Apprise()
        gateway.add(self._url.replace(TO, quote(message.to.lstrip("+"), safe="")))
        if not await gateway.async_notify(body=message.text.short):
            raise TryLater("the gateway did not take it")

    async def close(self) -> None:
        """See `channels.Road`."""
