"""Letters with an invitation code: one page for each household, to be printed and put into an envelope.

The PDF's built-in fonts write Latin-1, which is all that this letter's own words need. Names of
corporations with other letters are written without those. The address stays open: surveys knows none.
"""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import segno

# Importing it takes half a second, and letters are printed a few times a year.
if TYPE_CHECKING:
    from fpdf import FPDF

FONT = "Helvetica"
GREETING = "Beste bewoner,"
WORDS = (
    "Wat wilt u in uw buurt? Wij horen het graag van u.",
    "Scan de code met uw telefoon. Of ga naar de website en typ de letters en cijfers over.",
    "Per huis kunt u één keer antwoorden. Wij kunnen niet zien wie wat heeft geantwoord.",
)


def letters(corporation: str, codes: Sequence[tuple[str, str]]) -> bytes:
    """A PDF with a page for each code and the link that leads to the form."""
    from fpdf import FPDF

    pdf = FPDF()
    pdf.set_title("Uitnodiging")
    pdf.set_lang("nl")
    pdf.set_margin(25)
    for code, link in codes:
        pdf.add_page()
        _letter(pdf, _latin(corporation), code, link)
    return bytes(pdf.output())


def _letter(pdf: "FPDF", corporation: str, code: str, link: str) -> None:
    pdf.set_y(90)  # the window of an envelope is above this
    pdf.set_font(FONT, size=12)
    for words in (GREETING, *WORDS):
        pdf.multi_cell(0, 7, words, new_x="LMARGIN", new_y="NEXT")
        pdf.ln(3)
    pdf.image(_picture(link), w=45, alt_text=f"QR-code van {link}")
    pdf.ln(3)
    pdf.multi_cell(0, 7, _latin(link.partition("#")[0]), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(FONT, "B", 18)
    pdf.multi_cell(0, 12, code, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(FONT, size=12)
    pdf.multi_cell(0, 7, f"Met vriendelijke groet,\n{corporation}", new_x="LMARGIN", new_y="NEXT")


def _picture(link: str) -> io.BytesIO:
    picture = io.BytesIO()
    segno.make_qr(link, error="m").save(picture, kind="png", scale=6)
    picture.seek(0)
    return picture


def _latin(words: str) -> str:
    return words.encode("latin-1", "ignore").decode("latin-1")
