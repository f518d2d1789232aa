"""What people bring, over HTTP: a list for the caretaker, and a tick when it is done."""

import asyncio
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from buurtthuis.core.clock import utc_now
from buurtthuis.core.work import Receipt
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.http.files import CSV, PDF, attachment, holds
from buurtthuis.http.models import Page, Paging
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Reader
from buurtthuis.http.sheets import table
from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.api.people import AT_DOORS, AtDoors, DoorReader, parts, vault
from buurtthuis_notifications.commands import hand_deliveries as commands
from buurtthuis_notifications.domain.hand_deliveries import (
    AlreadyBrought,
    HandDelivery,
    HandState,
    TooLateToUndo,
)
from buurtthuis_notifications.domain.readings import Occasion
from buurtthuis_notifications.queries import hand_deliveries
from buurtthuis_notifications.queries.hand_deliveries import HandDeliveryView
from buurtthuis_notifications.rendering.hand_deliveries import (
    COLUMNS,
    Assignment,
    day_in,
    in_walking_order,
    show_assignments,
)
from buurtthuis_notifications.rendering.letters import errands, letters
from buurtthuis_notifications.texts.for_staff import for_staff

router = APIRouter(prefix="/hand-deliveries", tags=["hand deliveries"])

HouseFilter = Annotated[UUID | None, Query(description="Only in this house.")]
PRINTED = 200


@router.get("", summary="What is to be brought", responses=problems())
async def list_hand_deliveries(
    reader: DoorReader,
    page: Paging,
    house: HouseFilter = None,
    state: Annotated[HandState, Query(description="Only in this state.")] = HandState.REQUESTED,
    channel: Annotated[DeliveryChannel | None, Query(description="Only by this road.")] = None,
) -> Page[HandDeliveryView]:
    """Letters, calls and visits for people whom nothing else reaches: where to, and what to say."""
    async with reader.reading() as session:
        found = await hand_deliveries.list_hand_deliveries(
            session, house=house, state=state, channel=channel, after=page.after, limit=page.limit
        )
        views = [assignment.view for assignment in await _assignments(session, reader, found)]
    return Page(items=views, next=found[-1].id if len(found) == page.limit else None)


@router.get(
    "/letters.pdf",
    response_class=Response,
    summary="Letters, to be printed",
    responses=holds(PDF) | problems(),
)
async def print_letters(reader: DoorReader, house: HouseFilter = None) -> Response:
    """A page for each letter that waits, with the address where an envelope's window is. Where more wait than 200, those that end first."""
    waiting = await _waiting(reader, house, DeliveryChannel.LETTER, Occasion.LETTERS)
    found = [assignment.letter for assignment in waiting if assignment.letter]
    slug, texts = reader.corporation.slug, parts(reader).texts
    pdf = await asyncio.to_thread(
        letters, reader.corporation.name, found, lambda tag: texts.words(slug, tag)["regards"]
    )
    return attachment(pdf, "letters.pdf", PDF)


@router.get("/list", summary="A list for the caretaker, in walking order", responses=problems())
async def show_list(reader: DoorReader, house: HouseFilter = None) -> Sequence[HandDeliveryView]:
    """House by house, street by street, by number. Where more wait than 200, those that end first."""
    return [assignment.view for assignment in in_walking_order(await _waiting(reader, house))]


@router.get(
    "/list.csv",
    response_class=Response,
    summary="A list for the caretaker, as CSV",
    responses=holds(CSV) | problems(),
)
async def export_list(reader: DoorReader, house: HouseFilter = None) -> Response:
    """The same, as a Dutch Excel opens it."""
    rows = [assignment.row for assignment in in_walking_order(await _waiting(reader, house))]
    headings = [for_staff(name) for name in COLUMNS]
    return attachment(table([headings, *rows]), "list.csv", CSV)


@router.get(
    "/list.pdf",
    response_class=Response,
    summary="A list for the caretaker, to be printed",
    responses=holds(PDF) | problems(),
)
async def print_list(reader: DoorReader, house: HouseFilter = None) -> Response:
    """The same, with a box to tick."""
    found = [assignment.errand for assignment in in_walking_order(await _waiting(reader, house))]
    day = day_in(reader.corporation, utc_now())
    title = for_staff("list_of", corporation=reader.corporation.name, day=day)
    return attachment(await asyncio.to_thread(errands, title, found), "list.pdf", PDF)


@router.post("/{id}/done", summary="It was brought", responses=problems(*MOVING, AlreadyBrought))
async def tick(id: UUID, caller: AtDoors) -> Receipt:
    """The resident knows. For a day it can be taken back."""
    return await caller.run(commands.TickHandDelivery(id))


@router.post(
    "/{id}/undo", summary="It was not brought, after all", responses=problems(*MOVING, TooLateToUndo)
)
async def untick(id: UUID, caller: AtDoors) -> Receipt:
    """Ticked by mistake; it is on the list again."""
    return await caller.run(commands.UntickHandDelivery(id))


@router.post("/{id}/missed", summary="Nobody was home", responses=problems(*MOVING, AlreadyBrought))
async def miss(id: UUID, caller: AtDoors) -> Receipt:
    """It stays on the list; how often that happened is counted."""
    return await caller.run(commands.MissAtDoor(id))


async def _waiting(
    reader: Reader,
    house: UUID | None,
    channel: DeliveryChannel | None = None,
    occasion: Occasion = Occasion.HAND_DELIVERIES,
) -> list[Assignment]:
    async with reader.reading() as session:
        found = await hand_deliveries.waiting(session, house=house, channel=channel, limit=PRINTED)
        return await _assignments(session, reader, found, occasion)


async def _assignments(
    session: AsyncSession,
    reader: Reader,
    deliveries: Sequence[HandDelivery],
    occasion: Occasion = Occasion.HAND_DELIVERIES,
) -> list[Assignment]:
    return await show_assignments(
        session,
        deliveries,
        vault(reader),
        parts(reader).texts,
        reader.corporation,
        to=reader.principal.acting_as(AT_DOORS),
        occasion=occasion,
    )
