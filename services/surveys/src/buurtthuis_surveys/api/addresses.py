"""The addresses of a house over HTTP: a sheet of the corporation's own, of which only the differences count."""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Annotated, Any, Literal
from uuid import UUID

from buurtthuis.core.errors import Invalid, NotSheet
from buurtthuis.core.texts import bare
from buurtthuis.http.models import ONE_LINE, TYPED, Body, Page, Paging
from buurtthuis.http.policies import may_post, may_read
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Caller, Reader
from buurtthuis.http.sheets import (
    EXPORTED,
    SHOWN,
    TAKES_SHEET,
    Format,
    Mistake,
    Report,
    Sheet,
    Upload,
    export,
    in_pages,
)
from buurtthuis.http.versions import etag
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints, model_validator

from buurtthuis_surveys.commands.addresses import ListAddresses
from buurtthuis_surveys.domain.addresses import (
    MOST,
    AboutPeople,
    Address,
    Differences,
    Listed,
    changed_columns,
    check_names_nobody,
    differences,
)
from buurtthuis_surveys.queries import addresses as queries
from buurtthuis_surveys.queries.addresses import AddressView
from buurtthuis_surveys.texts import LANGUAGE_TAGS

router = APIRouter(prefix="/houses/{id}/addresses", tags=["addresses"])

Staff = Annotated[Caller, may_post(Role.STAFF)]
StaffReader = Annotated[Reader, may_read(Role.STAFF)]

#: What the columns are called in lists of corporations: by VERA (Eenheidadres), by the BAG, or in words. In small letters.
KNOWN_AS = {
    **dict.fromkeys(("straat", "straatnaam", "openbareruimtenaam", "openbare ruimte"), "street"),
    **dict.fromkeys(("huisnummer", "nummer", "huisnr", "nr"), "number"),
    **dict.fromkeys(("huisletter",), "letter"),
    **dict.fromkeys(
        ("huisnummertoevoeging", "huisnummer toevoeging", "toevoeging", "huisnummer_toevoeging"), "addition"
    ),
    **dict.fromkeys(("post code", "pc"), "postcode"),
    **dict.fromkeys(("woonplaats", "woonplaatsnaam", "plaats", "city"), "town"),
    **dict.fromkeys(("ingang", "portiek", "trappenhuis", "staircase"), "entrance"),
    **dict.fromkeys(("looproute", "loopvolgorde", "volgorde", "order"), "walk"),
    **dict.fromkeys(("taal", "taal van de brief"), "language"),
    **dict.fromkeys(("bagid", "bag", "nummeraanduidingid", "bagnummeraanduidingidentificatie"), "bag_id"),
    **dict.fromkeys(("id", "veraid", "eenheidadresid"), "vera_id"),
}
AS_TEXT = "Where your spreadsheet made a number or a date of it, give the column the format Text, and write it anew."
NO_NUMBER = f"A house number is 1 to 99999, perhaps with its addition behind it: 12, 12A or 12-2. {AS_TEXT}"
NO_ADDITION = f"An addition is six letters, figures, spaces and hyphens at most: A, 2, bis. {AS_TEXT}"
NO_POSTCODE = "A postcode is four figures and two letters, as in 2741 AB."
NO_BAG_ID = f"An id of the BAG has sixteen figures. {AS_TEXT}"
NO_VERA_ID = "An id has letters, figures, and the signs . _ : - alone, 64 at most."
NO_LANGUAGE = f"Letters are written in one of these: {', '.join(LANGUAGE_TAGS)}."
NOT_WHOLE = (
    "As long as a row is wrong nothing is taken off the list: put the rows right, and send the sheet again."
)
NUMBER = re.compile(r"([1-9][0-9]{0,4})(?:[ /-]*([0-9A-Za-z][0-9A-Za-z -]{0,5}))?")
ADDITION = re.compile(r"[0-9A-Za-z][0-9A-Za-z -]{0,5}")
POSTCODE = re.compile(r"([1-9][0-9]{3}) ?([A-Z]{2})")


