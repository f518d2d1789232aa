"""What the people in the room decide."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from buurtthuis.events import Audience, Count, Erasable, Event
from buurtthuis.events.sessions.words import FollowUpOutcome


class Marked(BaseModel):
    """How many marks one option got."""

    model_config = ConfigDict(frozen=True)

    option_id: UUID
    marks: Count


class FollowUpVoteOpened(
    Event, name="sessions.follow-up-vote-opened.v1", subject="vote_id", audience=Audience.RESIDENTS
):
    """The people in the room decide what comes next: `present` people, `at_most` marks each."""

    vote_id: UUID
    session_id: UUID
    house_id: UUID
    options: tuple[UUID, ...]
    at_most: int
    present: int
    closes_at: datetime | None = None


class OptionProposed(
    Event, name="sessions.option-proposed.v1", subject="option_id", audience=Audience.RESIDENTS
):
    """Something that the people in the room came up with is among what they vote on."""

    option_id: UUID
    vote_id: UUID
    session_id: UUID
    house_id: UUID
    title: Erasable[str]


class BallotsCounted(
    Event, name="sessions.ballots-counted.v1", subject="session_id", audience=Audience.RESIDENTS
):
    """So many `ballots` there are while a vote goes on, by phone and on cards, of `present` people: for the screen in the room. It is said at most
    once a second, after a ballot and not with it, and never for what."""

    vote_id: UUID
    session_id: UUID
    house_id: UUID
    ballots: Count
    present: Count


class FollowUpDecided(
    Event, name="sessions.follow-up-decided.v1", subject="vote_id", audience=Audience.RESIDENTS
):
    """What they decided. `counts` is in order of marks; `stop` counts the wish for no more.

    So many voted `online`, in the room, and so many on `cards`."""

    vote_id: UUID
    session_id: UUID
    house_id: UUID
    outcome: FollowUpOutcome
    winners: tuple[UUID, ...]
    tied: tuple[UUID, ...]
    counts: tuple[Marked, ...]
    stop: Count
    online: Count
    cards: Count


class FollowUpVoteCancelled(
    Event, name="sessions.follow-up-vote-cancelled.v1", subject="vote_id", audience=Audience.RESIDENTS
):
    """It was opened by mistake; nothing was decided."""

    vote_id: UUID
    session_id: UUID
    house_id: UUID
