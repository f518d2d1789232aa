"""Where `up` catches e-mail and SMS where neither is set up, while somebody develops: gone with the process."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from secrets import compare_digest

from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.events.notifications import DeliveryChannel

from buurtthuis_notifications.rendering.outgoing import Outgoing

KEPT = 200


@dataclass(frozen=True)
class Caught:
    """What would have gone out."""

    at: datetime
    channel: DeliveryChannel
    message: Outgoing


class Sink:
    """Of all roads together, the newest first. Codes are among them, so it is seen by its secret alone."""

    def __init__(self, secret: str = "", clock: Clock = utc_now) -> None:
        """Without a secret nobody sees it."""
        self.secret = secret
        self.clock = clock
        self.caught: deque[Caught] = deque(maxlen=KEPT)

    def road(self, channel: DeliveryChannel) -> "SinkRoad":
        return SinkRoad(self, channel)

    def opens_with(self, secret: str) -> bool:
        """Whether this is its secret. Where a request seems to come from decides nothing: it can be made up."""
        return bool(self.secret) and compare_digest(self.secret.encode(), secret.encode())


class SinkRoad:
    def __init__(self, sink: Sink, channel: DeliveryChannel) -> None:
        self._sink = sink
        self._channel = channel

    async def send(self, message: Outgoing) -> None:
        self._sink.caught.appendleft(Caught(self._sink.clock(), self._channel, message))

    async def close(self) -> None:
        """Nothing is held open."""
