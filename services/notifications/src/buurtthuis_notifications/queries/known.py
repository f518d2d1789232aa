"""Reading what is known of the others' things: what a text says, and whether it is still so."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.closing import ClosingQuestion
from buurtthuis_notifications.domain.known import (
    KnownHouse,
    KnownSeat,
    KnownSeries,
    KnownSession,
    KnownSurvey,
    KnownTheme,
    KnownThings,
)
from buurtthuis_notifications.storage import known as _mapped

K = TypeVar("K")


async def about(
    session: AsyncSession, announcements: Iterable[Announcement], seats: Sequence[UUID]
) -> KnownThings:
    """All that these are about, and these places in it."""
    told = list(announcements)
    into = [UUID(announcement.data["into"]) for announcement in told if announcement.data.get("into")]
    return KnownThings(
        await _by_id(session, KnownHouse, _ids(told, "house_id")),
        await _by_id(session, KnownSession, _ids(told, "session_id")),
        await _by_id(session, KnownSeries, _ids(told, "series_id")),
        await _by_id(session, KnownTheme, [*_ids(told, "theme_id"), *into]),
        await _by_id(session, KnownSurvey, _ids(told, "survey_id")),
        await _by_id(session, KnownSeat, seats),
        await _by_id(
            session, ClosingQuestion, [id for announcement in told if (id := announcement.question_id)]
        ),
    )


def _ids(announcements: Sequence[Announcement], name: str) -> list[UUID]:
    return list(dict.fromkeys(id for announcement in announcements if (id := getattr(announcement, name))))


async def _by_id(session: AsyncSession, kind: type[Any], ids: Sequence[UUID]) -> dict[UUID, Any]:
    if not ids:
        return {}
    found = await session.scalars(select(kind).where(kind.id.in_(ids)))
    return {copy.id: copy for copy in found}


__all__ = ["_mapped", "about"]
