"""Idea cards over HTTP: one by one, or as a sheet."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.core.errors import NotFound, NotSheet
from buurtthuis.core.work import Receipt
from buurtthuis.domain.allowances import TooOften
from buurtthuis.events.surveys import IntakeChannel
from buurtthuis.http.models import KEYED, Body, Line, Written
from buurtthuis.http.policies import may_post, may_read
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Caller, Reader
from buurtthuis.http.sheets import SHOWN, TAKES_SHEET, Mistake, Report, Sheet, SheetRow, Upload
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator, BaseModel, Field

from buurtthuis_surveys.api.bodies import NO_CARD_NUMBER, NO_CODE
from buurtthuis_surveys.api.seen import SEEN, Seen, counted
from buurtthuis_surveys.commands import cards as commands
from buurtthuis_surveys.commands.cards import CardEntry
from buurtthuis_surveys.domain.campaigns import CardsCameBetween, NotStarted
from buurtthuis_surveys.domain.cards import (
    CardIsNobodys,
    CardIsSomebodys,
    CardNotClaimed,
    CardNumberTaken,
    NotKnownInHouse,
    TooLateToTakeBack,
)
from buurtthuis_surveys.domain.themes import TooLateToCorrect
from buurtthuis_surveys.domain.wall_clocks import day, midnight
from buurtthuis_surveys.queries import campaigns as queries
from buurtthuis_surveys.queries.campaigns import TypedCards

router = APIRouter(prefix="/campaigns/{id}", tags=["idea cards"])

Staff = Annotated[Caller, may_post(Role.STAFF)]
Resident = Annotated[Caller, may_post(Role.RESIDENT)]
Observer = Annotated[Reader, may_read(Role.STAFF, Role.GUIDE)]

#: How often some rows are tried where others enter cards of the same campaign at the same moment.
TRIES = 20
CONTACTS_DROPPED = (
    "Contact details are not kept here: surveys has no place for them. What to do for each card stands in `contacts`, "
    "and again whenever the sheet is sent, until it is said whose the card is."
)
#: What stands in `contact_consent` of somebody who agreed.
YES = frozenset({"ja", "j", "yes", "y", "true", "waar", "1", "x"})
REGISTER = (
    "Register who wrote card {number} with what stands on it (POST /notifications/v1/residents), then say that the card is "
    "theirs (POST /surveys/v1/campaigns/{id}/cards/{number}/claim), with the id that you got."
)
DO_NOT_KEEP = (
    "The sheet does not say that whoever wrote card {number} agreed, so do not keep how they are reached. They can claim "
    "the card with its code."
)

Number = Annotated[
    str,
    Field(examples=["A-17"]),
    Written("^[A-Za-z0-9-]{1,20}$", NO_CARD_NUMBER),
    AfterValidator(str.upper),
    KEYED,
]
NumberInPath = Annotated[str, Path(pattern="^[A-Za-z0-9-]{1,20}$", description="As it was typed in.")]
Code = Annotated[
    str,
    Field(examples=["K7QP-2MXD"]),
    Written("^[A-Za-z0-9 -]{6,20}$", NO_CODE),
    KEYED,
]


class EnterCardBody(Body):
    number: Number
    title: Line = Field(examples=["Samen koffie drinken"])
    captured_via: Literal[IntakeChannel.PAPER, IntakeChannel.DOOR, IntakeChannel.PHONE] = IntakeChannel.PAPER
    code: Code | None = Field(None, description="As printed on the card, so that it can be claimed with it.")


class CardRow(EnterCardBody):
    """A row of a sheet. What stands in the last two columns is read and dropped."""

    entered_by: UUID | None = None
    contact: str | None = None
    contact_consent: str | None = None

    @property
    def agreed(self) -> bool:
        """Whether somebody may be told by the contact what becomes of their idea."""
        return (self.contact_consent or "").strip().casefold() in YES


class ContactOnCard(BaseModel):
    """A card with a contact, which is not repeated here."""

    line: int
    number: str
    agreed: bool
    what_to_do: str


class CardsReport(Report):
    """What became of each row, and what to do about the contacts that stand on cards of which nobody is known whose they are."""

    contacts: list[ContactOnCard] = Field(
        default=[], description="1,000 at most; send the sheet again for the others."
    )


class GiveCardBody(Body):
    resident_id: UUID = Field(
        examples=["01a204c1-fe6e-7763-a625-7498d1180187"], description="As notifications answered it."
    )


class ClaimBody(Body):
    number: Number
    code: Code


class Unlocked(BaseModel):
    """Its owner can try the code."""

    number: str


class Claimed(BaseModel):
    """The theme that is yours."""

    theme_id: UUID


@router.post(
    "/cards",
    status_code=201,
    summary="Enter an idea card",
    responses=problems(*MOVING, CardNumberTaken, NotStarted),
)
async def enter_card(id: UUID, body: EnterCardBody, caller: Staff) -> Receipt:
    """It becomes a theme; its id is what you get."""
    entry = _entry(body, caller.principal.subject)
    return await caller.run(commands.EnterCard(id, entry), at="/themes/{id}")


@router.post(
    "/cards/sheet",
    summary="Enter a sheet of idea cards",
    responses=problems(*MOVING, NotSheet, NotStarted, CardsCameBetween),
    openapi_extra=TAKES_SHEET,
)
async def enter_cards(id: UUID, caller: Staff, upload: Upload) -> CardsReport:
    """Columns: number, title; perhaps captured_via, code, entered_by. The good rows are kept, and a repeat of
    the same sheet adds nothing, so a sheet that broke off halfway is sent again. Columns contact and
    contact_consent may be there, and are dropped: the answer says for each card what to do."""
    sheet = await asyncio.to_thread(Sheet, upload, CardRow)
    async with caller.reading() as session:
        await queries.show_campaign(session, id)
    report = CardsReport(notes=[CONTACTS_DROPPED] if "contact" in sheet.columns else [])
    async for rows in sheet.pieces():
        await _enter_rows(id, rows, caller, report)
    return report


@router.put(
    "/cards/{number}",
    summary="Put an idea card right",
    responses=problems(*MOVING, CardNumberTaken, TooLateToCorrect),
)
async def correct_card(id: UUID, number: NumberInPath, body: EnterCardBody, caller: Staff) -> Receipt:
    """All that stands on it, its number too; on the day that it was typed in, as long as nothing came of the idea. Without a code
    the one that it has stays."""
    entry = _entry(body, caller.principal.subject)
    return await caller.run(commands.CorrectCard(id, number.upper(), entry))


@router.post("/cards/{number}/unlocking", summary="Let a card be claimed again", responses=problems(*MOVING))
async def unlock_card(id: UUID, number: NumberInPath, caller: Staff) -> Unlocked:
    """At once, after wrong codes were tried on it; by itself that takes an hour."""
    await caller.run(commands.UnlockCard(id, number.upper()))
    return Unlocked(number=number.upper())


@router.post(
    "/cards/{number}/claim",
    summary="Say whose card it is",
    responses=problems(*MOVING, NotKnownInHouse, CardIsSomebodys, CardIsNobodys),
)
async def give_card(id: UUID, number: NumberInPath, body: GiveCardBody, caller: Staff) -> Receipt:
    """Of a resident whom you registered with the contact that they agreed to on the card: they are told from now on what becomes of their
    idea, as if they had claimed it."""
    return await caller.run(commands.GiveCard(id, number.upper(), body.resident_id))


@router.post(
    "/cards/{number}/claim/withdrawal",
    summary="Take back whose card it is",
    responses=problems(*MOVING, TooLateToTakeBack),
)
async def take_card_back(id: UUID, number: NumberInPath, caller: Staff) -> Receipt:
    """On the day that staff said it: nothing more is told to that resident, and whoever has the code can claim the card."""
    return await caller.run(commands.TakeCardBack(id, number.upper()))


@router.get(
    "/typing",
    response_model=TypedCards,
    summary="What was typed in",
    responses=SEEN | problems(NotFound),
)
async def count_cards(id: UUID, reader: Observer, if_none_match: Seen = None) -> Response:
    """Today and in all; by whom is not told. Ask again with the ETag, as often as you like."""
    async with reader.reading() as session:
        zone = ZoneInfo(reader.corporation.time_zone)
        today = midnight(day(await reader.time(session), zone), zone)
        return counted(await queries.typed(session, id, today), if_none_match)


@router.post("/claims", summary="Claim your card", responses=problems(*MOVING, CardNotClaimed, TooOften))
async def claim_card(id: UUID, body: ClaimBody, caller: Resident) -> Claimed:
    """With its number and the code on it. A wrong number and a wrong code get the same answer; whoever was wrong a few
    times waits, and a card at which many guess takes no code for a while."""
    resident = caller.principal.subject
    await caller.run(commands.ClaimCard(id, body.number, body.code, resident))
    async with caller.reading() as session:
        theme = await queries.claimed(session, id, body.number, resident)
    if theme is None:
        raise CardNotClaimed
    return Claimed(theme_id=theme)


async def _enter_rows(
    campaign: UUID, rows: Sequence[SheetRow[CardRow]], caller: Caller, report: CardsReport
) -> None:
    lines, right = dict[str, int](), dict[str, CardRow]()
    for line, found in rows:
        if isinstance(found, Mistake):
            report.refuse(line, found)
        elif found.number in right:
            report.repeat(line, "number", f"Card {found.number} is in this sheet twice.")
        else:
            lines[found.number], right[found.number] = line, found
    known = await _enter_new(campaign, right, caller) if right else frozenset()
    for number, line in lines.items():
        if number in known:
            report.repeat(line, "number", f"Card {number} was entered already.")
        else:
            report.accept()
    await _tell_of_contacts(campaign, lines, right, caller, report)


async def _tell_of_contacts(
    campaign: UUID, lines: dict[str, int], rows: dict[str, CardRow], caller: Caller, report: CardsReport
) -> None:
    """What to do about each card with one that is nobody's yet."""
    with_contact = [number for number, card in rows.items() if card.contact]
    if not with_contact or len(report.contacts) >= SHOWN:
        return
    async with caller.reading() as session:
        unclaimed = await queries.unclaimed(session, campaign, with_contact)
    for number in with_contact:
        if number in unclaimed and len(report.contacts) < SHOWN:
            agreed = rows[number].agreed
            what_to_do = (REGISTER if agreed else DO_NOT_KEEP).format(number=number, id=campaign)
            report.contacts.append(
                ContactOnCard(line=lines[number], number=number, agreed=agreed, what_to_do=what_to_do)
            )


async def _enter_new(campaign: UUID, rows: dict[str, CardRow], caller: Caller) -> frozenset[str]:
    """Enter the cards whose numbers are not known yet; the numbers that are."""
    for _ in range(TRIES):
        async with caller.reading() as session:
            after, known = await queries.entered(session, campaign, list(rows))
        new = [_entry(card, caller.principal.subject) for number, card in rows.items() if number not in known]
        try:
            if new:
                # Card numbers see to it that nothing happens twice.
                await caller.run_apart(commands.EnterCards(campaign, after, tuple(new)))
        except CardsCameBetween:
            continue
        return known
    raise CardsCameBetween


def _entry(card: EnterCardBody, staff: UUID) -> CardEntry:
    by = card.entered_by if isinstance(card, CardRow) else None
    return CardEntry(card.number, card.title, card.captured_via, by or staff, card.code)
