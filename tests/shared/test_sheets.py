"""Sheets that staff bring and take."""

import asyncio
import csv
import io
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any, Literal

import httpx
import orjson
import pytest
from buurtthuis.core.errors import Invalid
from buurtthuis.core.texts import is_honest
from buurtthuis.http import sheets
from buurtthuis.http.limits import DISHONEST, SHEET_KIB, Limits
from buurtthuis.http.models import Body
from buurtthuis.http.policies import EVERYBODY, admit
from buurtthuis.http.problem_json import place_of
from buurtthuis.http.problems import answer_refusals
from buurtthuis.http.sheets import (
    BYTE_ORDER_MARK,
    PIECE,
    ROW_KIB,
    ROWS,
    SHOWN,
    TAKES_SHEET,
    Mistake,
    Report,
    Sheet,
    Upload,
    as_csv,
    as_json,
    as_written,
    harmless,
)
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from starlette.types import ASGIApp

from tests.people import AS_TYPED

#: Any text, and often what means something to a spreadsheet.
TEXT = st.text(st.characters().filter(is_honest)) | st.text(st.sampled_from("'=+-@＝\t\r\n,;|\" a"))
CSV_HEADERS = {"Content-Type": "text/csv; charset=utf-8"}


class Card(Body):
    """A row."""

    number: int = Field(gt=0)
    title: str = Field(max_length=20)
    channel: Literal["paper", "door"] = "paper"


class Line(BaseModel):
    """A row of any text."""

    first: str = ""
    second: str = ""


def rows(sheet: Sheet[Any]) -> list[Any]:
    """All of them at once."""

    async def collect() -> list[Any]:
        return [row async for piece in sheet.pieces() for row in piece]

    return asyncio.run(collect())


def read(text: str, encoding: str = "utf-8") -> list[Any]:
    return [row.found for row in rows(Sheet(text.encode(encoding), Card))]


def refusal(data: bytes | str) -> Invalid:
    with pytest.raises(Invalid) as refused:
        Sheet(data.encode() if isinstance(data, str) else data, Card)
    return refused.value


async def paged(rows: Sequence[BaseModel]) -> AsyncIterator[Sequence[BaseModel]]:
    for start in range(0, len(rows), 2):
        yield rows[start : start + 2]


async def written(rows: Sequence[BaseModel]) -> bytes:
    return b"".join([part async for part in as_csv(["first", "second"], paged(rows))])


COFFEE = Card(number=1, title="Café")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_sheet_is_read_however_it_was_saved(delimiter: str, newline: str, encoding: str) -> None:
    assert read(newline.join([f"number{delimiter}title", f"1{delimiter}Café", ""]), encoding) == [COFFEE]


@pytest.mark.parametrize("order", ["le", "be"])
def test_unicode_text_from_excel_is_read_in_either_order(order: str) -> None:
    assert read("\ufeffnumber\ttitle\r\n1\tCafé\r\n", f"utf-16-{order}") == [COFFEE]


@pytest.mark.parametrize("head", ["sep=;", "SEP=;", '"sep=;"'])
def test_a_line_that_tells_excel_what_stands_between_cells_is_no_row(head: str) -> None:
    sheet = Sheet(f"{head}\r\nnumber;title\r\n1;Thee, koffie\r\nx;\r\n".encode(), Card)
    good, bad = rows(sheet)
    assert good == (3, Card(number=1, title="Thee, koffie"))
    assert bad.line == 4


def test_what_a_file_says_of_its_separator_holds() -> None:
    assert read("sep=|\nnumber|title\n1|Café") == [COFFEE]


def test_empty_columns_and_rows_behind_the_last_are_nothing() -> None:
    assert read("number;title;;\r\n1;Café;;\r\n1;Café\r\n1;Café; ;\r\n;;;\r\n ;;;\r\n") == [COFFEE] * 3


def test_a_row_that_ends_early_has_nothing_in_its_last_columns() -> None:
    assert read("number;title;channel\n1;Café\n") == [COFFEE]


def test_columns_may_be_in_any_order_and_case() -> None:
    assert read('"Title ",NUMBER\nCafé,1') == [COFFEE]


def test_a_comma_in_a_title_does_not_split_it_where_semicolons_do() -> None:
    assert read("number;title\n1;Koffie, thee") == [Card(number=1, title="Koffie, thee")]


def test_a_quoted_cell_may_have_several_lines() -> None:
    assert read('number,title\n1,"Koffie\nen ""thee"""') == [Card(number=1, title='Koffie\nen "thee"')]


