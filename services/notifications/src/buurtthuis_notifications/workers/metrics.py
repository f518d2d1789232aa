"""What operators can measure: what waits for which road, and how it goes there. Never for whom."""

from typing import TypeVar

from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.runtime.figures import Figure
from buurtthuis.telemetry import metrics
from buurtthuis.telemetry.metrics import Measure
from prometheus_client import Counter

from buurtthuis_notifications.channels import AgainstUs, NobodyThere, TryLater, Undeliverable
from buurtthuis_notifications.queries import messages

SENT = Counter(
    "buurtthuis_messages_sent",
    "Messages that were handed to a road, by how that ended: arrived, or refused because of the address or of us, "
    "or nobody there, or to be tried later.",
    ("road", "end"),
    registry=metrics.REGISTRY,
)
WAITING = Measure(
    "buurtthuis_messages_waiting", "Messages that should have gone by now.", ("corporation", "road")
)
OLDEST = Measure(
    "buurtthuis_messages_oldest_seconds",
    "How long ago the oldest of those was made.",
    ("corporation", "road"),
)
End = TypeVar("End", bound=Exception | None)
ENDS = ((Undeliverable, "address"), (AgainstUs, "us"), (NobodyThere, "nobody_there"), (TryLater, "later"))


def count_outcome(road: DeliveryChannel, end: End) -> End:
    """Count how one ended; returns that same end."""
    said = next((word for kind, word in ENDS if isinstance(end, kind)), "arrived")
    SENT.labels(road.value, said).inc()
    return end


ROADS = [road.value for road in DeliveryChannel]
figures = Figure(WAITING, messages.WAITING, ROADS), Figure(OLDEST, messages.OLDEST, ROADS)
