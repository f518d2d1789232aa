"""Leaving the other side alone for a while, once it refuses us whoever it is for, or does not answer at all."""

import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta

import structlog
from buurtthuis.events.notifications import DeliveryChannel

from buurtthuis_notifications.channels import TryLater
from buurtthuis_notifications.domain.rules import Urgency

log = structlog.get_logger(__name__)

#: For so long, and each time twice as long where the first that is tried afterwards finds the same.
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=10)
#: One at a time finds out whether it is over; who has not come back after this does not keep the others waiting.
TRIAL = timedelta(seconds=15)


class Circuit:
    """Several in a row that go wrong open it; the first that goes well closes it.

    What is critical passes all the same: it cannot wait, and there is little of it."""

    def __init__(
        self,
        road: DeliveryChannel,
        *,
        most: int,
        different: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """It opens after `most` in a row, for at least so many `different` ones: no domain pauses the mail of others."""
        self._road = road
        self._most = most
        self._different = different
        self._clock = clock
        self._wrong: deque[str] = deque(maxlen=10 * most)
        self._pauses = 0
        self._until: float | None = None
        self._trying = False

    def check(self, urgency: Urgency) -> None:
        """Raises TryLater while it is open."""
        if self._until is None or urgency is Urgency.CRITICAL:
            return
        left = self._until - self._clock()
        if left > 0:
            raise TryLater("this road is left alone for a while", timedelta(seconds=left))
        self._trying, self._until = True, self._clock() + TRIAL.total_seconds()

    def went_well(self) -> None:
        """The other side took one."""
        if self._until is not None:
            log.warning("a road takes messages again", road=self._road.value)
        self._wrong.clear()
        self._pauses, self._until, self._trying = 0, None, False

    def went_wrong(self, whom: str, *, whoever_it_is: bool = False) -> None:
        """It did not, for `whom`; or would not have, `whoever_it_is` for."""
        self._wrong.append(whom)
        enough = len(self._wrong) >= self._most and len(set(self._wrong)) >= self._different
        if self._trying or (self._until is None and (whoever_it_is or enough)):
            self._open()

    def _open(self) -> None:
        pause = min(FIRST_PAUSE * 2**self._pauses, LONGEST_PAUSE)
        self._pauses, self._trying = min(self._pauses + 1, 10), False
        self._until = self._clock() + pause.total_seconds()
        # Anybody can name a push service that is silent: that wakes no operator.
        tell = log.warning if self._road is DeliveryChannel.PUSH else log.error
        tell("a road is left alone for a while", road=self._road.value, seconds=int(pause.total_seconds()))
