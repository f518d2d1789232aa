"""A message that is ready to go, by whatever road."""

from dataclasses import dataclass
from uuid import UUID

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
