"""What people bring, on paper: a page for each letter, and a list to walk with. No machine sends these.

The font is DejaVu Sans, cut down to the letters of Latin, Greek, Cyrillic and Arabic. What people wrote with
others, such as pictures, is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from buurtthuis_notifications.texts import Text

# Importing it takes half a second, and paper is printed now and then.
if TYPE_CHECKING:
    from fpdf import FPDF

FONT = "DejaVu"
FILE = files(__package__) / "fonts" / "DejaVuSans.ttf"
#: Where the window of a Dutch envelope is, in millimetres from the corner of the page.
WINDOW = (25, 50)
BELOW_WINDOW = 100
LINE = 6
COLUMNS = (10, 60, 74, 26)
HEADINGS = ("", "Waar", "Wat", "Niet thuis")


@dataclass(frozen=True)
class Letter:
    """What somebody reads at home; `to` is the address, a line each."""

    to: Sequence[str]
    text: Text


@dataclass(frozen=True)
class Errand:
    """One line of the list: `where` is a door or a number, `tries` is how often nobody was home."""

    where: str
    what: str
    tries: int


def letters(corporation: str, found: Sequence[Letter]) -> bytes:
    """A PDF to be printed and put into envelopes with a window on the left."""
    pdf = _paper("Brieven")
    for letter in found:
        pdf.add_page()
        pdf.set_xy(*WINDOW)
        _write(pdf, "\n".join(letter.to))
        pdf.set_y(BELOW_WINDOW)
        _text(pdf, letter.text)
        _write(pdf, f"\nMet vriendelijke groet,\n{corporation}")
    return _printed(pdf)


def errands(title: str, found: Sequence[Errand]) -> bytes:
    """A PDF for the caretaker: where to go, what to say, and a box to tick."""
    from fpdf import FontFace

    pdf = _paper("Lijst")
    pdf.add_page()
    _write(pdf, title, size=16)
    pdf.ln(LINE)
    pdf.set_font(FONT, size=10)
    with pdf.table(
        col_widths=COLUMNS, line_height=LINE, text_align="LEFT", headings_style=FontFace(emphasis="")
    ) as table:
        table.row(HEADINGS)
        for one in found:
            table.row(
                ("☐", _known(pdf, one.where), _known(pdf, one.what), f"{one.tries} ×" if one.tries else "")
            )
    return _printed(pdf)


def _paper(title: str) -> "FPDF":
    from fpdf import FPDF

    pdf = FPDF()
    with as_file(FILE) as font:
        pdf.add_font(FONT, fname=font)
    pdf.set_title(title)
    pdf.set_lang("nl")
    pdf.set_margin(WINDOW[0])
    pdf.set_auto_page_break(auto=True, margin=WINDOW[0])
    return pdf


def _text(pdf: "FPDF", text: Text) -> None:
    """In the reader's language, and the same in plain Dutch below it."""
    _write(pdf, text.subject, size=14, direction=text.direction)
    pdf.ln(LINE / 2)
    _write(pdf, text.body, direction=text.direction)
    if text.below:
        pdf.ln(LINE)
        pdf.line(pdf.l_margin, pdf.get_y(), pdf.w - pdf.r_margin, pdf.get_y())
        pdf.ln(LINE)
        _text(pdf, text.below)


def _write(pdf: "FPDF", words: str, *, size: int = 11, direction: str = "ltr") -> None:
    pdf.set_font(FONT, size=size)
    pdf.set_text_shaping(use_shaping_engine=True, direction=direction)
    align = "R" if direction == "rtl" else "L"
    pdf.multi_cell(0, LINE, _known(pdf, words), align=align, new_x="LMARGIN", new_y="NEXT")


def _known(pdf: "FPDF", words: str) -> str:
    letters: Any = pdf.fonts[FONT.lower()]
    return "".join(letter for letter in words if letter == "\n" or ord(letter) in letters.cmap)


def _printed(pdf: "FPDF") -> bytes:
    return bytes(pdf.output())
