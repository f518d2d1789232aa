"""Workbooks of spreadsheet programs: what is read of them, and what a made-up one costs."""

import io
import zipfile

import pytest
from buurtthuis.core.errors import Invalid
from buurtthuis.http import workbooks
from buurtthuis.http.workbooks import records
from openpyxl import Workbook


def a_workbook(*rows: list[object], far: str = "") -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    if far:
        book.worksheets[0][far] = "far away"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_rows_have_the_numbers_that_a_person_finds_them_by() -> None:
    assert records(a_workbook(["a", "b"], [], [1, 2.5]), 10) == [(1, ["a", "b"]), (3, ["1", "2.5"])]


def test_a_number_that_a_spreadsheet_does_not_keep_whole_does_not_read_like_one() -> None:
    [(_, cells)] = records(a_workbook([999_999_999_999_999, 1_234_567_890_123_456]), 10)
    assert cells == ["999999999999999", "1E+15"]


def test_a_cell_far_away_makes_no_million_of_empty_ones() -> None:
    found = records(a_workbook(["a"], far="XFD1048576"), 10)
    assert [line for line, _ in found] == [1]
    assert all(len(cells) <= workbooks.COLUMNS for _, cells in found)


def test_a_workbook_that_would_unpack_to_more_than_it_may_is_refused_before_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbooks, "UNPACKED_KIB", 1024)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b" " * 2_000_000)
    assert len(file.getvalue()) < 10_000
    with pytest.raises(Invalid, match="MiB at most"):
        records(file.getvalue(), 10)


def test_entities_of_entities_are_refused_and_not_written_out() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    file, whole = io.BytesIO(), a_workbook(["a"])
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            content = old.read(name).decode()
            if name.endswith("sheet1.xml"):
                content = bomb + "]>" + content.split("?>")[-1].replace("<v>", "<v>&j;")
            new.writestr(name, content)
    with pytest.raises(Invalid):
        records(file.getvalue(), 10)
