"""Messages for tests of roads."""

from uuid import UUID, uuid4

from buurtthuis_notifications.domain.rules import Urgency
from buurtthuis_notifications.rendering.outgoing import Invitation, Outgoing
from buurtthuis_notifications.texts import Text

CANARY = "kanarie-7c1f"


def a_text(subject: str = "Gaat niet door", body: str = "De koffietafel gaat niet door.") -> Text:
    """In plain Dutch."""
    return Text("nl-x-b1", "ltr", "❌", subject, "Gaat niet door: koffie", body)


def a_message(
    to: str,
    text: Text | None = None,
    *,
    id: UUID | None = None,
    unsubscribe: str | None = None,
    calendar: Invitation | None = None,
    urgency: Urgency = Urgency.URGENT,
) -> Outgoing:
    """On its way to somebody."""
    return Outgoing(
        id or uuid4(),
        to,
        text or a_text(),
        "<p>De koffietafel gaat niet door.</p>",
        urgency,
        "Woonpartners",
        unsubscribe=unsubscribe,
        calendar=calendar,
    )
