"""What happened with my idea?"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from buurtthuis.events import Event
from buurtthuis.events.surveys import (
    ThemeAdmitted,
    ThemeAnswered,
    ThemeHidden,
    ThemeMerged,
    ThemeParked,
    ThemeProposed,
    ThemeRealised,
    ThemeRejected,
    ThemeScheduled,
    ThemeSelected,
    ThemeShown,
    ThemeUnscheduled,
    ThemeWithdrawn,
)
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


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
    HIDDEN = "hidden"
    SHOWN = "shown"


STEPS: dict[type[Event], tuple[Step, str]] = {
    ThemeProposed: (Step.PROPOSED, "Het idee is ingediend."),
    ThemeAdmitted: (Step.ADMITTED, "Het idee staat op de lijst."),
    ThemeRejected: (Step.REJECTED, "Het idee komt niet op de lijst."),
    ThemeWithdrawn: (Step.WITHDRAWN, "De indiener heeft het idee teruggetrokken."),
    ThemeMerged: (Step.MERGED, "Het idee gaat verder samen met een idee dat erop lijkt."),
    ThemeSelected: (Step.SELECTED, "Het idee is gekozen."),
    ThemeParked: (Step.PARKED, "Een goed idee, maar nu nog niet."),
    ThemeScheduled: (Step.SCHEDULED, "Er is een bijeenkomst gepland."),
    ThemeUnscheduled: (Step.UNSCHEDULED, "De bijeenkomst gaat niet door. Het idee wacht op een nieuwe."),
    ThemeRealised: (Step.REALISED, "De bijeenkomst is geweest."),
    ThemeAnswered: (Step.ANSWERED, "De corporatie heeft geantwoord."),
    ThemeHidden: (Step.HIDDEN, "De beheerders hebben het idee weggehaald."),
    ThemeShown: (Step.SHOWN, "Het idee is weer te zien."),
}


class TimelineStep(BaseModel):
    """One thing that happened to an idea, or to the idea that it became part of.

    `text` is the same in plain Dutch; what somebody wrote is in `reason` or `reply` unless it was taken back."""

    theme_id: UUID
    at: datetime
    step: Step
    text: str
    into: UUID | None = None
    session_id: UUID | None = None
    reason: str | None = None
    reply: str | None = None


#: From the journal, which nothing is ever dropped from. What a theme became part of follows it, to the end; but why
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


async def timeline(session: AsyncSession, theme: UUID) -> list[TimelineStep]:
    """From idea to answer, in the order in which it happened."""
    by_type = {event.type(): told for event, told in STEPS.items()}
    wanted = {"theme": theme, "types": list(by_type), "proposed": ThemeProposed.type()}
    return [
        TimelineStep.model_validate(
            {
                **row.data,
                "theme_id": row.theme_id,
                "at": row.time,
                "step": by_type[row.type][0],
                "text": by_type[row.type][1],
            }
        )
        for row in await session.execute(HAPPENED, wanted)
    ]
