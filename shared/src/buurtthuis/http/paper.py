"""What is printed: PDF pages in every script that our languages use. Needs the extra `buurtthuis[paper]`.

The font is DejaVu Sans, cut down to the letters of Latin, Greek, Cyrillic and Arabic, and it is in the file, so that
a printer needs none. What people wrote with others, such as pictures, is left out.
"""

from collections.abc import Sequence
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from buurtthuis.core.corporations import EnvelopeWindow

# Importing it takes half a second, and paper is printed now and then.
if TYPE_CHECKING:
    from fpdf import FPDF

FONT = "DejaVu"
FILE = files("buurtthuis") / "fonts" / "DejaVuSans.ttf"
#: Where the window of an envelope C5/6 or DL is, in millimetres from the corner of a page that is folded in three: where DIN 5008 (form B)
#: and Dutch envelopes with a window on the left both show it; and on the right.
WINDOW = (25, 50)
WINDOWS = {EnvelopeWindow.LEFT: WINDOW, EnvelopeWindow.RIGHT: (120, 50)}
#: How wide an address may be.
IN_WINDOW = 75
BELOW_WINDOW = 100
#: Hebrew and all that follows: what comes before is Latin, Greek and Cyrillic.
FIRST_SHAPED = "\u0590"
#: Where lines end, and where words that run the other way begin and end (FSI and PDI, UAX #9).
KEPT = frozenset("\n\u2068\u2069")
#: The height of a line, in millimetres.
LINE = 6
#: Of each document, what is known of how words fall into lines.
_BROKEN: WeakKeyDictionary[Any, dict[tuple[str, int, str, float], Sequence[str]]] = WeakKeyDictionary()


def paper(title: str, language: str = "nl") -> "FPDF":
    """An empty document; `title` and `language` are for whoever has it read aloud."""
    from fpdf import FPDF

    pdf = FPDF()
    with as_file(FILE) as font:
        pdf.add_font(FONT, fname=font)
    pdf.set_title(title)
    pdf.set_lang(language)
    pdf.set_margin(WINDOW[0])
    pdf.set_auto_page_break(auto=True, margin=WINDOW[0])
    return pdf


def write(
    pdf: "FPDF", words: str, *, size: int = 11, direction: str = "ltr", width: float = 0, line: float = LINE
) -> None:
    """A paragraph from where the page is at, to the left or, where `direction` is `rtl`, to the right of its `width`.

    `width` and `line` are in millimetres; a width of 0 reaches to the margin. The next one begins below it."""
    left = pdf.x
    align = "R" if direction == "rtl" else "L"
    for each in lines(pdf, words, size=size, direction=direction, width=width):
        pdf.set_x(left)
        pdf.cell(width, line, each, align=align, new_x="LMARGIN", new_y="NEXT")
    pdf.set_x(left)


def lines(
    pdf: "FPDF", words: str, *, size: int = 11, direction: str = "ltr", width: float = 0
) -> Sequence[str]:
    """How a paragraph falls into lines. To find that out takes most of the time, and on letters most words are the same."""
    pdf.set_font(FONT, size=size)
    # Shaping costs ten times the rest, and letters before the first that are joined or turn around need none.
    shaped = direction == "rtl" or any(letter >= FIRST_SHAPED for letter in words)
    pdf.set_text_shaping(use_shaping_engine=shaped, direction=direction)
    broken = _BROKEN.setdefault(pdf, {})
    how = (words, size, direction, width)
    if how not in broken:
        found: Any = pdf.multi_cell(width, 1, known(pdf, words), dry_run=True, output="LINES")
        broken[how] = found
    return broken[how]


def known(pdf: "FPDF", words: str) -> str:
    """The words without the letters that the font does not have; what keeps directions apart is no letter."""
    letters: Any = pdf.fonts[FONT.lower()]
    return "".join(letter for letter in words if letter in KEPT or ord(letter) in letters.cmap)


def printed(pdf: "FPDF") -> bytes:
    """The file."""
    return bytes(pdf.output())
