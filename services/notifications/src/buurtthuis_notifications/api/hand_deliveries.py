"""What people bring, over HTTP: a list for the caretaker, and a tick when it is done."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.core.clock import utc_now
from buurtthuis.core.work import Receipt
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.http.models import Page, Paging
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Reader
from buurtthuis.http.sheets import table
from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.api.contact import lines, opened
from buurtthuis_notifications.api.people import Staff, StaffReader, parts, vault
from buurtthuis_notifications.commands import hand_deliveries as commands
from buurtthuis_notifications.domain.addresses import NEEDED, AddressKind, roads_to
from buurtthuis_notifications.domain.hand_deliveries import (
    AlreadyBrought,
    HandDelivery,
    HandState,
    TooLateToUndo,
)
from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.domain.walking import order
from buurtthuis_notifications.queries import hand_deliveries
from buurtthuis_notifications.queries.hand_deliveries import HandDeliveryView
from buurtthuis_notifications.rendering.context import MessageContext, load_context
from buurtthuis_notifications.rendering.letters import Errand, Letter, errands, letters
from buurtthuis_notifications.rendering.messages import render
from buurtthuis_notifications.rendering.validity import reason_to_cancel
from buurtthuis_notifications.texts import Text
from buurtthuis_notifications.texts.facts import NothingKnown
from buurtthuis_notifications.texts.for_staff import for_staff
from buurtthuis_notifications.vault import Vault

router = APIRouter(prefix="/hand-deliveries", tags=["hand deliveries"])

HouseFilter = Annotated[UUID | None, Query(description="Only in this house.")]
PRINTED = 200
DAY = "%d-%m-%Y"
PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}
CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("", summary="What is to be brought", responses=problems())
async def list_hand_deliveries(
    reader: StaffReader,
    page: Paging,
    response: Response,
    house: HouseFilter = None,
    state: Annotated[HandState, Query(description="Only in this state.")] = HandState.REQUESTED,
    channel: Annotated[DeliveryChannel | None, Query(description="Only by this road.")] = None,
) -> Page[HandDeliveryView]:
    """Letters, calls and visits for people whom nothing else reaches: where to, and what to say."""
    response.headers["Cache-Control"] = "no-store"
    async with reader.reading() as session:
        found = await hand_deliveries.list_hand_deliveries(
            session, house=house, state=state, channel=channel, after=page.after, limit=page.limit
        )
        views = [view for view, _ in await _read(session, reader, found)]
    return Page(items=views, next=found[-1].id if len(found) == page.limit else None)


@router.get(
    "/letters.pdf",
    response_class=Response,
    summary="Letters, to be printed",
    responses=PDF | problems(),
)
async def print_letters(reader: StaffReader, house: HouseFilter = None) -> Response:
    """A page for each letter that waits, with the address where an envelope's window is. Where more wait than 200, those that end first."""
    waiting = await _waiting(reader, house, DeliveryChannel.LETTER)
    found = [Letter(lines(one.to), text) for one, text in waiting if text and isinstance(one.to, dict)]
    slug, texts = reader.corporation.slug, parts(reader).texts
    pdf = await asyncio.to_thread(
        letters, reader.corporation.name, found, lambda tag: texts.words(slug, tag)["regards"]
    )
    return _file(pdf, "letters.pdf")


@router.get("/list", summary="A list for the caretaker, in walking order", responses=problems())
async def show_list(
    reader: StaffReader, response: Response, house: HouseFilter = None
) -> Sequence[HandDeliveryView]:
    """House by house, street by street, by number. Where more wait than 200, those that end first."""
    response.headers["Cache-Control"] = "no-store"
    return [one for one, _ in await _in_walking_order(reader, house)]


@router.get(
    "/list.csv",
    response_class=Response,
    summary="A list for the caretaker, as CSV",
    responses=CSV | problems(),
)
async def export_list(reader: StaffReader, house: HouseFilter = None) -> Response:
    """The same, as a Dutch Excel opens it."""
    names = ("house", "street", "number", "name", "how", "telephone", "what", "until", "missed")
    rows = [_row(one, text, reader) for one, text in await _in_walking_order(reader, house)]
    return _file(table([[for_staff(name) for name in names], *rows]), "list.csv", "text/csv; charset=utf-8")


@router.get(
    "/list.pdf",
    response_class=Response,
    summary="A list for the caretaker, to be printed",
    responses=PDF | problems(),
)
async def print_list(reader: StaffReader, house: HouseFilter = None) -> Response:
    """The same, with a box to tick."""
    found = [
        Errand(
            one.house or "",
            for_staff(one.channel),
            _where(one),
            _what(one, text),
            _until(one, reader),
            one.tries,
        )
        for one, text in await _in_walking_order(reader, house)
    ]
    day = _on_the_wall(utc_now(), reader).strftime(DAY)
    title = for_staff("list_of", corporation=reader.corporation.name, day=day)
    return _file(await asyncio.to_thread(errands, title, found), "list.pdf")


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


