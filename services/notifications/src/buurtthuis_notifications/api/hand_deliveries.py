"""What people bring, over HTTP: a list for the caretaker, and a tick when it is done."""

from typing import Annotated
from uuid import UUID

from buurtthuis.events.notifications import Channel
from buurtthuis.web import MOVING, Page, Paging, Reader, problems
from buurtthuis.work import Receipt
from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.api.contact import opened
from buurtthuis_notifications.api.people import Staff, StaffReader, parts, vault
from buurtthuis_notifications.commands import hand_deliveries as commands
from buurtthuis_notifications.domain.addresses import NEEDED, AddressKind
from buurtthuis_notifications.domain.hand_deliveries import (
    AlreadyBrought,
    HandDelivery,
    HandState,
    TooLateToUndo,
)
from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.facts import NothingKnown
from buurtthuis_notifications.gathering import gathered
from buurtthuis_notifications.queries import hand_deliveries
from buurtthuis_notifications.queries.hand_deliveries import HandDeliveryView
from buurtthuis_notifications.rendering import render
from buurtthuis_notifications.texts import Text

router = APIRouter(prefix="/hand-deliveries", tags=["hand deliveries"])


@router.get("", summary="What is to be brought", responses=problems())
async def list_hand_deliveries(
    reader: StaffReader,
    page: Paging,
    response: Response,
    house: Annotated[UUID | None, Query(description="Only in this house.")] = None,
    state: Annotated[HandState, Query(description="Only in this state.")] = HandState.REQUESTED,
    channel: Annotated[Channel | None, Query(description="Only by this road.")] = None,
) -> Page[HandDeliveryView]:
    """Letters, calls and visits for people whom nothing else reaches: where to, and what to say."""
    response.headers["Cache-Control"] = "no-store"
    async with reader.reading() as session:
        found = await hand_deliveries.list_hand_deliveries(
            session, house=house, state=state, channel=channel, after=page.after, limit=page.limit
        )
        views = [await _view(session, reader, one) for one in found]
    return Page.of(views, page.limit)


@router.post("/{id}/done", summary="It was brought", responses=problems(*MOVING, AlreadyBrought))
async def tick(id: UUID, caller: Staff) -> Receipt:
    """The resident knows. For a day it can be taken back."""
    return await caller.run(commands.TickHandDelivery(id))


@router.post(
    "/{id}/undo", summary="It was not brought, after all", responses=problems(*MOVING, TooLateToUndo)
)
async def untick(id: UUID, caller: Staff) -> Receipt:
    """Ticked by mistake; it is on the list again."""
    return await caller.run(commands.UntickHandDelivery(id))


@router.post("/{id}/missed", summary="Nobody was home", responses=problems(*MOVING, AlreadyBrought))
async def miss(id: UUID, caller: Staff) -> Receipt:
    """It stays on the list; how often that happened is counted."""
    return await caller.run(commands.MissAtDoor(id))


async def _view(session: AsyncSession, reader: Reader, one: HandDelivery) -> HandDeliveryView:
    view = HandDeliveryView.model_validate(one, from_attributes=True)
    message = (await hand_deliveries.messages_of(session, [one])).get(one.message_id)
    text = message and await _text(session, reader, message)
    if text:
        view.language, view.subject, view.body = text.language, text.subject, text.body
    kind = NEEDED[one.channel]
    for row in await hand_deliveries.addresses_of(session, [one.resident_id]):
        if row.kind == kind.value:
            view.to = opened(vault(reader), AddressKind(row.kind), row.secret)
    return view


async def _text(session: AsyncSession, reader: Reader, message: Message) -> Text | None:
    """As it reads now; None where what it is about is not known any more."""
    told = await gathered(session, [message], [])
    try:
        return render(parts(reader).texts, reader.corporation, message, told)
    except NothingKnown:
        return None
