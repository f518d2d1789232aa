"""Sheets that staff bring and take: CSV as spreadsheet programs write and read it, their own workbooks (XLSX), and JSON in
pieces.

A route that takes a sheet says so in its own documentation, `openapi_extra=TAKES_SHEET`; `Limits`
lets larger bodies through there and nowhere else. The rows are read into a pydantic model, whose
fields are the columns.
"""

import asyncio
import codecs
import csv
import io
import re
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis.core.errors import Malformed, NotSheet
from buurtthuis.http.limits import CSV, SHEET_TYPE, XLSX, check_text
from buurtthuis.http.problem_json import place_of
from buurtthuis.http.problems import sentence
from buurtthuis.http.workbooks import NOT_READ, OLE, ZIP, records

ROWS = 100_000
ROW_KIB = 16
#: Rows that are read together.
PIECE = 50
#: Rows of an export that are read together.
PAGE = 1_000
#: Rows that a report shows one by one; it counts all of them.
SHOWN = 1_000
#: What may stand between cells; the first is what a Dutch Excel splits at, and what we write.
DELIMITERS = ";,\t|"
ENCODINGS = ("utf-8-sig", "cp1252")
#: What Excel writes when asked for Unicode text.
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: A line before the names, with which a file tells Excel what stands between its cells.
SEPARATOR = re.compile(rf'"?sep=([{DELIMITERS}])', re.IGNORECASE)
#: What a spreadsheet takes for a formula (OWASP, CSV injection), where a cell begins or would begin: behind whatever
#: splits cells in somebody's country, whichever we wrote; quotes and spaces before it are no part of it.
_BEGINS = rf"(?:\A|(?<=[{DELIMITERS}\r\n]))"
_FORMULA = r"""(?:['"]|[^\S\t\r\n])*[=+\-@＝＋－＠]"""
FORMULA = re.compile(rf"{_BEGINS}(?={_FORMULA})")
MADE_HARMLESS = re.compile(rf"{_BEGINS}'(?={_FORMULA})")
#: Excel reads UTF-8 only where the file begins with this.
BYTE_ORDER_MARK = codecs.BOM_UTF8

TAKES_SHEET: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "CSV with a line of column names; semicolon, comma or tab; UTF-8, Windows-1252 or UTF-16. Or a workbook "
        "(XLSX), of which the first sheet is read.",
        "content": {
            CSV: {"schema": {"type": "string"}},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}

#: For the `responses` of a route that gives an export.
EXPORTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {
            CSV: {"schema": {"type": "string"}},
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
        },
    }
}

R = TypeVar("R", bound=BaseModel)
P = TypeVar("P", bound=Any)

#: Lines that hold something, each with its number.
Records = Iterator[tuple[int, list[str]]]
#: What the columns of somebody's sheet are called here; raises Refused for one that has no place here.
Naming = Callable[[Sequence[str]], Sequence[str]]


class Mistake(NamedTuple):
    """What is the matter with a row: which column, and why."""

    column: str
    why: str


class SheetRow(NamedTuple, Generic[R]):
    """One row: what it says, or what is the matter with it. `line` is where a person finds it in the file."""

    line: int
    found: R | Mistake