async def _waiting(
    reader: Reader, house: UUID | None, channel: DeliveryChannel | None
) -> list[tuple[HandDeliveryView, Text | None]]:
    async with reader.reading() as session:
        found = await hand_deliveries.waiting(session, house=house, channel=channel, limit=PRINTED)
        return await _read(session, reader, found)


async def _read(
    session: AsyncSession, reader: Reader, found: Sequence[HandDelivery]
) -> list[tuple[HandDeliveryView, Text | None]]:
    """Where to, and what to say as it reads now; no text where what it is about is not known any more.

    Nobody is asked to bring what is not so any more, or where it is not wanted: it runs out without having been on a list."""
    residents = list({one.resident_id for one in found})
    messages = await hand_deliveries.messages_of(session, found)
    context = await load_context(session, list(messages.values()))
    addresses: dict[UUID, dict[AddressKind, bytes]] = {}
    for row in await hand_deliveries.addresses_of(session, residents):
        addresses.setdefault(row.resident_id, {})[AddressKind(row.kind)] = row.secret
    read = []
    for one in found:
        has = addresses.get(one.resident_id, {})
        if one.state is HandState.REQUESTED and _is_not_to_be_brought(one, has, messages, context):
            continue
        view = _shown(reader, one)
        text = _text(reader, messages.get(one.message_id), context)
        if text:
            view.language, view.subject, view.body = text.language, text.subject, text.body
        _say_where(view, has, vault(reader))
        known = context.known.houses.get(one.house_id) if one.house_id else None
        view.house = known.title if known else None
        read.append((view, text))
    return read


def _say_where(view: HandDeliveryView, has: dict[AddressKind, bytes], vault: Vault) -> None:
    """The first that they have of what its road leads to, and always their door, since it has their name."""
    view.by = next((kind for kind in NEEDED[view.channel] if kind in has), None)
    if view.by:
        view.to = opened(vault, view.by, has[view.by])
    if secret := has.get(AddressKind.DOOR):
        door: Any = opened(vault, AddressKind.DOOR, secret)
        view.door = door
    if view.by is AddressKind.NEIGHBOUR:
        view.caution = for_staff("neighbour")


def _shown(reader: Reader, one: HandDelivery) -> HandDeliveryView:
    zone = ZoneInfo(reader.corporation.time_zone)
    view = HandDeliveryView.model_validate(one, from_attributes=True)
    view.requested_at, view.expires_at = one.shown_from(zone), one.shown_until(zone)
    return view


def _is_not_to_be_brought(
    one: HandDelivery, has: Collection[AddressKind], messages: Mapping[UUID, Message], context: MessageContext
) -> bool:
    """It is not so any more, or its road does not lead there: another one is found for it within a minute."""
    message, listener = messages.get(one.message_id), context.listeners.get(one.resident_id)
    leads = one.channel in roads_to(has, visits=listener is not None and listener.visits)
    return not leads or (message is not None and reason_to_cancel(message, context) is not None)


def _text(reader: Reader, message: Message | None, context: MessageContext) -> Text | None:
    try:
        return render(parts(reader).texts, reader.corporation, message, context) if message else None
    except NothingKnown:
        return None


def _where(one: HandDeliveryView) -> str:
    """A door; for a call whom to ask for, and the number."""
    door = lines(one.door) if one.door else []
    return "\n".join([*door, *filter(None, [_number(one)])])


def _number(one: HandDeliveryView) -> str:
    """Where to call; with the name of the neighbour whose telephone it is."""
    if one.by is AddressKind.DOOR or not one.to:
        return ""
    return f"{one.to['name']}: {one.to['telephone']}" if isinstance(one.to, dict) else one.to


def _what(one: HandDeliveryView, text: Text | None) -> str:
    """In plain Dutch, since it is for whoever goes there."""
    return one.caution or ((text.below or text).short if text else "")


def _until(one: HandDeliveryView, reader: Reader) -> str:
    moment = _on_the_wall(one.expires_at, reader)
    return moment.strftime(f"{DAY} %H:%M" if moment.hour else DAY)


def _row(one: HandDeliveryView, text: Text | None, reader: Reader) -> list[object]:
    door = one.door or {}
    where = [door.get(name) or "" for name in ("street", "number", "name")]
    how = [for_staff(one.channel), _number(one)]
    return [one.house or "", *where, *how, _what(one, text), _until(one, reader), one.tries]


def _on_the_wall(moment: datetime, reader: Reader) -> datetime:
    return moment.astimezone(ZoneInfo(reader.corporation.time_zone))


async def _in_walking_order(reader: Reader, house: UUID | None) -> list[tuple[HandDeliveryView, Text | None]]:
    waiting = await _waiting(reader, house, None)
    return sorted(
        waiting, key=lambda one: (one[0].house or "", one[0].house_id or UUID(int=0), order(one[0].door))
    )


def _file(content: bytes, name: str, media_type: str = "application/pdf") -> Response:
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
