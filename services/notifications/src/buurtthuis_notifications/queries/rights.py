"""Reading who was given which role in which house."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.events.notifications import GivenRole
from pydantic import BaseModel
from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.storage.rights import rights


class RightView(BaseModel):
    """A right, by whom it was given and when; `until` is its end, which is past where `taken_away_by` says by whom.

    People are said by pseudonym. It is for all houses where it names none."""

    id: UUID
    subject_id: UUID
    role: GivenRole
    house_id: UUID | None
    given_by: UUID
    given_at: datetime
    until: datetime | None
    taken_away_by: UUID | None
    holds: bool
    version: int


@dataclass(frozen=True)
class Wanted:
    """Which rights; all of it together."""

    house: UUID | None = None
    subject: UUID | None = None
    holds: bool | None = None


def _views(now: datetime) -> Select[Any]:
    return select(rights, _holds(now).label("holds"))


def _holds(now: datetime) -> Any:
    return func.coalesce(rights.c.until > now, True)


async def list_rights(
    session: AsyncSession, wanted: Wanted, now: datetime, *, after: UUID | None = None, limit: int = 50
) -> list[RightView]:
    """In the order of being given; of a house, those for all houses too."""
    query = _views(now).order_by(rights.c.id).limit(limit)
    if wanted.house:
        query = query.where(or_(rights.c.house_id == wanted.house, rights.c.house_id.is_(None)))
    if wanted.subject:
        query = query.where(rights.c.subject_id == wanted.subject)
    if wanted.holds is not None:
        query = query.where(_holds(now) == wanted.holds)
    query = query.where(rights.c.id > after) if after else query
    return [RightView(**row) for row in (await session.execute(query)).mappings()]


async def one_right(session: AsyncSession, id: UUID, now: datetime) -> RightView:
    """Raises NotFound."""
    row = (await session.execute(_views(now).where(rights.c.id == id))).mappings().one_or_none()
    if row is None:
        raise NotFound(what="right", id=id)
    return RightView(**row)