class Sheet(Generic[R]):
    """An upload that is a table as a whole: CSV, or a workbook. Each row is right or wrong by itself.

    Its columns are the fields of `kind`, or are called so by `named`. Raises Malformed where it is no table, has other columns
    than `kind` has fields, or too many rows."""

    def __init__(self, data: bytes, kind: type[R], named: Naming = list) -> None:
        self._kind = kind
        self._records = _workbook(data) if data.startswith(ZIP) else _Csv(data, kind, named).records
        self._check_rows()
        _, names = next(self._records(), (1, []))
        self.columns = [*named(_without_empty_ends([name.strip().lower() for name in names]))]
        _check_columns(self.columns, kind)

    async def pieces(self) -> AsyncIterator[list[SheetRow[R]]]:
        """Every row that is not empty, a few at a time; they are read in a thread, so that others have their turn."""
        rows = self._rows()
        while piece := await asyncio.to_thread(_take, rows):
            yield piece

    def _rows(self) -> Iterator[SheetRow[R]]:
        records = self._records()
        next(records, None)
        for line, cells in records:
            yield SheetRow(line, self._read(cells))

    def _read(self, cells: list[str]) -> R | Mistake:
        cells = _without_empty_ends(cells)
        if len(cells) > len(self.columns):
            return Mistake("", f"This row has {len(cells)} cells; there are {len(self.columns)} columns.")
        row = {name: as_written(cell) for name, cell in zip(self.columns, cells, strict=False) if cell}
        try:
            for name, cell in row.items():
                check_text(cell, name)
            return self._kind.model_validate({name: cell for name, cell in row.items() if cell.strip()})
        except Malformed as refused:
            return Mistake(str(place_of(refused)), str(refused))
        except ValidationError as refused:
            first = refused.errors()[0]
            return Mistake(str(first["loc"][0]), sentence(first))

    def _check_rows(self) -> None:
        line = 1
        try:
            for number, (line, cells) in enumerate(self._records()):
                if number > ROWS:
                    raise Malformed(f"A sheet holds {ROWS} rows at most; split it.", place="/")
                if sum(map(len, cells), len(cells)) > ROW_KIB * 1024:
                    raise Malformed(f"A row holds {ROW_KIB} KiB at most; see line {line}.", place="/")
        except csv.Error as error:
            raise Malformed(f"This is not CSV, on or below line {line}: {error}.", place="/") from None


def _workbook(data: bytes) -> Callable[[], Records]:
    found = records(data, ROWS + 2)
    return lambda: iter(found)


class _Csv:
    """Lines of text with something between their cells."""

    def __init__(self, data: bytes, kind: type[BaseModel], named: Naming) -> None:
        self._data = data
        self._encoding = _encoding(data)
        said = SEPARATOR.match(next(self._text(), ""))
        self._skipped = 1 if said else 0
        self._delimiter = said[1] if said else _delimiter(self._names(), kind, named)

    def records(self) -> Records:
        """Those that hold something, each with the number of its first line."""
        text = self._text()
        for _ in range(self._skipped):
            text.readline()
        reader = csv.reader(text, delimiter=self._delimiter, strict=True)
        line = before = self._skipped + 1
        for cells in reader:
            if any(map(str.strip, cells)):
                yield line, cells
            line = reader.line_num + before

    def _names(self) -> str:
        return next(filter(str.strip, self._text()), "")

    def _text(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(io.BytesIO(self._data), self._encoding, newline="")


class Outcome(StrEnum):
    """What became of a row."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    INVALID = "invalid"


class RowReport(BaseModel):
    """A row that was not accepted."""

    line: int
    outcome: Outcome
    column: str | None = None
    why: str


class Report(BaseModel):
    """What became of each row of a sheet: all are counted, those that were not accepted are shown, 1,000 at most."""

    accepted: int = 0
    duplicate: int = 0
    invalid: int = 0
    notes: list[str] = Field(default=[], description="What else there is to know about the sheet.")
    rows: list[RowReport] = []

    def accept(self) -> None:
        """This row was new and right."""
        self.accepted += 1

    def repeat(self, line: int, column: str, why: str) -> None:
        """This row was there already."""
        self.duplicate += 1
        self._show(RowReport(line=line, outcome=Outcome.DUPLICATE, column=column, why=why))

    def refuse(self, line: int, mistake: Mistake) -> None:
        """This row is wrong."""
        self.invalid += 1
        column, why = mistake
        self._show(RowReport(line=line, outcome=Outcome.INVALID, column=column or None, why=why))

    def _show(self, row: RowReport) -> None:
        if len(self.rows) < SHOWN:
            self.rows.append(row)


async def _body(request: Request) -> bytes:
    """After the policy has let the caller in; until then nothing of a large body is read."""
    if not SHEET_TYPE.fullmatch(request.headers.get("content-type", "").encode()):
        raise NotSheet(place="Content-Type")
    return await request.body()


#: The bytes of a sheet; put it after the caller in a route's parameters.
Upload = Annotated[bytes, Depends(_body)]


class Format(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSON = "json"


Pages = AsyncIterable[Sequence[BaseModel]]


async def in_pages(
    reading: Callable[[], AbstractAsyncContextManager[AsyncSession]],
    read: Callable[[AsyncSession, UUID | None, int], Awaitable[list[P]]],
) -> AsyncIterator[list[P]]:
    """Everything that `read` gives above an id, `PAGE` at most at a time.

    Each page is a transaction of its own, so that whoever reads slowly holds nothing up."""
    last: UUID | None = None
    while True:
        async with reading() as session:
            page = await read(session, last, PAGE)
        yield page
        if len(page) < PAGE:
            return
        last = page[-1].id


async def at_once(rows: Sequence[P]) -> AsyncIterator[Sequence[P]]:
    """A page that is all there is."""
    yield rows


async def export(name: str, kind: type[BaseModel], pages: Pages, format: Format) -> StreamingResponse:
    """Everything in `pages` as a file called `name`, sent while it is read.

    The first page is read before the answer begins, so that what fails at once is still refused as usual."""
    write = {Format.CSV: as_csv(list(kind.model_fields), pages), Format.JSON: as_json(pages)}[format]
    first = await anext(write)
    return StreamingResponse(
        _onward(first, write),
        media_type={Format.CSV: f"{CSV}; charset=utf-8", Format.JSON: "application/json"}[format],
        headers={"Content-Disposition": f'attachment; filename="{name}.{format}"'},
    )


async def as_csv(columns: Sequence[str], pages: Pages) -> AsyncIterator[bytes]:
    """CSV that a Dutch Excel opens in columns, and in which no cell is a formula anywhere."""
    head = table([columns])
    async for page in pages:
        yield head + _lines([_cells(row, columns) for row in page])
        head = b""
    yield head


def table(rows: Iterable[Sequence[object]]) -> bytes:
    """The same, of rows that are there already; the first are the names of the columns."""
    return BYTE_ORDER_MARK + _lines(rows)


async def as_json(pages: Pages) -> AsyncIterator[bytes]:
    """One JSON array."""
    before = b"["
    async for page in pages:
        if page:
            yield before + b",\n".join(row.model_dump_json().encode() for row in page)
            before = b",\n"
    yield b"[]" if before == b"[" else b"]"


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, nor any part of it; `as_written` takes it back."""
    return FORMULA.sub("'", cell)


def as_written(cell: str) -> str:
    """What somebody wrote, whether or not it was made harmless since."""
    return MADE_HARMLESS.sub("", cell)


def _cells(row: BaseModel, columns: Sequence[str]) -> list[object]:
    values = row.model_dump(mode="json")
    return [values[name] for name in columns]


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=DELIMITERS[0])
    writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue().encode()


