"""What the people in the room decide."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from buurtthuis.events import Audience, Event
from buurtthuis.events.sessions.words import FollowUpOutcome


class Marked(BaseModel):
    """How many marks one option got."""

    model_config = ConfigDict(frozen=True)

    option_id: UUID
    marks: int


class FollowUpVoteOpened(Event, name="sessions.follow-up-vote-opened.v1", audience=Audience.RESIDENTS):
    """The people in the room decide what comes next: `present` people, `at_most` marks each."""

    vote_id: UUID
    session_id: UUID
    house_id: UUID
    options: tuple[UUID, ...]
    at_most: int
    present: int
    closes_at: datetime | None = None


class FollowUpDecided(Event, name="sessions.follow-up-decided.v1", audience=Audience.RESIDENTS):
    """What they decided. `counts` is in order of marks; `stop` counts the wish for no more."""

    vote_id: UUID
    session_id: UUID
    house_id: UUID
    outcome: FollowUpOutcome
    winners: tuple[UUID, ...]
    tied: tuple[UUID, ...]
    counts: tuple[Marked, ...]
    stop: int
    by_phone: int
    on_cards: int


class FollowUpVoteCancelled(Event, name="sessions.follow-up-vote-cancelled.v1", audience=Audience.RESIDENTS):
    """It was opened by mistake; nothing was decided."""

    vote_id: UUID
    session_id: UUID
    house_id: UUID