def test_a_row_knows_the_line_where_it_begins() -> None:
    sheet = Sheet(b'number,title\n1,"a\nb"\n\n,,\n2,c', Card)
    assert [row.line for row in rows(sheet)] == [2, 6]


def test_an_empty_cell_is_as_one_that_is_not_there() -> None:
    assert read("number,title,channel\n1,Café,") == [COFFEE]


def test_empty_lines_are_passed_over() -> None:
    assert read("\nnumber,title\n\n1,Café\n;\n".replace(";", ",")) == [COFFEE]


@pytest.mark.parametrize(
    ("row", "mistake"),
    [
        ("x,Thee,", ("number", "Input should be a valid integer, unable to parse string as an integer.")),
        ("1,,", ("title", "This field is required.")),
        ("1,   ,", ("title", "This field is required.")),
        ("1,Thee,fax", ("channel", "Input should be 'paper' or 'door'.")),
        (
            "1,Th\0ee,",
            (
                "title",
                DISHONEST,
            ),
        ),
        (
            "1,\u202eThee,",
            (
                "title",
                DISHONEST,
            ),
        ),
        ("1", ("title", "This field is required.")),
        ("1,Thee,door,more", ("", "This row has 4 cells; there are 3 columns.")),
    ],
)
def test_a_wrong_row_is_named_and_the_others_are_read(row: str, mistake: tuple[str, str]) -> None:
    assert read(f"number,title,channel\n{row}\n1,Café,paper") == [Mistake(*mistake), COFFEE]