async def _onward(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in rest:
        yield part


def _take(rows: Iterator[SheetRow[R]]) -> list[SheetRow[R]]:
    return list(islice(rows, PIECE))


def _encoding(data: bytes) -> str:
    if data.startswith(OLE):
        raise Malformed(NOT_READ, place="/")
    encodings = ("utf-16",) if data.startswith(UTF_16) else ENCODINGS
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            data.decode(encoding)
            return encoding
    raise Malformed('This is not text; save the sheet as "CSV UTF-8".', place="/")


def _delimiter(head: str, kind: type[BaseModel], named: Naming) -> str:
    """The one by which most of the columns are known."""

    def known(delimiter: str) -> int:
        cells = [cell.strip(' "\r\n') for cell in head.lower().split(delimiter)]
        return len({*named(cells)} & set(kind.model_fields))

    return max(DELIMITERS, key=known)


def _without_empty_ends(cells: list[str]) -> list[str]:
    """Spreadsheets write empty columns behind the last one, and leave them out in some rows."""
    filled = (number for number in range(len(cells), 0, -1) if cells[number - 1].strip())
    return cells[: next(filled, 0)]


def _check_columns(columns: list[str], kind: type[BaseModel]) -> None:
    """Raises Malformed naming the first column that is missing, unknown or there twice."""
    for name, field in kind.model_fields.items():
        if field.is_required() and name not in columns:
            raise Malformed(f'The sheet has no column "{name}".', place=name)
    known = ", ".join(kind.model_fields)
    for name in columns:
        check_text(name, "/")
        if name not in kind.model_fields:
            raise Malformed(f'There is no column "{name[:60]}"; these are known: {known}.', place=name[:60])
        if columns.count(name) > 1:
            raise Malformed(f'The column "{name}" is there twice.', place=name)
