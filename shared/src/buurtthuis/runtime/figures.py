"""What a service has measured of every corporation, besides what the library measures of every service."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from buurtthuis.persistence.looking import Answer, Look
from buurtthuis.telemetry.metrics import Measure, Sample


@dataclass(frozen=True)
class Figure:
    """What a look says of each corporation, apart for each of the `values` that it is told `by`.

    The measure's labels are the corporation and that value."""

    measure: Measure
    look: Look
    values: Sequence[str]

    def samples(self, answer: Answer, corporations: Iterable[str]) -> list[Sample]:
        """As it was found; 0 where nothing was."""
        found = {value: answer[self.look.name_of(value)] for value in self.values}
        return [
            (corporation, value, numbers.get(corporation, 0))
            for corporation in corporations
            for value, numbers in found.items()
        ]
