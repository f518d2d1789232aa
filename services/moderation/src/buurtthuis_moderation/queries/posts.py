"""What can be read on a page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import NotFound
from buurtthuis.events.moderation import ContentKind
from buurtthuis.events.surveys import Origin
from pydantic import BaseModel, computed_field
from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_moderation.domain.contents import OURS, ContentState
from buurtthuis_moderation.domain.findings import Finding
from buurtthuis_moderation.queries.markup import as_html
from buurtthuis_moderation.queries.pages import check_page
from buurtthuis_moderation.queries.teams import looks_after
from buurtthuis_moderation.storage.contents import contents, revisions
from buurtthuis_moderation.storage.members import members

#: Where a post stands on the page: something that waits, by when it was written.
STANDS_AT = func.coalesce(contents.c.published_at, contents.c.written_at)
answers = contents.alias("answers")
REPLIES = (
    select(func.count())
    .where(answers.c.reply_to == contents.c.id, answers.c.state == ContentState.PUBLISHED)
    .scalar_subquery()
    .label("replies")
)


class PostView(BaseModel):
    """A post, or a reply, as a client reads it. `author` is the name that a resident took on this page.

    What checks found in it is shown to whoever wrote it and to whoever looks after the page: `start` and `end` count
    characters of the text. `html` is the text with its links, to be put into a page as it is. There is neither where
    the words were taken back."""

    id: UUID
    house_id: UUID
    kind: ContentKind
    origin: Origin
    author: str | None
    mine: bool
    text: str | None
    language: str
    state: ContentState
    written_at: datetime
    published_at: datetime | None
    edited_at: datetime | None
    reply_to: UUID | None
    theme_id: UUID | None
    session_id: UUID | None
    pinned: bool
    replies: int
    findings: tuple[Finding, ...]
    version: int

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way
    @property
    def html(self) -> str | None:
        """Plain text and links, and nothing else that a browser would act on."""
        return None if self.text is None else as_html(self.text)


class RevisionView(BaseModel):
    """How something read, until then."""

    text: str
    until: datetime


@dataclass(frozen=True)
class Wanted:
    """Which posts of a page; all of it together."""

    house: UUID
    theme: UUID | None = None
    session: UUID | None = None
    language: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """What must be true of a post."""
        columns = {
            contents.c.theme_id: self.theme,
            contents.c.session_id: self.session,
            contents.c.language: self.language,
        }
        found: list[ColumnElement[bool]] = [column == wanted for column, wanted in columns.items() if wanted]
        return [contents.c.house_id == self.house, contents.c.kind == ContentKind.POST, *found]


async def list_posts(
    session: AsyncSession, wanted: Wanted, by: Actor, *, after: UUID | None = None, limit: int = 50
) -> list[PostView]:
    """Newest first, below the post `after`; without those that stay on top. Raises NotFound where there is no page."""
    await check_page(session, wanted.house)
    query = _posts(by).where(*wanted.conditions(), ~contents.c.pinned)
    if after:
        last = select(STANDS_AT, contents.c.id).where(contents.c.id == after).scalar_subquery()
        query = query.where(tuple_(STANDS_AT, contents.c.id) < last)
    return await _read(session, query.order_by(STANDS_AT.desc(), contents.c.id.desc()).limit(limit))


async def pinned_posts(session: AsyncSession, wanted: Wanted, by: Actor) -> list[PostView]:
    """Those that stay on top, newest first."""
    query = _posts(by).where(*wanted.conditions(), contents.c.pinned)
    return await _read(session, query.order_by(STANDS_AT.desc(), contents.c.id.desc()))


async def list_replies(
    session: AsyncSession, post: UUID, by: Actor, *, after: UUID | None = None, limit: int = 50
) -> list[PostView]:
    """In the order of a conversation; raises NotFound where the post is none for this viewer."""
    await show_post(session, post, by)
    query = _posts(by).where(contents.c.reply_to == post)
    if after:
        query = query.where(contents.c.id > after)
    return await _read(session, query.order_by(contents.c.id).limit(limit))


async def show_post(session: AsyncSession, id: UUID, by: Actor) -> PostView:
    """One post or reply; raises NotFound, also for what this viewer may not see."""
    found = await _read(session, _posts(by).where(contents.c.id == id))
    if not found:
        raise NotFound(what="post", id=id)
    return found[0]


async def show_history(session: AsyncSession, id: UUID, by: Actor) -> list[RevisionView]:
    """How it read before, oldest first; for whoever wrote it or looks after the page, others find nothing."""
    row = (await session.execute(_posts(by).where(contents.c.id == id))).one_or_none()
    if row is None or not (row.mine or row.judged):
        raise NotFound(what="post", id=id)
    query = select(revisions.c.text, revisions.c.until).where(revisions.c.content_id == id)
    found = await session.execute(query.order_by(revisions.c.number))
    return [RevisionView(text=revision.text, until=revision.until) for revision in found]


def _posts(by: Actor) -> Select[Any]:
    named = and_(members.c.house_id == contents.c.house_id, members.c.resident_id == contents.c.author_id)
    mine = contents.c.origin == Origin.CORPORATION if by.is_staff else contents.c.author_id == by.person
    judged = looks_after(by, contents.c.house_id)
    seen = or_(contents.c.state == ContentState.PUBLISHED, mine, judged)
    labels = func.coalesce(mine, False).label("mine"), judged.label("judged"), members.c.name.label("author")
    query = select(contents, *labels, REPLIES)
    return query.outerjoin_from(contents, members, named).where(contents.c.kind.in_(OURS), seen)


async def _read(session: AsyncSession, query: Select[Any]) -> list[PostView]:
    return [_view(row) for row in await session.execute(query)]


def _view(row: Row[Any]) -> PostView:
    found = row.findings if row.mine or row.judged else ()
    return PostView(**{**row._mapping, "findings": found})
