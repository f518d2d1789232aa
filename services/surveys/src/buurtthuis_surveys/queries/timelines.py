"""What happened with my idea?"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from buurtthuis.events import Event
from buurtthuis.events.surveys import (
    ThemeAdmitted,
    ThemeAnswered,
    ThemeConfirmed,
    ThemeHidden,
    ThemeMerged,
    ThemeParked,
    ThemeProposed,
    ThemeRealised,
    ThemeRejected,
    ThemeReopened,
    ThemeScheduled,
    ThemeSelected,
    ThemeShown,
    ThemeUnscheduled,
    ThemeWithdrawn,
)
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_surveys.texts import Language


class Step(StrEnum):
    """What can happen to an idea; front-ends find their own sentences by it."""

    PROPOSED = "proposed"
    ADMITTED = "admitted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    SELECTED = "selected"
    PARKED = "parked"
    SCHEDULED = "scheduled"
    UNSCHEDULED = "unscheduled"
    REALISED = "realised"
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    REOPENED = "reopened"
    HIDDEN = "hidden"
    SHOWN = "shown"


STEPS: dict[type[Event], Step] = {
    ThemeProposed: Step.PROPOSED,
    ThemeAdmitted: Step.ADMITTED,
    ThemeRejected: Step.REJECTED,
    ThemeWithdrawn: Step.WITHDRAWN,
    ThemeMerged: Step.MERGED,
    ThemeSelected: Step.SELECTED,
    ThemeParked: Step.PARKED,
    ThemeScheduled: Step.SCHEDULED,
    ThemeUnscheduled: Step.UNSCHEDULED,
    ThemeRealised: Step.REALISED,
    ThemeAnswered: Step.ANSWERED,
    ThemeConfirmed: Step.CONFIRMED,
    ThemeReopened: Step.REOPENED,
    ThemeHidden: Step.HIDDEN,
    ThemeShown: Step.SHOWN,
}


class TimelineStep(BaseModel):
    """One thing that happened to an idea, or to the idea that it became part of.

    `text` says so in `language`; what somebody wrote is in `reason` or `reply`, as they wrote it, unless it was taken back."""

    theme_id: UUID
    at: datetime
    step: Step
    text: str
    language: str
    into: UUID | None = None
    session_id: UUID | None = None
    reason: str | None = None
    reply: str | None = None


#: From the journal, where these stay: the service says that it keeps them. What a theme became part of follows it, to the end; but why
#: that one was rejected is told to its own proposer alone.
HAPPENED = text(
    """
    WITH RECURSIVE chain AS (
        SELECT id, merged_into, 0 AS place FROM themes WHERE id = :theme
        UNION ALL
        SELECT themes.id, themes.merged_into, place + 1
        FROM themes JOIN chain ON themes.id = chain.merged_into
    )
    SELECT chain.id AS theme_id, type, time,
           CASE WHEN place = 0 THEN data ELSE data - 'reason' END AS data
    FROM chain JOIN journal ON subject = chain.id::text
    WHERE type = ANY(:types) AND (place = 0 OR type <> :proposed)
    ORDER BY place, journal.id
    """
)


async def timeline(session: AsyncSession, theme: UUID, spoken: Language) -> list[TimelineStep]:
    """From idea to answer, in the order in which it happened."""
    steps = {event.type(): step for event, step in STEPS.items()}
    wanted = {"theme": theme, "types": list(steps), "proposed": ThemeProposed.type()}
    return [
        TimelineStep.model_validate(
            {
                **row.data,
                "theme_id": row.theme_id,
                "at": row.time,
                "step": (step := steps[row.type]),
                "text": spoken.say(f"step_{step.value}"),
                "language": spoken.tag,
            }
        )
        for row in await session.execute(HAPPENED, wanted)
    ]
