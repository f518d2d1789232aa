"""What Prometheus can ask a process. Counts and durations; never a name, an id or a text."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

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

#: The values of a measure's labels, in their order, and the number.
Sample: TypeAlias = tuple[str | float, ...]


@dataclass(frozen=True)
class Measure:
    """A gauge that is measured when somebody asks, and kept by nobody until the next time: of each corporation there are
    dozens, and as objects they take more memory than all else that is known of it.

    Its labels' values are names of ours, in which there is nothing to be quoted."""

    name: str
    documentation: str
    labels: tuple[str, ...]

    def told(self, samples: Iterable[Sample]) -> str:
        """In Prometheus' text format."""
        labels = ",".join(f'{label}="%s"' for label in self.labels)
        line = f"{self.name}{{{labels}}} %.1f\n"
        head = f"# HELP {self.name} {self.documentation}\n# TYPE {self.name} gauge\n"
        return head + "".join(line % sample for sample in samples)


REQUEST_SECONDS = Histogram(
    "buurtthuis_request_seconds",
    "How long HTTP requests took.",
    ("service", "method", "route", "status"),
    registry=REGISTRY,
)
REACTION_SECONDS = Histogram(
    "buurtthuis_reaction_seconds", "How long reactions took.", ("reaction",), registry=REGISTRY
)
LAG = Measure(
    "buurtthuis_stream_lag",
    "Entries a service has still to read from a producer's stream, as the producer knows it.",
    ("corporation", "service", "source"),
)
UNNUMBERED = Measure(
    "buurtthuis_journal_unnumbered",
    "Committed journal rows that the relay has not numbered yet.",
    ("corporation", "service"),
)
UNPUBLISHED = Measure(
    "buurtthuis_journal_unpublished",
    "Numbered journal entries that are not on the stream yet.",
    ("corporation", "service"),
)
PARKED = Measure("buurtthuis_parked_events", "Events that a reaction gave up on.", ("corporation", "service"))
BEGINS_AFTER = Measure(
    "buurtthuis_journal_begins_after",
    "The position up to which journal entries went for their age.",
    ("corporation", "service"),
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
CLOCK_AHEAD = Measure(
    "buurtthuis_clock_ahead_seconds",
    "How far the host's clock is ahead of the service's database's; less than nought where it is behind.",
    ("service",),
)
FOLLOWERS = Gauge(
    "buurtthuis_feed_followers",
    "Clients that follow a feed live.",
    ("service", "corporation"),
    registry=REGISTRY,
)


def exposition(measured: Iterable[tuple[Measure, Iterable[Sample]]]) -> bytes:
    """All metrics in Prometheus' text format, and what was measured now, of whichever services."""
    samples: defaultdict[Measure, list[Sample]] = defaultdict(list)
    for measure, of_some in measured:
        samples[measure] += of_some
    told = (measure.told(of_all) for measure, of_all in samples.items())
    return generate_latest(REGISTRY) + "".join(told).encode()
