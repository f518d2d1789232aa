"""Letters with an invitation code: one page for each household, to be printed and put into an envelope.

In plain Dutch, and below it in the survey's other languages. The address stays open: surveys knows none.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from buurtthuis.http.paper import BELOW_WINDOW, LINE, paper, printed, write

from buurtthuis_surveys.domain.questions import PLAIN, Texts
from buurtthuis_surveys.texts import Language, language

if TYPE_CHECKING:
    from fpdf import FPDF

#: The side of the QR code, and how wide the words beside it may be, in millimetres.
QR, BESIDE = 48, 106
#: Other languages are set smaller, so that five of them fit on the page.
SMALL, SMALL_LINE, SMALL_GAP, BOTTOM = 8, 4, 3, 12


@dataclass(frozen=True)
class Invitation:
    """What every household reads. `house` and `contact` are as staff say them; `closes_at` is on the wall there."""

    corporation: str
    house: str
    contact: str
    site: str
    title: Texts
    languages: Sequence[str]
    closes_at: datetime | None = None

    @property
    def spoken(self) -> tuple[Language, ...]:
        """Plain Dutch first; a language of which we have no words, or the survey no title, is left out."""
        others = (language(tag) for tag in self.languages if tag in self.title)
        found = (language(PLAIN), *(spoken for spoken in others if not spoken.tag.startswith("nl")))
        return tuple({spoken.tag: spoken for spoken in found}.values())

    def asks(self, spoken: Language) -> list[str]:
        """What, how, and until when, in one language."""
        closing = [spoken.say("until", moment=spoken.moment(self.closes_at))] if self.closes_at else []
        return [
            spoken.say("asked", title=self.title.get(spoken.tag, self.title[PLAIN])),
            spoken.say("how", site=self.site),
            " ".join((spoken.say("once"), *closing)),
        ]

    def letter(self, spoken: Language) -> list[str]:
        """The same, from greeting to whom to ask."""
        asking = [spoken.say("contact", contact=self.contact)] if self.contact else []
        return [spoken.say("greeting"), *self.asks(spoken), *asking]


def letters(invitation: Invitation, codes: Sequence[tuple[str, str]]) -> bytes:
    """A PDF with a page for each code and the link that leads to the form."""
    pdf = paper(invitation.title[PLAIN])
    pdf.set_auto_page_break(auto=True, margin=BOTTOM)
    for code, link in codes:
        pdf.add_page()
        _letter(pdf, invitation, code, link)
    return printed(pdf)


def example(invitation: Invitation) -> bytes:
    """The page that a household will get, with words in place of a code, which say that it is none."""
    dutch, *_ = invitation.spoken
    return letters(invitation, [(dutch.say("no_code"), invitation.site)])


def _letter(pdf: "FPDF", invitation: Invitation, code: str, link: str) -> None:
    dutch, *others = invitation.spoken
    pdf.set_y(BELOW_WINDOW)
    top = pdf.get_y()
    pdf.image(_picture(link), x=pdf.w - pdf.r_margin - QR, y=top, w=QR, alt_text=f"QR: {invitation.site}")
    for words in invitation.letter(dutch):
        write(pdf, words, width=BESIDE)
        pdf.ln(LINE / 3)
    pdf.set_y(max(pdf.get_y(), top + QR))
    write(pdf, code, size=18, line=2 * LINE)
    write(pdf, "\n".join(filter(None, (dutch.say("regards"), invitation.corporation, invitation.house))))
    for spoken in others:
        pdf.ln(SMALL_GAP)
        words = " ".join(invitation.asks(spoken))
        write(pdf, words, size=SMALL, direction=spoken.direction, line=SMALL_LINE)


def _picture(link: str) -> io.BytesIO:
    import segno

    picture = io.BytesIO()
    segno.make_qr(link, error="m").save(picture, kind="png", scale=6)
    picture.seek(0)
    return picture
