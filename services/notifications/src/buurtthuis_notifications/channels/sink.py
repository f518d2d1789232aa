"""Where messages end that have no road yet: to be looked at, and gone with the process."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime

from buurtthuis.database import Clock, utc_now
from buurtthuis.events.notifications import Channel

from buurtthuis_notifications.channels import Outgoing

KEPT = 200


@dataclass(frozen=True)
class Caught:
    """What would have gone out."""

    at: datetime
    channel: Channel
    message: Outgoing


class Sink:
    """Of all roads together, the newest first."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self.clock = clock
        self.caught: deque[Caught] = deque(maxlen=KEPT)

    def road(self, channel: Channel) -> "SinkRoad":
        """Instead of a real one."""
        return SinkRoad(self, channel)


class SinkRoad:
    """Leads into the sink."""

    def __init__(self, sink: Sink, channel: Channel) -> None:
        self._sink = sink
        self._channel = channel

    async def send(self, message: Outgoing) -> None:
        """See `channels.Road`."""
        self._sink.caught.appendleft(Caught(self._sink.clock(), self._channel, message))

    async def close(self) -> None:
        """See `channels.Road`."""
