"""A sheet of addresses over HTTP: row by row, tried first, and only the differences of the next one."""

import asyncio
import io
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.http.workbooks import NOT_READ
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from openpyxl import Workbook

from tests.conftest import together
from tests.people import fields, problem

place = together

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET = """straat;huisnummer;toevoeging;postcode;woonplaats;taal;portiek;bagId
Wingerd;2;;2741AB;Waddinxveen;;A;0627010000000002
Wingerd;10;A;2741 ab;Waddinxveen;ar;A;627010000000010
Wingerd;10B;;2741 AB;Waddinxveen;uk;B;
"""


async def send(
    staff: httpx.AsyncClient, house: UUID, sheet: str | bytes = SHEET, kind: str = "text/csv", **more: Any
) -> httpx.Response:
    headers = {"Content-Type": kind, **more.pop("headers", {})}
    return await staff.post(
        f"/surveys/v1/houses/{house}/addresses/sheet", content=sheet, headers=headers, params=more
    )


async def lines(staff: httpx.AsyncClient, house: UUID) -> list[str]:
    found = (await staff.get(f"/surveys/v1/houses/{house}/addresses")).json()
    return [address["line"] for address in found["items"]]


def workbook(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


async def test_a_list_of_the_corporations_own_becomes_the_addresses_of_a_house(place: Playground) -> None:
    staff, house = place.client(Role.STAFF), uuid4()
    report = (await send(staff, house)).json()
    assert (report["added"], report["invalid"], report["tried"]) == (3, 0, False)
    assert await lines(staff, house) == ["Wingerd 2", "Wingerd 10A", "Wingerd 10B"]
    [_, second, _] = (await staff.get(f"/surveys/v1/houses/{house}/addresses")).json()["items"]
    assert (second["postcode"], second["language"], second["entrance"]) == ("2741 AB", "ar", "A")
    assert second["bag_id"] == "0627010000000010"
    export = await staff.get(f"/surveys/v1/houses/{house}/addresses/export")
    assert (
        export.content.decode("utf-8-sig")
        .splitlines()[2]
        .startswith(f"{second['id']};Wingerd 10A;Wingerd;10;A")
    )
    said = (await staff.get("/surveys/v1/events")).json()[-1]
    assert said["data"] == {"house_id": str(house), "added": 3, "changed": 0, "gone": 0, "addresses": 3}


async def test_a_dry_run_tells_what_would_be_and_its_etag_holds_it_to_that(place: Playground) -> None:
    staff, house = place.client(Role.STAFF), uuid4()
    tried = await send(staff, house, dryRun=True)
    assert (tried.json()["tried"], tried.json()["added"]) == (True, 3)
    assert [change["what"] for change in tried.json()["changes"]] == ["added"] * 3
    assert await lines(staff, house) == []
    assert (await send(staff, house)).status_code == 200
    late = await send(staff, house, headers={"If-Match": tried.headers["ETag"]})
    assert (late.status_code, problem(late)) == (412, "outdated")


async def test_another_list_does_only_what_differs(place: Playground) -> None:
    staff, house = place.client(Role.STAFF), uuid4()
    await send(staff, house)
    await place.settled()
    events = len((await staff.get("/surveys/v1/events")).json())
    again = (await send(staff, house)).json()
    assert (again["added"], again["changed"], again["gone"], again["same"]) == (0, 0, 0, 3)
    await place.settled()
    assert len((await staff.get("/surveys/v1/events")).json()) == events
    other = SHEET.replace("Wingerd;2;", "Wingerd;4;").replace(";uk;B", ";pl;B")
    report = (await send(staff, house, other)).json()
    assert [(change["line"], change["what"], change["columns"]) for change in report["changes"]] == [
        ("Wingerd 2", "gone", []),
        ("Wingerd 10B", "changed", ["language"]),
        ("Wingerd 4", "added", []),
    ]
    assert await lines(staff, house) == ["Wingerd 4", "Wingerd 10A", "Wingerd 10B"]


async def test_each_row_that_is_wrong_says_why_and_nothing_is_taken_off_meanwhile(place: Playground) -> None:
    staff, house = place.client(Role.STAFF), uuid4()
    await send(staff, house)
    sheet = (
        "straat;huisnummer;toevoeging;postcode;taal;bag_id\n"
        "Wingerd;0;;2741 AB;;\n"
        "Wingerd;12;fam. Jansen;2741 AB;;\n"
        "Wingerd;12;;27 41;;\n"
        "Wingerd;12;;2741 AB;arabisch;\n"
        "Wingerd;12;;2741 AB;;6,2701E+14\n"
        "Wingerd;14;;2741 AB;;\n"
        "Wingerd;14;;2741AB;;\n"
        ";16;;2741 AB;;\n"
    )
    report = (await send(staff, house, sheet)).json()
    assert [(row["line"], row["column"], row["outcome"]) for row in report["rows"]] == [
        (2, "number", "invalid"),
        (3, "addition", "invalid"),
        (4, "postcode", "invalid"),
        (5, "language", "invalid"),
        (6, "bag_id", "invalid"),
        (8, "number", "duplicate"),
        (9, "street", "invalid"),
    ]
    assert "Jansen" not in str(report)
    assert (report["accepted"], report["added"], report["gone"]) == (1, 1, 0)
    assert "nothing is taken off" in report["notes"][0]
    assert len(await lines(staff, house)) == 4


@pytest.mark.parametrize("column", ["Naam", "huurder", "E-mail", "telefoonnummer"])
async def test_a_sheet_with_people_in_it_is_refused_as_a_whole_and_says_which_column(
    place: Playground, column: str
) -> None:
    staff, house = place.client(Role.STAFF), uuid4()
    sheet = f"straat;huisnummer;postcode;{column}\nWingerd;2;2741 AB;Jansen\n"
    refused = await send(staff, house, sheet)
    assert (refused.status_code, problem(refused)) == (422, "about-people")
    assert f'"{column.lower()}"' in refused.json()["detail"]
    assert "Jansen" not in refused.text
    assert await lines(staff, house) == []


async def test_an_empty_list_takes_no_addresses_away(place: Playground) -> None:
    staff, house = place.client(Role.STAFF), uuid4()
    await send(staff, house)
    refused = await send(staff, house, "straat;huisnummer;postcode\n")
    assert (refused.status_code, fields(refused)) == (422, ["/"])
    assert len(await lines(staff, house)) == 3


async def test_a_workbook_reads_as_what_it_shows(place: Playground) -> None:
    staff, house = place.client(Role.STAFF), uuid4()
    sheet = workbook(
        ["Straat", "Huisnummer", "Toevoeging", "Postcode", "nummeraanduidingId", "Looproute"],
        ["Wingerd", 2, None, "2741AB", 627010000000002, 2],
        [],
        ["Wingerd", 4.0, 1, "2741 AB", "0627010000000004", 1],
        ["Wingerd", 6, date(2026, 2, 1), "2741 AB", None, None],
        ["Wingerd", 8, None, "2741 AB", 1234567890123456, None],
    )
    report = (await send(staff, house, sheet, XLSX)).json()
    assert report["accepted"] == 2
    assert [(row["line"], row["column"]) for row in report["rows"]] == [(5, "addition"), (6, "bag_id")]
    assert "format Text" in report["rows"][0]["why"]
    assert await lines(staff, house) == ["Wingerd 4-1", "Wingerd 2"]


async def test_what_is_no_workbook_is_refused_and_not_unpacked(place: Playground) -> None:
    staff, house = place.client(Role.STAFF), uuid4()
    whole = workbook(["Straat"])
    for wrong in (whole[:200], b"PK\x03\x04" + b"\0" * 100, b"\xd0\xcf\x11\xe0" + b"\0" * 100):
        refused = await send(staff, house, wrong, XLSX)
        assert (refused.status_code, refused.json()["detail"]) == (400, NOT_READ)


async def test_two_lists_at_once_are_one_after_the_other_or_one_of_them_is_outdated(
    place: Playground,
) -> None:
    staff, house = place.client(Role.STAFF), uuid4()
    answers = await asyncio.gather(*(send(staff, house) for _ in range(4)))
    assert {answer.status_code for answer in answers} <= {200, 412}
    assert len(await lines(staff, house)) == 3


async def test_a_list_is_read_in_pages_as_the_caretaker_walks(place: Playground) -> None:
    staff, house = place.client(Role.STAFF), uuid4()
    await send(
        staff, house, "street;number;postcode\n" + "".join(f"Wingerd;{n};2741 AB\n" for n in range(12, 0, -1))
    )
    seen: list[str] = []
    after: dict[str, Any] = {}
    while page := (
        await staff.get(f"/surveys/v1/houses/{house}/addresses", params={"limit": 5, **after})
    ).json():
        seen += [address["line"] for address in page["items"]]
        if not page["next"]:
            break
        after = {"after": page["next"]}
    assert seen == [f"Wingerd {n}" for n in range(1, 13)]