def _matching(pattern: str, otherwise: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(otherwise)
        return text

    return AfterValidator(check)


def _postcode(text: str) -> str:
    parts = POSTCODE.fullmatch(text.upper())
    if not parts:
        raise ValueError(NO_POSTCODE)
    return f"{parts[1]} {parts[2]}"


def _with_its_zero(text: str) -> str:
    """Those of most older municipalities begin with one, and spreadsheets take it away."""
    return text.zfill(16) if len(text) == 15 else text


def _language(tag: str) -> str:
    tag = tag.lower()
    if tag not in LANGUAGE_TAGS:
        raise ValueError(NO_LANGUAGE)
    return tag


def _house_number(written: object) -> int:
    if not re.fullmatch("[1-9][0-9]{0,4}", str(written)):
        raise ValueError(NO_NUMBER)
    return int(str(written))


Words = Annotated[str, StringConstraints(min_length=1, max_length=80), ONE_LINE]
Few = Annotated[str, StringConstraints(max_length=40), ONE_LINE]
Addition = Annotated[str, _matching(f"|{ADDITION.pattern}", NO_ADDITION), TYPED]


class AddressRow(Body):
    """An address as a row of a sheet has it."""

    street: Words
    number: Annotated[int, BeforeValidator(_house_number)]
    letter: Addition = ""
    addition: Addition = ""
    postcode: Annotated[str, AfterValidator(_postcode), TYPED]
    town: Few = ""
    entrance: Few = ""
    walk: Annotated[int | None, Field(ge=0, le=999_998)] = None
    language: Annotated[str | None, AfterValidator(_language)] = None
    bag_id: Annotated[
        str | None,
        AfterValidator(_with_its_zero),
        _matching("[0-9]{16}", NO_BAG_ID),
        TYPED,
    ] = None
    vera_id: Annotated[str | None, _matching(r"[\w.:-]{1,64}", NO_VERA_ID), TYPED] = None

    @model_validator(mode="before")
    @classmethod
    def _number_apart(cls, row: Any) -> Any:
        """Many lists have `12A` in one column."""
        written = NUMBER.fullmatch(bare(str(row.get("number", ""))))
        return (
            {**row, "number": written[1], "addition": row.get("addition", written[2] or "")}
            if written
            else row
        )

    @property
    def listed(self) -> Listed:
        """The address. A letter of the BAG comes before what else is behind the number."""
        said = self.model_dump(exclude={"letter", "addition"})
        addition = "-".join(filter(None, (self.letter, self.addition)))
        return Listed(**said, addition=addition.upper() if len(addition) == 1 else addition)


class AddressChange(BaseModel):
    """An address that is not as it was; `columns` are those in which it reads otherwise."""

    id: UUID
    line: str = Field(description="Street and number, as on an envelope.")
    what: Literal["added", "changed", "gone"]
    columns: list[str] = []


class AddressesReport(Report):
    """What a list says anew of the addresses of a house; nothing of it is done where it was only tried."""

    tried: bool = Field(description="Nothing was changed: this is what would be.")
    added: int = 0
    changed: int = 0
    gone: int = 0
    same: int = 0
    changes: list[AddressChange] = Field(default=[], description="One by one, 1,000 at most.")


@router.post(
    "/sheet",
    summary="Send a sheet of addresses",
    responses=problems(*MOVING, NotSheet, AboutPeople),
    openapi_extra=TAKES_SHEET,
)
async def send_addresses(
    id: UUID,
    caller: Staff,
    upload: Upload,
    response: Response,
    dry_run: Annotated[bool, Query(alias="dryRun", description="Only tell what would become of it.")] = False,
) -> AddressesReport:
    """All addresses of the house, 5,000 at most. Columns: street, number, postcode; perhaps letter, addition, town, entrance, walk,
    language, bag_id, vera_id; the names of VERA (Eenheidadres) and of the BAG are known too, in Dutch. What is known already stays; what
    the sheet does not have is gone, unless a row of it is wrong. A column about people is refused: nobody is named in a list of addresses.
    With `dryRun=true` nothing is done; send the sheet with its ETag in If-Match then, and what you saw is what is done."""
    sheet = await asyncio.to_thread(Sheet, upload, AddressRow, _named)
    report = AddressesReport(tried=dry_run)
    sent = await _read(sheet, report)
    found, version = await _compare(id, sent, caller, report)
    response.headers["ETag"] = etag(version)
    if not dry_run:
        await caller.run(ListAddresses(id, found, version if caller.version is None else caller.version))
    return report


@router.get("", summary="Addresses", responses=problems())
async def list_addresses(
    id: UUID, reader: StaffReader, page: Paging, response: Response
) -> Page[AddressView]:
    """Of a house, as the caretaker walks: by the places that its list gives, or by postcode, street, number and addition. The ETag is
    that of the list."""
    async with reader.reading() as session:
        response.headers["ETag"] = etag(await queries.version(session, id))
        found = await queries.list_addresses(session, id, after=page.after, limit=page.limit)
    return page.of(found)


@router.get("/export", summary="Addresses as a file", response_model=None, responses=EXPORTED | problems())
async def export_addresses(
    id: UUID, reader: StaffReader, format: Annotated[Format, Query()] = Format.CSV
) -> StreamingResponse:
    """As the caretaker walks. The file can be put right and sent again as a sheet, without its columns id and line."""
    pages = in_pages(
        reader.reading,
        lambda session, after, limit: queries.list_addresses(session, id, after=after, limit=limit),
    )
    return await export("addresses", AddressView, pages, format)


def _named(columns: Sequence[str]) -> list[str]:
    """What they are called here. Raises AboutPeople."""
    named = [KNOWN_AS.get(column, column) for column in columns]
    check_names_nobody(named)
    return named


async def _read(sheet: Sheet[AddressRow], report: AddressesReport) -> list[Listed]:
    """The addresses that are right. Raises Invalid where there are none, or too many."""
    lines, right = dict[str, int](), list[Listed]()
    async for rows in sheet.pieces():
        for line, found in rows:
            if isinstance(found, Mistake):
                report.refuse(line, found)
            elif (before := lines.setdefault(found.listed.key, line)) != line:
                report.repeat(line, "number", f"{found.listed.line} is on line {before} already.")
            else:
                report.accept()
                right.append(found.listed)
        if len(right) > MOST:
            raise Invalid(f"A house has {MOST} addresses at most.", place="/")
    if not right and not report.invalid:
        raise Invalid("There is no address in this sheet.", place="/")
    return right


async def _compare(
    house: UUID, sent: Sequence[Listed], reader: Reader, report: AddressesReport
) -> tuple[Differences, int]:
    """What the list says anew, told in the report; and the version of the list that it was compared with."""
    async with reader.reading() as session:
        version, known = await queries.version(session, house), await queries.listed(session, house)
    if report.invalid:
        report.notes = [*report.notes, NOT_WHOLE]
    found = differences(house, known, sent, whole=not report.invalid)
    report.added, report.changed = len(found.added), len(found.changed)
    report.gone, report.same = len(found.gone), found.same
    report.changes = [*islice(_changes(house, known, found), SHOWN)]
    return found, version


def _changes(house: UUID, known: Mapping[UUID, Listed], found: Differences) -> Iterator[AddressChange]:
    for id in found.gone:
        yield AddressChange(id=id, line=known[id].line, what="gone")
    for listed in found.changed:
        id = Address.id_of(house, listed)
        columns = list(changed_columns(known[id], listed))
        yield AddressChange(id=id, line=listed.line, what="changed", columns=columns)
    for listed in found.added:
        yield AddressChange(id=Address.id_of(house, listed), line=listed.line, what="added")
