"""Something that happened and has to be told, until everybody has been."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import UUID, uuid5

from buurtthuis.core.states import StateMachine
from buurtthuis.events import Event
from buurtthuis.events.notifications import AnnouncementDelivered, DeliveryChannel

from buurtthuis_notifications.domain.known import KnownSession
from buurtthuis_notifications.domain.rules import FRESH_FOR, USEFUL_FOR, Rule, Urgency

ABOUT = ("house_id", "session_id", "series_id", "theme_id", "survey_id", "resident_id")
#: Who it is about is kept where it can be taken back.
PEOPLE = ("resident_id", "author_id")

#: After this there is nothing more to do about it.
UNTIL = ("expires_at", "closes_at")


class AnnouncementState(StrEnum):
    """First it is worked out who is told, page by page; then they are."""

    ADDRESSING = "addressing"
    TELLING = "telling"
    TOLD = "told"


MOVES = StateMachine(
    {
        AnnouncementState.ADDRESSING: {AnnouncementState.TELLING},
        AnnouncementState.TELLING: {AnnouncementState.TOLD},
    }
)


@dataclass(eq=False)
class Announcement:
    """One event by its rule. `data` is what the event says, `words` what people wrote in it: that can be taken back.

    `said_by` is the resident who said it, where one did. `reached` is the last resident for whom there is a message, in
    order of id."""

    id: UUID
    rule: str
    cause: UUID
    urgency: Urgency
    data: dict[str, Any]
    words: dict[str, Any] | None
    made_at: datetime
    due_at: datetime
    expires_at: datetime
    house_id: UUID | None = None
    session_id: UUID | None = None
    series_id: UUID | None = None
    theme_id: UUID | None = None
    survey_id: UUID | None = None
    resident_id: UUID | None = None
    state: AnnouncementState = AnnouncementState.ADDRESSING
    reached: UUID | None = None
    told_at: datetime | None = None
    said_by: UUID | None = None
    version: int = 0

    @classmethod
    def of(
        cls,
        event: Event,
        rule: Rule,
        cause: UUID,
        said_at: datetime,
        session: KnownSession | None,
        now: datetime,
        said_by: UUID | None = None,
    ) -> Self:
        """What an event makes of its rule. `session` is the one that it is about, where that is known."""
        ends = [said_at + USEFUL_FOR, *(moment for name in UNTIL if (moment := getattr(event, name, None)))]
        ends += [session.begins] if session and now < session.begins else []
        facts, erasable = event.model_dump(mode="json"), event.erasable()
        ids: dict[str, Any] = {name: getattr(event, name, None) for name in ABOUT}
        ids["resident_id"] = ids["resident_id"] or getattr(event, "author_id", None)
        return cls(
            uuid5(cause, rule.name),
            rule.name,
            cause,
            rule.urgency_of(event, _left(event, session, now)),
            {name: value for name, value in facts.items() if name not in {*erasable, *PEOPLE}},
            {name: value for name, value in facts.items() if name in erasable} or None,
            now,
            now,
            min(ends),
            said_by=said_by,
            **ids,
        )

    @classmethod
    def by_the_clock(
        cls,
        rule: Rule,
        about: UUID,
        due_at: datetime,
        expires_at: datetime,
        now: datetime,
        **ids: Any,
    ) -> Self:
        """What no event says: that it is time. For the same thing at the same time there is one."""
        cause = clock_cause(about, due_at)
        return cls(
            uuid5(cause, rule.name), rule.name, cause, rule.urgency, {}, None, now, due_at, expires_at, **ids
        )

    @property
    def question_id(self) -> UUID | None:
        """What it asks of whoever is told, where it asks something."""
        question = self.data.get("question_id")
        return UUID(question) if question else None

    def is_news(self, said_at: datetime, now: datetime) -> bool:
        """Whether anybody is to be told, of what was said then."""
        return now < min(said_at + FRESH_FOR, self.expires_at)

    def advance(self, last: UUID | None) -> None:
        """A page of residents has its messages; without a `last` one, all have."""
        if last:
            self.reached = last
        else:
            MOVES.move(self, AnnouncementState.TELLING)

    def conclude(
        self,
        by_channel: Mapping[DeliveryChannel, int],
        by_hand: int,
        suppressed: int,
        failed: int,
        no_road: int,
        now: datetime,
    ) -> list[AnnouncementDelivered]:
        """Everybody has been told, or cannot be; once."""
        if self.state is not AnnouncementState.TELLING:
            return []
        MOVES.move(self, AnnouncementState.TOLD)
        self.told_at = now
        return [
            AnnouncementDelivered(
                announcement_id=self.id,
                house_id=self.house_id,
                cause=self.cause,
                by_channel=dict(by_channel),
                by_hand=by_hand,
                suppressed=suppressed,
                failed=failed,
                no_road=no_road,
            )
        ]


def _left(event: Event, session: KnownSession | None, now: datetime) -> timedelta | None:
    """Before people leave home for it: one that was moved is missed where it was, too."""
    begins = [session.begins] if session else []
    was = getattr(event, "was_starts_at", None)
    return min([*begins, was] if was else begins) - now if begins else None


def clock_cause(about: UUID, due_at: datetime) -> UUID:
    """What stands for an event where the clock is the reason; the same for all replicas."""
    return uuid5(about, due_at.astimezone(UTC).isoformat())
