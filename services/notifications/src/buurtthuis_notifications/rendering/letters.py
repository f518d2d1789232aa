"""What people bring, on paper: a page for each letter, and a list to walk with. No machine sends these."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from buurtthuis.http.paper import BELOW_WINDOW, FONT, LINE, WINDOW, known, paper, printed, write

from buurtthuis_notifications.texts import Text
from buurtthuis_notifications.texts.for_staff import for_staff

if TYPE_CHECKING:
    from fpdf import FPDF

COLUMNS = (8, 22, 54, 56, 22, 18)
HEADINGS = ("how", "where", "what", "until", "missed")


@dataclass(frozen=True)
class Letter:
    """What somebody reads at home; `to` is the address, a line each."""

    to: Sequence[str]
    text: Text


@dataclass(frozen=True)
class Errand:
    """One line of the list, in a `house`: `where` is a door or a number, `tries` is how often nobody was home."""

    house: str
    how: str
    where: str
    what: str
    until: str
    tries: int


def letters(corporation: str, found: Sequence[Letter], regards: Callable[[str], str]) -> bytes:
    """A PDF to be printed and put into envelopes with a window on the left. `regards` are said in each language."""
    pdf = paper("Brieven")
    for letter in found:
        pdf.add_page()
        pdf.set_xy(*WINDOW)
        write(pdf, "\n".join(letter.to))
        pdf.set_y(BELOW_WINDOW)
        _text(pdf, letter.text, corporation, regards)
    return printed(pdf)


def errands(title: str, found: Sequence[Errand]) -> bytes:
    """A PDF for the caretaker, house by house: where to go, what to say, and a box to tick."""
    pdf = paper(for_staff("list"))
    pdf.add_page()
    write(pdf, title, size=16)
    for house, there in groupby(found, key=lambda errand: errand.house):
        pdf.ln(LINE)
        write(pdf, house, size=13)
        _table(pdf, there)
    return printed(pdf)


def _table(pdf: "FPDF", found: Iterable[Errand]) -> None:
    from fpdf import FontFace

    pdf.set_font(FONT, size=10)
    plain = FontFace(emphasis="")
    with pdf.table(col_widths=COLUMNS, line_height=LINE, text_align="LEFT", headings_style=plain) as table:
        table.row(("", *map(for_staff, HEADINGS)))
        for errand in found:
            missed = f"{errand.tries} ×" if errand.tries else ""
            words = (errand.how, errand.where, errand.what, errand.until)
            table.row(("☐", *(known(pdf, word) for word in words), missed))


def _text(pdf: "FPDF", text: Text, corporation: str, regards: Callable[[str], str]) -> None:
    """In the reader's language, and the same in plain Dutch below it."""
    write(pdf, text.subject, size=14, direction=text.direction)
    pdf.ln(LINE / 2)
    write(pdf, text.body, direction=text.direction)
    write(pdf, f"\n{regards(text.language)}\n{corporation}", direction=text.direction)
    if text.below:
        pdf.ln(LINE)
        pdf.line(pdf.l_margin, pdf.get_y(), pdf.w - pdf.r_margin, pdf.get_y())
        pdf.ln(LINE)
        _text(pdf, text.below, corporation, regards)