@pytest.mark.parametrize(
    ("sheet", "field", "words"),
    [
        ("", "number", 'no column "number"'),
        ("number\n1", "title", 'no column "title"'),
        ("number,title,naam\n1,x,y", "naam", "these are known: number, title, channel"),
        ("number,title,title\n1,x,y", "title", "twice"),
        ("number,ti\0tle,title\n1,x,y", "/", "NUL"),
        ('number,title\n1,"Caf', "/", "on or below line 1"),
        ('number,title\n1,a\n2,"b"c', "/", "on or below line 2"),
        (f"number,title\n1,{'x' * 200_000}", "/", "field larger than field limit"),
        (f"number,title\n1,x\n\n2,{'x' * ROW_KIB * 1024}", "/", "16 KiB at most; see line 4"),
        ("number,title\n" + "1,x\n" * (ROWS + 1), "/", "100000 rows at most"),
        (b"number,title\n1,\x81\xff", "/", "CSV UTF-8"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_table_is_refused_as_a_whole(sheet: bytes | str, field: str, words: str) -> None:
    refused = refusal(sheet)
    assert place_of(refused) == field
    assert words in str(refused)


def test_as_many_rows_as_the_limit_are_read() -> None:
    assert len(rows(Sheet(b"number,title\n" + b"1,x\n" * ROWS, Card))) == ROWS


async def test_no_row_is_read_on_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    sheet, on_the_loop = Sheet(b"number,title\n" + b"1,x\n" * 3 * PIECE, Card), list[bool]()

    def check(_: str, __: str) -> None:
        on_the_loop.append(threading.current_thread() is threading.main_thread())

    monkeypatch.setattr(sheets, "check_text", check)
    assert [len(piece) async for piece in sheet.pieces()] == [PIECE] * 3
    assert on_the_loop == [False] * 2 * 3 * PIECE


async def test_others_have_their_turn_after_a_few_rows() -> None:
    turns: list[int] = []

    async def others() -> None:
        while True:
            turns.append(len(pieces))
            await asyncio.sleep(0)

    pieces: list[int] = []
    waiting = asyncio.create_task(others())
    async for piece in Sheet(b"number,title\n" + b"wrong,x\n" * 10 * PIECE, Card).pieces():
        pieces.append(len(piece))  # noqa: PERF401  others look at it meanwhile
    waiting.cancel()
    assert pieces == [PIECE] * 10
    assert set(turns) >= set(range(1, 10))


@given(st.binary(), st.sampled_from([b"", b"number,title\n", BYTE_ORDER_MARK + b'"number";title\r\n']))
def test_no_upload_fails_in_another_way_than_by_being_refused(data: bytes, head: bytes) -> None:
    with suppress(Invalid):
        rows(Sheet(head + data, Card))


def cells(data: bytes, delimiter: str = ";") -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


@given(st.lists(st.builds(Line, first=TEXT, second=TEXT)))
async def test_what_is_written_is_read_back_the_same(lines: list[Line]) -> None:
    found = cells(await written(lines))
    assert [Line(first=as_written(a), second=as_written(b)) for a, b in found][1:] == lines


async def test_letters_that_nobody_sees_stay_where_they_belong() -> None:
    data = await written([Line(first=text, second=text) for text in AS_TYPED])
    assert cells(data)[1:] == [[text, text] for text in AS_TYPED]
    found = [row.found async for piece in Sheet(data, Line).pieces() for row in piece]
    assert found == [Line(first=text, second=text) for text in AS_TYPED]


@given(TEXT.filter(str.strip), TEXT.filter(str.strip))
async def test_an_export_can_be_brought_in_again(first: str, second: str) -> None:
    """As far as the text is honest."""
    sheet = Sheet(await written([Line(first=first, second=second)]), Line)
    [[row]] = [piece async for piece in sheet.pieces()]
    assert row.found == Line(first=first, second=second) or "NUL" in row.found[1]  # type: ignore[index]


@given(st.lists(st.builds(Line, first=TEXT, second=TEXT)), st.sampled_from(";,\t|"))
async def test_no_cell_is_a_formula_whatever_splits_them(lines: list[Line], delimiter: str) -> None:
    found = [cell for row in cells(await written(lines), delimiter) for cell in row]
    assert [cell for cell in found if cell.lstrip(' "').startswith(tuple("=+-@＝"))] == []


@pytest.mark.parametrize("separator", [";", ",", "\t", "|", "\n", "\r\n", "; ", ';"'])
def test_what_would_begin_a_cell_elsewhere_is_no_formula_either(separator: str) -> None:
    """A Dutch Excel splits at semicolons what others split at commas."""
    assert "'" in harmless(f"Thee{separator}=1+1")
    assert as_written(harmless(f"Thee{separator}=1+1")) == f"Thee{separator}=1+1"


@pytest.mark.parametrize("text", ["Thee; koffie", "a-b", "2+2=4", "Jan's tuin", "x@y"])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


async def test_an_export_begins_as_excel_wants_it() -> None:
    assert await written([]) == BYTE_ORDER_MARK + b"first;second\r\n"


@given(st.lists(st.builds(Line, first=TEXT)))
async def test_json_is_one_array(lines: list[Line]) -> None:
    text = b"".join([part async for part in as_json(paged(lines))])
    assert orjson.loads(text) == [one.model_dump() for one in lines]


def test_a_report_counts_everything_and_shows_what_fits() -> None:
    report = Report()
    for line in range(SHOWN + 5):
        report.refuse(line, Mistake("title", "This field is required."))
    assert (report.invalid, len(report.rows)) == (SHOWN + 5, SHOWN)


# Over HTTP.


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = FastAPI(openapi_url=None)

    @app.post("/sheets/{id}", openapi_extra=TAKES_SHEET, dependencies=[EVERYBODY])
    async def take(sheet: Upload) -> int:
        return len(sheet)

    @app.post("/words", dependencies=[EVERYBODY])
    async def words() -> None: ...

    answer_refusals(app)
    app.add_middleware(Limits, admit=admit)
    app.add_middleware(_WithState)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


class _WithState:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope.setdefault("state", {})["request_id"] = "1"
        await self.app(scope, receive, send)


async def test_a_route_that_says_so_takes_a_large_sheet(client: httpx.AsyncClient) -> None:
    response = await client.post("/sheets/1", content=b"x" * SHEET_KIB * 1024, headers=CSV_HEADERS)
    assert (response.status_code, response.json()) == (200, SHEET_KIB * 1024)


async def test_a_sheet_has_its_limit_too(client: httpx.AsyncClient) -> None:
    response = await client.post("/sheets/1", content=b"x" * (SHEET_KIB * 1024 + 1), headers=CSV_HEADERS)
    assert (response.status_code, response.json()["title"]) == (413, "Too large")


@pytest.mark.parametrize(
    ("path", "media_type", "title"),
    [
        ("/words", "text/csv", "Not json"),
        ("/sheets/1", "application/json", "Not sheet"),
        ("/sheets/1", "text/csvs", "Not json"),
        ("/sheets/1", "text/plain", "Not json"),
    ],
)
async def test_a_body_of_another_media_type_is_refused(
    client: httpx.AsyncClient, path: str, media_type: str, title: str
) -> None:
    response = await client.post(path, content=b"[]", headers={"Content-Type": media_type})
    assert (response.status_code, response.json()["title"]) == (415, title)


async def test_a_large_sheet_is_refused_where_none_is_taken(client: httpx.AsyncClient) -> None:
    response = await client.post("/words", content=b"x" * 300 * 1024, headers=CSV_HEADERS)
    assert response.status_code == 413
