"""Reading how somebody wants to be told, and which ideas they follow."""

from collections.abc import Iterable
from datetime import time
from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.events.notifications import DeliveryChannel
from pydantic import BaseModel, WithJsonSchema
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.residents import Resident
from buurtthuis_notifications.domain.rules import Topic
from buurtthuis_notifications.domain.wishes import Rhythm, Wishes
from buurtthuis_notifications.storage import residents as _residents
from buurtthuis_notifications.storage import wishes as _wishes
from buurtthuis_notifications.storage.known import followers, known_themes

#: What the clock at home shows. JSON Schema's `time` wants an offset, and this has none.
OnTheWall = Annotated[
    time, WithJsonSchema({"type": "string", "pattern": r"^\d{2}:\d{2}(:\d{2})?$", "examples": ["21:00"]})
]


class WishesView(BaseModel):
    """Which roads are off for which kinds of messages, what waits for others, and when nothing comes.

    `roads` are those that are set up here at all."""

    off: dict[Topic, tuple[DeliveryChannel, ...]]
    digests: dict[Topic, Rhythm]
    digest_at: OnTheWall
    digest_day: int
    quiet_from: OnTheWall
    quiet_until: OnTheWall
    at_most: int
    roads: list[DeliveryChannel]
    version: int


class FollowedTheme(BaseModel):
    """An idea that somebody wants to hear of."""

    id: UUID
    house_id: UUID


async def wishes_of(session: AsyncSession, resident: UUID, roads: Iterable[DeliveryChannel]) -> WishesView:
    """What they said, or what is usual where they never did. Raises NotFound."""
    if await session.get(Resident, resident) is None:
        raise NotFound(what="resident", id=resident)
    found = await session.get(Wishes, resident) or Wishes.usual(resident)
    return WishesView.model_validate({**vars(found), "roads": sorted(roads)})


async def followed(
    session: AsyncSession, resident: UUID, after: UUID | None, limit: int
) -> list[FollowedTheme]:
    """In order of id."""
    query = (
        select(known_themes.c.id, known_themes.c.house_id)
        .join(followers, followers.c.theme_id == known_themes.c.id)
        .where(followers.c.resident_id == resident)
        .order_by(known_themes.c.id)
        .limit(limit)
    )
    query = query.where(known_themes.c.id > after) if after else query
    return [FollowedTheme.model_validate(dict(row)) for row in (await session.execute(query)).mappings()]


__all__ = ["FollowedTheme", "WishesView", "_residents", "_wishes", "followed", "wishes_of"]
