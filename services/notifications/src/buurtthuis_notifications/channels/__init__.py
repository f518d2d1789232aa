"""Roads to the outside. Each takes a message that is ready, and says whether it took it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from buurtthuis.events.notifications import FailureReason

from buurtthuis_notifications.domain.rules import Urgency
from buurtthuis_notifications.texts import Text
from buurtthuis_notifications.texts.layout import for_reader


@dataclass(frozen=True)
class Invitation:
    """What goes into somebody's calendar, and by which method (RFC 5546): that is said on the part of the mail too."""

    method: str
    content: bytes


@dataclass(frozen=True)
class Outgoing:
    """One message to one address, which is opened here and nowhere before.

    The `id` stays the same however often it is sent. Links may be missing where nothing answers them. `page` is the
    same for all readers of a text, with places for their own links."""

    id: UUID
    to: str
    text: Text
    page: str
    urgency: Urgency
    sender: str
    link: str | None = None
    unsubscribe: str | None = None
    seen: str | None = None
    calendar: Invitation | None = None

    @property
    def html(self) -> str:
        """The page with this reader's links."""
        return for_reader(self.page, seen=self.seen, unsubscribe=self.unsubscribe)


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
