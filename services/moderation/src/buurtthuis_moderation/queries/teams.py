"""What can be read about those who look after a page."""

from datetime import date
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import NotFound
from pydantic import BaseModel
from sqlalchemy import ColumnElement, any_, exists, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_moderation.domain.pages import WANTED, Page
from buurtthuis_moderation.storage.members import members
from buurtthuis_moderation.storage.pages import pages


class ModeratorView(BaseModel):
    """A moderator, by the name that they took on the page. Whose name that is, staff see, and each of their own."""

    resident_id: UUID | None
    name: str | None
    on_duty: bool


class TeamView(BaseModel):
    """Who looks after a page; `on_duty` is who looks first this week."""

    moderators: list[ModeratorView]
    wanted: int
    guide_id: UUID | None


async def show_team(session: AsyncSession, id: UUID, day: date, by: Actor) -> TeamView:
    """Raises NotFound."""
    page = await session.get(Page, id)
    if page is None:
        raise NotFound(what="page", id=id)
    query = select(members.c.resident_id, members.c.name).where(members.c.house_id == id)
    rows = await session.execute(query.where(members.c.resident_id.in_(page.moderators)))
    names, first = {row.resident_id: row.name for row in rows}, page.on_duty(day)
    moderators = [
        ModeratorView(
            resident_id=moderator if by.is_staff or moderator == by.person else None,
            name=names.get(moderator),
            on_duty=moderator == first,
        )
        for moderator in page.moderators
    ]
    return TeamView(moderators=moderators, wanted=WANTED, guide_id=page.guide_id)


def looks_after(by: Actor, page: ColumnElement[UUID]) -> ColumnElement[bool]:
    """In a query: whether somebody is a moderator of a page, its guide, or staff."""
    if by.is_staff:
        return literal(value=True)
    theirs = or_(literal(by.person) == any_(pages.c.moderators), pages.c.guide_id == by.person)
    return exists().where(pages.c.id == page, theirs)
