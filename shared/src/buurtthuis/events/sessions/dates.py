"""Which date suits, of what is still a draft."""

from datetime import datetime
from uuid import UUID

from buurtthuis.events import Audience, Count, Event


class DatesAsked(Event, name="sessions.dates-asked.v1", subject="poll_id", audience=Audience.RESIDENTS):
    """The people of a house can say which of these dates suit them, for a session that is still a draft."""

    poll_id: UUID
    session_id: UUID
    house_id: UUID
    dates: tuple[datetime, ...]


class DateChosen(Event, name="sessions.date-chosen.v1", subject="poll_id", audience=Audience.RESIDENTS):
    """The date that suits most: so many can come, so many only if need be, so many cannot. Its host plans the session, perhaps then."""

    poll_id: UUID
    session_id: UUID
    house_id: UUID
    starts_at: datetime
    yes: Count
    if_need_be: Count
    no: Count
