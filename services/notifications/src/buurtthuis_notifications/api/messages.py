"""Messages over HTTP: one's own, the links in them, and how far an announcement has come."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import NoSuchPage, NotFound
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.http.keeping import A_MINUTE, AN_HOUR, kept_for
from buurtthuis.http.models import BUTTON, Page, Paging
from buurtthuis.http.problems import problems
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from buurtthuis_notifications.api import pages
from buurtthuis_notifications.api.people import Anybody, Me, Myself, StaffReader, parts, vault
from buurtthuis_notifications.commands.messages import SeeMessage, Unsubscribe
from buurtthuis_notifications.domain.addresses import AddressKind
from buurtthuis_notifications.domain.messages import Message, MessageState
from buurtthuis_notifications.domain.rules import Topic, Urgency
from buurtthuis_notifications.queries import messages
from buurtthuis_notifications.queries.messages import AnnouncementView
from buurtthuis_notifications.rendering.context import MessageContext, load_context
from buurtthuis_notifications.rendering.messages import render
from buurtthuis_notifications.texts.facts import NothingKnown
from buurtthuis_notifications.vault import tokens
from buurtthuis_notifications.vault.tokens import NoToken

router = APIRouter(tags=["messages"])


class MessageView(BaseModel):
    """One of my messages, as it reads now. `subject` and `body` are empty where what it is about is gone."""

    id: UUID
    rule: str
    topic: Topic
    urgency: Urgency
    state: MessageState
    channel: DeliveryChannel | None
    made_at: datetime
    sent_at: datetime | None
    seen_at: datetime | None
    language: str
    pictogram: str | None = None
    subject: str | None = None
    body: str | None = None


@router.get("/me/messages", summary="My messages", responses=problems())
async def list_my_messages(me: Me, page: Paging) -> Page[MessageView]:
    """Newest first: everything that was meant for me, by whatever road."""
    async with me.reading() as session:
        found = await messages.list_own(session, me.principal.subject, page.after, page.limit)
        context = await load_context(session, found)
    return page.of([_view(message, context, me) for message in found])


class Roads(BaseModel):
    """By what kinds of address somebody can join here, and whether messages go to browsers."""

    codes: list[AddressKind]
    browsers: bool


@router.get(
    "/public/{corporation}/roads",
    summary="What a form to join may ask for",
    responses=problems(NoSuchPage),
    dependencies=[kept_for(A_MINUTE)],
)
async def show_roads(visitor: Anybody) -> Roads:
    """What is not set up here is not there: nobody joins by it."""
    there = parts(visitor)
    return Roads(
        codes=there.code_addresses_of(visitor.corporation),
        browsers=DeliveryChannel.PUSH in there.channels_of(visitor.corporation),
    )


class PushKey(BaseModel):
    """What a browser subscribes with to get messages: its `applicationServerKey`."""

    key: str


@router.get(
    "/public/{corporation}/push-key",
    summary="What a browser subscribes with",
    responses=problems(NoSuchPage),
    dependencies=[kept_for(AN_HOUR)],
)
async def show_push_key(visitor: Anybody) -> PushKey:
    """Nothing is here where no messages go to browsers."""
    key = parts(visitor).push_key
    if key is None:
        raise NoSuchPage
    return PushKey(key=key)


@router.post(
    "/me/messages/{id}/seen", status_code=204, summary="I have read this", responses=problems(NotFound)
)
async def see_message(id: UUID, caller: Myself) -> None:
    """Then nobody calls or comes by for it."""
    await caller.run(SeeMessage(id, caller.principal.subject))


@router.get(
    "/public/{corporation}/seen/{token}",
    response_class=HTMLResponse,
    summary="Where the link of an urgent message leads",
    responses=pages.answers(NoSuchPage),
)
async def show_seen(token: pages.LinkToken, visitor: Anybody, request: Request) -> Response:
    """A page with a button. Reading it does nothing."""
    return _asking("seen", token, visitor, request, tokens.seen)


@router.post(
    "/public/{corporation}/seen/{token}",
    response_class=HTMLResponse,
    summary="I have read this, without signing in",
    responses=pages.answers(NoSuchPage),
    openapi_extra=BUTTON,
)
async def see_by_link(token: pages.LinkToken, visitor: Anybody, request: Request) -> Response:
    """The button on that page."""
    try:
        await visitor.run(SeeMessage(tokens.seen(vault(visitor), token)))
    except (NoToken, NotFound):
        return pages.answer("link-not-good", visitor, request, 404)
    return pages.answer("seen-good", visitor, request)


@router.get(
    "/public/{corporation}/unsubscriptions/{token}",
    response_class=HTMLResponse,
    summary="Where the link for fewer messages leads",
    responses=pages.answers(NoSuchPage),
)
async def show_unsubscription(token: pages.LinkToken, visitor: Anybody, request: Request) -> Response:
    """A page with a button. Reading it does nothing."""
    return _asking("unsubscribe", token, visitor, request, tokens.unsubscribed)


@router.post(
    "/public/{corporation}/unsubscriptions/{token}",
    response_class=HTMLResponse,
    summary="No more messages of this kind, without signing in",
    responses=pages.answers(NoSuchPage),
    openapi_extra=BUTTON,
)
async def unsubscribe(token: pages.LinkToken, visitor: Anybody, request: Request) -> Response:
    """The button on that page, and the one click of mail programs (RFC 8058)."""
    try:
        resident, topic, channel = tokens.unsubscribed(vault(visitor), token)
    except NoToken:
        return pages.answer("link-not-good", visitor, request, 404)
    await visitor.run(Unsubscribe(resident, topic, channel))
    return pages.answer("unsubscribed", visitor, request)


@router.get("/announcements", summary="What is being told", responses=problems())
async def list_announcements(
    reader: StaffReader,
    page: Paging,
    missed: Annotated[
        bool, Query(description="Only those that somebody who should have been told was not told of.")
    ] = False,
) -> Page[AnnouncementView]:
    """Newest first."""
    async with reader.reading() as session:
        found = await messages.list_announcements(session, page.after, page.limit, missed=missed)
    return page.of(found)


@router.get("/announcements/{id}", summary="How far an announcement has come", responses=problems(NotFound))
async def show_announcement(id: UUID, reader: StaffReader) -> AnnouncementView:
    """How many messages are where, just now."""
    async with reader.reading() as session:
        return await messages.one_announcement(session, id)


def _asking(
    name: str, token: str, visitor: Anybody, request: Request, read: Callable[..., object]
) -> Response:
    try:
        read(vault(visitor), token)
    except NoToken:
        return pages.answer("link-not-good", visitor, request, 404)
    return pages.question(name, visitor, request)


def _view(message: Message, context: MessageContext, me: Me) -> MessageView:
    view = MessageView.model_validate(message, from_attributes=True)
    with suppress(NothingKnown):
        text = render(parts(me).texts, me.corporation, message, context)
        view.pictogram, view.subject, view.body = text.pictogram, text.subject, text.body
    return view
