"""Roads to the outside. Each takes a message that is ready, and says whether it took it."""

from datetime import timedelta
from typing import Protocol, runtime_checkable

from buurtthuis.events.notifications import FailureReason

from buurtthuis_notifications.rendering.outgoing import Outgoing


class Undeliverable(Exception):
    """This road never leads there. What it is about is in no message of ours: an address is nobody's business."""

    def __init__(self, reason: FailureReason, why: str = "") -> None:
        """`why` is for staff: codes, never words."""
        super().__init__(why or reason.value)
        self.reason = reason


class TryLater(Exception):
    """The road cannot take it now; `after` is how long it wants to be left alone at least."""

    def __init__(self, why: str, after: timedelta = timedelta()) -> None:
        super().__init__(why)
        self.after = after


class AgainstUs(TryLater):
    """The other side refuses us, whoever it is for: until somebody here does something, it goes on to do so."""


class NobodyThere(TryLater):
    """Nobody answered at this address, while others do at theirs."""


class Road(Protocol):
    """One way out."""

    async def send(self, message: Outgoing) -> None:
        """Returns when the other side took it. Raises Undeliverable and TryLater, AgainstUs and NobodyThere among them."""

    async def close(self) -> None:
        """Hang up."""


@runtime_checkable
class CheckedRoad(Road, Protocol):
    """One whose other side can be asked whether it is there, without sending anything."""

    async def check(self) -> str:
        """What answers there. Raises TryLater and AgainstUs."""
