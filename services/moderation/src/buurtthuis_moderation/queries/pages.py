"""What can be read of a page itself."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import NotFound
from buurtthuis.events.moderation import Check
from buurtthuis.persistence.looking import Now
from pydantic import BaseModel
from sqlalchemy import Date, Row, Select, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_moderation.domain.checks import Mode
from buurtthuis_moderation.domain.pages import NotAModerator, PageState
from buurtthuis_moderation.storage.members import members
from buurtthuis_moderation.storage.pages import pages

FIRST_TO_SEE_THE_DAY = timedelta(hours=14)


class PageView(BaseModel):
    """A page as everybody may read it: also by which rules something waits. `name` is the reader's own on it."""

    id: UUID
    state: PageState
    anonymise_on: date | None
    name: str | None
    first_posts: int
    themes_wait: bool
    checks: dict[Check, Mode]
    version: int


class RulesView(BaseModel):
    """The same rules with what this house looks for, which would tell others how to get around it."""

    first_posts: int
    themes_wait: bool
    checks: dict[Check, Mode]
    words: list[str]
    links: list[str]


async def show_page(session: AsyncSession, id: UUID, reader: UUID) -> PageView:
    """Raises NotFound."""
    row = await _page(session, id)
    rules = row.rules
    name = select(members.c.name).where(members.c.house_id == id, members.c.resident_id == reader)
    return PageView(
        id=row.id,
        state=row.state,
        anonymise_on=row.anonymise_on,
        name=await session.scalar(name),
        first_posts=rules.first_posts,
        themes_wait=rules.themes_wait,
        checks={check: rules.checks.mode(check) for check in Check},
        version=row.version,
    )


async def show_rules(session: AsyncSession, id: UUID, by: Actor) -> tuple[RulesView, int]:
    """With the page's version; raises NotFound, or NotAModerator."""
    row = await _page(session, id)
    if not (by.is_staff or by.person in (*row.moderators, row.guide_id)):
        raise NotAModerator
    rules = row.rules
    view = RulesView(
        first_posts=rules.first_posts,
        themes_wait=rules.themes_wait,
        checks={check: rules.checks.mode(check) for check in Check},
        words=sorted(rules.checks.words),
        links=sorted(rules.checks.links),
    )
    return view, row.version


async def check_page(session: AsyncSession, id: UUID) -> None:
    """Raises NotFound."""
    await _page(session, id)


def to_anonymise(now: Now) -> Select[UUID]:
    """Pages whose day has come somewhere on earth."""
    day = cast(func.timezone("UTC", now + FIRST_TO_SEE_THE_DAY), Date)
    due = pages.c.anonymise_on <= day, pages.c.state == PageState.ARCHIVED
    return select(pages.c.id).where(*due).order_by(pages.c.anonymise_on)


async def _page(session: AsyncSession, id: UUID) -> Row[Any]:
    row = (await session.execute(select(pages).where(pages.c.id == id))).one_or_none()
    if row is None:
        raise NotFound(what="page", id=id)
    return row
