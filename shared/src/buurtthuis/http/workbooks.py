"""Workbooks of spreadsheet programs (XLSX, ECMA-376): the rows of the first sheet, as text, in bounded space and time.

A workbook is a zip file of XML. It is read only if what is said to be in it is no larger than `UNPACKED_KIB`; Python's
zipfile reads no more of an entry than that. Formulas are not computed: what they came to when it was saved is read.
"""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, time

from buurtthuis.core.errors import Malformed

#: What every zip file begins with,
ZIP = b"PK\x03\x04"
#: and what older workbooks do, and those with a password.
OLE = b"\xd0\xcf\x11\xe0"
UNPACKED_KIB = 64 * 1024
#: More columns than any sheet of ours has: what is behind them is not looked at.
COLUMNS = 100
#: A spreadsheet keeps fifteen digits of a number, and writes zeros for the others.
DIGITS = 10**15
NOT_READ = (
    'This is no workbook that can be read here; save the sheet as "Excel workbook (.xlsx)" or "CSV UTF-8".'
)


def records(data: bytes, most: int) -> list[tuple[int, list[str]]]:
    """Rows of the first sheet that hold something, each with its number, `most` at most. Raises Malformed where it is no workbook."""
    # Importing it takes a fifth of a second, and workbooks come now and then.
    from openpyxl import load_workbook

    try:
        _check_size(data)
        workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            return list(_rows(workbook.worksheets[0], most))
        finally:
            workbook.close()
    except Malformed:
        raise
    except Exception:  # whatever openpyxl, zipfile and the XML parser raise for what somebody made up
        raise Malformed(NOT_READ, place="/") from None


def _check_size(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        if sum(part.file_size for part in parts.infolist()) > UNPACKED_KIB * 1024:
            raise Malformed(f"A workbook holds {UNPACKED_KIB // 1024} MiB at most; split it.", place="/")


def _rows(sheet: object, most: int) -> Iterator[tuple[int, list[str]]]:
    found = sheet.iter_rows(max_col=COLUMNS, max_row=2 * most, values_only=True)  # type: ignore[attr-defined]
    for line, cells in enumerate(found, start=1):
        row = [_text(cell) for cell in cells]
        while row and not row[-1].strip():
            row.pop()
        if row:
            yield line, row


def _text(cell: object) -> str:
    """As it reads in the sheet. A number that is too long to be kept whole reads like none, so that nobody relies on it."""
    if cell is None:
        return ""
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if abs(cell) >= DIGITS:
            return f"{cell:.0E}"
        return str(int(cell)) if cell == int(cell) else str(cell)
    return str(cell)
