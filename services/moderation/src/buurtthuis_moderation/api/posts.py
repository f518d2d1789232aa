"""Posts and replies over HTTP."""

from typing import Annotated
from uuid import UUID

from buurtthuis.core.corporations import LanguageTag
from buurtthuis.core.errors import KeyReused, NotFound, VersionMissing
from buurtthuis.core.texts import can_be_read
from buurtthuis.core.work import Receipt
from buurtthuis.http.models import Body, Page, Paging
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.versions import etag
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field

from buurtthuis_moderation.api.people import (
    Editor,
    Everyone,
    Moderator,
    ModeratorDelete,
    Writer,
    acting,
)
from buurtthuis_moderation.commands import posts as commands
from buurtthuis_moderation.domain.contents import (
    CannotAnswer,
    CannotEdit,
    CannotPin,
    ContentCannotMove,
    EditWaits,
    NotPinned,
    NotYourPost,
    TooLateToEdit,
)
from buurtthuis_moderation.domain.departures import HasMovedOut
from buurtthuis_moderation.domain.mutes import Muted
from buurtthuis_moderation.domain.pages import NotAModerator, PageIsArchived
from buurtthuis_moderation.queries import posts as queries
from buurtthuis_moderation.queries.posts import PostView, RevisionView, Wanted

router = APIRouter(tags=["posts"])


def _readable(text: str) -> str:
    """Raises ValueError where there is no letter, number or sign to see."""
    if not can_be_read(text):
        raise ValueError("There is nothing to read in it.")
    return text


Text = Annotated[
    str,
    Field(
        min_length=1,
        max_length=5000,
        examples=["Wie gaat er mee wandelen? Kijk op https://voorbeeld.nl/wandelen."],
        description="Plain text; a link is written as it is.",
    ),
    AfterValidator(_readable),
]


class PostBody(Body):
    text: Text
    language: LanguageTag = Field(examples=["nl"])
    reply_to: UUID | None = Field(None, description="The post that it answers.")
    theme_id: UUID | None = Field(None, description="The theme that it is about.")
    session_id: UUID | None = Field(None, description="The session that it is about.")


class TextBody(Body):
    text: Text


class PostPage(Page[PostView]):
    """The first page begins with those that stay on top."""

    pinned: list[PostView] = Field(default_factory=list)


@router.post(
    "/pages/{id}/posts",
    status_code=201,
    summary="Write on the page of a house",
    responses=problems(NotFound, KeyReused, PageIsArchived, Muted, HasMovedOut, CannotAnswer),
)
async def write_post(id: UUID, body: PostBody, caller: Writer) -> Receipt:
    """A post, or a reply to one. Whether it can be read at once, or waits for a moderator, the post says itself."""
    command = commands.WritePost(id, caller.actor, **body.model_dump())
    return await caller.run_namelessly(command, at="/posts/{id}")


@router.get("/pages/{id}/posts", summary="What is on a page", responses=problems(NotFound))
async def list_posts(
    id: UUID,
    reader: Everyone,
    page: Paging,
    theme: Annotated[UUID | None, Query(description="Only about this theme.")] = None,
    session: Annotated[UUID | None, Query(description="Only about this session.")] = None,
    language: Annotated[LanguageTag | None, Query(description="Only in this language.")] = None,
) -> PostPage:
    """Newest first, without replies. Your own are among them from the first moment, whatever became of them."""
    wanted, eyes = Wanted(id, theme, session, language), acting(reader)
    async with reader.reading() as reading:
        items = await queries.list_posts(reading, wanted, eyes, after=page.after, limit=page.limit)
        pinned = [] if page.after else await queries.pinned_posts(reading, wanted, eyes)
    return PostPage(items=items, next=page.of(items).next, pinned=pinned)


@router.get("/posts/{id}", summary="One post or reply", responses=problems(NotFound))
async def show_post(id: UUID, reader: Everyone, response: Response) -> PostView:
    """With its version as ETag."""
    async with reader.reading() as session:
        post = await queries.show_post(session, id, acting(reader))
    response.headers["ETag"] = etag(post.version)
    return post


@router.get("/posts/{id}/replies", summary="The replies to a post", responses=problems(NotFound))
async def list_replies(id: UUID, reader: Everyone, page: Paging) -> Page[PostView]:
    """Oldest first, as in a conversation."""
    async with reader.reading() as session:
        found = await queries.list_replies(session, id, acting(reader), after=page.after, limit=page.limit)
    return page.of(found)


@router.get("/posts/{id}/history", summary="How a post read before", responses=problems(NotFound))
async def show_history(id: UUID, reader: Everyone) -> list[RevisionView]:
    """Oldest first; for whoever wrote it, and for those who look after the page."""
    async with reader.reading() as session:
        return await queries.show_history(session, id, acting(reader))


@router.put(
    "/posts/{id}",
    summary="Change what you wrote",
    responses=problems(
        *MOVING,
        VersionMissing,
        PageIsArchived,
        Muted,
        HasMovedOut,
        NotYourPost,
        CannotEdit,
        TooLateToEdit,
        EditWaits,
    ),
)
async def edit_post(id: UUID, body: TextBody, caller: Editor) -> Receipt:
    """For an hour; how it read before is kept for whoever judges it."""
    return await caller.run_namelessly(commands.EditPost(id, caller.actor, body.text, caller.version))


@router.post(
    "/posts/{id}/withdrawal",
    summary="Take back what you wrote",
    responses=problems(*MOVING, NotYourPost, ContentCannotMove),
)
async def withdraw_post(id: UUID, caller: Writer) -> Receipt:
    """At any time, also from the page of a house that has ended."""
    return await caller.run_namelessly(commands.WithdrawPost(id, caller.actor, caller.version))


@router.post(
    "/posts/{id}/pin",
    summary="Keep a post on top",
    responses=problems(*MOVING, CannotPin, NotAModerator, Muted, PageIsArchived),
)
async def pin_post(id: UUID, caller: Moderator) -> Receipt:
    """Where everybody sees it first."""
    return await caller.run_namelessly(commands.PinPost(id, caller.actor, caller.version))


@router.delete(
    "/posts/{id}/pin",
    summary="Let a post go back to its place",
    responses=problems(NotFound, NotPinned, NotAModerator, Muted),
)
async def unpin_post(id: UUID, caller: ModeratorDelete) -> Receipt:
    """By when it came."""
    return await caller.run_namelessly(commands.UnpinPost(id, caller.actor))
