"""What Prometheus can ask a process. Counts and durations; never a name, an id or a text."""

from contextlib import suppress
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Registry(CollectorRegistry):
    """Of one who left it tells nothing any more."""

    def __init__(self) -> None:
        super().__init__()
        self._metrics: list[Any] = []

    def register(self, collector: Any) -> None:
        """Each metric does this itself when it is made."""
        super().register(collector)
        self._metrics.append(collector)

    def forget(self, corporation: str) -> None:
        """What was counted of this corporation, by whatever metric."""
        for metric in self._metrics:
            with suppress(ValueError):  # it does not tell corporations apart
                metric.remove_by_labels({"corporation": corporation})


REGISTRY = Registry()

REQUEST_SECONDS = Histogram(
    "buurtthuis_request_seconds",
    "How long HTTP requests took.",
    ("service", "method", "route", "status"),
    registry=REGISTRY,
)
REACTION_SECONDS = Histogram(
    "buurtthuis_reaction_seconds", "How long reactions took.", ("reaction",), registry=REGISTRY
)
LAG = Gauge(
    "buurtthuis_stream_lag",
    "Entries a service has still to read from a producer's stream, as the producer knows it.",
    ("service", "corporation", "source"),
    registry=REGISTRY,
)
UNNUMBERED = Gauge(
    "buurtthuis_journal_unnumbered",
    "Committed journal rows that the relay has not numbered yet.",
    ("service", "corporation"),
    registry=REGISTRY,
)
UNPUBLISHED = Gauge(
    "buurtthuis_journal_unpublished",
    "Numbered journal entries that are not on the stream yet.",
    ("service", "corporation"),
    registry=REGISTRY,
)
PARKED = Gauge(
    "buurtthuis_parked_events",
    "Events that a reaction gave up on.",
    ("service", "corporation"),
    registry=REGISTRY,
)
BEGINS_AFTER = Gauge(
    "buurtthuis_journal_begins_after",
    "The position up to which journal entries went for their age.",
    ("service", "corporation"),
    registry=REGISTRY,
)
FOREIGN_ENTRIES = Counter(
    "buurtthuis_foreign_entries",
    "Entries that somebody else wrote to a stream, and that were not believed.",
    ("service", "corporation", "source"),
    registry=REGISTRY,
)
WENT_BACK = Counter(
    "buurtthuis_readers_went_back",
    "Times that a reader went back, since a producer's journal came back from an older copy.",
    ("service", "corporation", "source"),
    registry=REGISTRY,
)
MISSED_HISTORY = Counter(
    "buurtthuis_readers_missed_history",
    "Times that a reader was away for longer than its producer's journal goes back.",
    ("service", "corporation", "source"),
    registry=REGISTRY,
)
CLOCK_AHEAD = Gauge(
    "buurtthuis_clock_ahead_seconds",
    "How far the host's clock is ahead of the service's database's; less than nought where it is behind.",
    ("service",),
    registry=REGISTRY,
)
FOLLOWERS = Gauge(
    "buurtthuis_feed_followers",
    "Clients that follow a feed live.",
    ("service", "corporation"),
    registry=REGISTRY,
)


def exposition() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)
