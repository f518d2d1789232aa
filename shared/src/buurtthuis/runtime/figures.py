"""What a service has measured of every corporation, besides what the library measures of every service."""

from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import Gauge

from buurtthuis.persistence.looking import Answer, Look


@dataclass(frozen=True)
class Figure:
    """What a look says of each corporation, apart for each of the `values` that it is told `by`.

    The gauge's labels are the corporation and that value."""

    gauge: Gauge
    look: Look
    values: Sequence[str]

    def show(self, answer: Answer, corporation: str) -> None:
        """As it was found; 0 where nothing was."""
        for value in self.values:
            number = answer[self.look.name_of(value)].get(corporation, 0)
            self.gauge.labels(corporation, value).set(number)
