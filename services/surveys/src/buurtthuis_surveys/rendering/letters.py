"""Letters with an invitation code: one page for each household, to be printed and put into an envelope with a window.

To an address of which the language is known in that language, with plain Dutch beside it; else in plain Dutch, and below it
in the survey's other languages. Where no address is known it stays open.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from buurtthuis.core.corporations import Corporation, EnvelopeWindow
from buurtthuis.http.paper import BELOW_WINDOW, IN_WINDOW, LINE, WINDOWS, lines, paper, printed, write

from buurtthuis_surveys.domain.addresses import Listed
from buurtthuis_surveys.domain.mailings import LetterWords
from buurtthuis_surveys.domain.questions import PLAIN, Texts
from buurtthuis_surveys.domain.surveys import PlainDutchMissing
from buurtthuis_surveys.texts import Language, language

if TYPE_CHECKING:
    from fpdf import FPDF

#: The side of the QR code, and how wide the words beside it may be, in millimetres.
QR, BESIDE = 48, 106
#: Other languages are set smaller, so that five of them fit on the page.
SMALL, SMALL_LINE, SMALL_GAP, BOTTOM = 8, 4, 3, 12
#: Two languages beside each other: how wide each is, how far apart, down to where they may reach, and in which sizes they are tried.
COLUMN, GAP, REACH, SIZES = 77, 6, 230, (11, 10, 9, 8)
#: So high is a line, for the size of its letters.
LEADING = 0.52
#: What keeps an address or a telephone in its own direction within Arabic: FSI and PDI (UAX #9).
APART = "\u2068{}\u2069"
#: On an envelope, for whoever brings the post.
TO_RESIDENTS = "Aan de bewoners van"


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

    @classmethod
    def to(
        cls,
        corporation: Corporation,
        words: LetterWords,
        title: Texts,
        languages: Sequence[str],
        closes_at: datetime | None,
    ) -> Self:
        """Of a survey with this title; raises PlainDutchMissing where there is none to print."""
        if PLAIN not in title:
            raise PlainDutchMissing(field="title")
        wall = closes_at and closes_at.astimezone(ZoneInfo(corporation.time_zone))
        return cls(corporation.name, words.house, words.contact, words.site, title, languages, wall)

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
            spoken.say("how", site=_apart(self.site_in_words, spoken)),
            " ".join((spoken.say("once"), *closing)),
        ]

    def letter(self, spoken: Language) -> list[str]:
        """The same, from greeting to regards."""
        asking = [spoken.say("contact", contact=_apart(self.contact, spoken))] if self.contact else []
        return [spoken.say("greeting"), *self.asks(spoken), *asking, spoken.say("regards")]

    @cached_property
    def site_in_words(self) -> str:
        """Where to type in the code, as one reads it aloud: `buurtthuis.example/enquete`."""
        return self.site.split("://", 1)[-1].rstrip("/")


@dataclass(frozen=True)
class Letter:
    """A code, the link that leads to the form with it, and to which address it goes; none where that stays open."""

    code: str
    link: str
    to: Listed | None = None

    @property
    def own(self) -> Language | None:
        """The language of its own that the address reads beside plain Dutch."""
        tag = self.to and self.to.language
        return language(tag) if tag and not tag.startswith("nl") else None


class Stack:
    """Letters of one survey, one on the other, in one file."""

    def __init__(self, invitation: Invitation, window: EnvelopeWindow = EnvelopeWindow.LEFT) -> None:
        self._invitation = invitation
        self._window = window
        self._pdf = paper(invitation.title[PLAIN])
        self._pdf.set_auto_page_break(auto=True, margin=BOTTOM)

    def add(self, letters: Iterable[Letter]) -> None:
        """A page for each."""
        for letter in letters:
            self._pdf.add_page()
            if letter.to:
                _address(self._pdf, letter.to, self._window)
            self._pdf.set_y(BELOW_WINDOW)
            if letter.own:
                _in_two_languages(self._pdf, self._invitation, letter, letter.own)
            else:
                _in_dutch(self._pdf, self._invitation, letter)

    def printed(self) -> bytes:
        """The file."""
        return printed(self._pdf)


def letters(invitation: Invitation, codes: Sequence[tuple[str, str]]) -> bytes:
    """A PDF with a page for each code and the link that leads to the form; the address stays open."""
    stack = Stack(invitation)
    stack.add(Letter(code, link) for code, link in codes)
    return stack.printed()


def example(invitation: Invitation) -> bytes:
    """The page that a household will get, with words in place of a code, which say that it is none."""
    dutch, *_ = invitation.spoken
    return letters(invitation, [(dutch.say("no_code"), invitation.site)])


def _address(pdf: "FPDF", to: Listed, window: EnvelopeWindow) -> None:
    """As the post reads it: two spaces between postcode and town, which is in capitals."""
    pdf.set_xy(*WINDOWS[window])
    place = "  ".join(filter(None, (to.postcode, to.town.upper())))
    write(pdf, "\n".join((TO_RESIDENTS, to.line, place)), width=IN_WINDOW)


def _in_dutch(pdf: "FPDF", invitation: Invitation, letter: Letter) -> None:
    """Where nothing is known of what people read there, in the survey's other languages too."""
    dutch, *others = invitation.spoken
    top = pdf.get_y()
    pdf.image(_picture(letter.link), x=pdf.w - pdf.r_margin - QR, y=top, w=QR, alt_text=_alt(invitation))
    *words, regards = invitation.letter(dutch)
    for paragraph in words:
        write(pdf, paragraph, width=BESIDE)
        pdf.ln(LINE / 3)
    pdf.set_y(max(pdf.get_y(), top + QR))
    write(pdf, letter.code, size=18, line=2 * LINE)
    write(pdf, "\n".join(filter(None, (regards, invitation.corporation, invitation.house))))
    for spoken in () if letter.to and letter.to.language else others:
        pdf.ln(SMALL_GAP)
        asked = " ".join(invitation.asks(spoken))
        write(pdf, asked, size=SMALL, direction=spoken.direction, line=SMALL_LINE)


def _in_two_languages(pdf: "FPDF", invitation: Invitation, letter: Letter, own: Language) -> None:
    """Beside each other, the reader's own where their reading begins; below them the picture and the code."""
    dutch = language(PLAIN)
    columns = (dutch, own) if own.direction == "rtl" else (own, dutch)
    top, size = pdf.get_y(), _size_for(pdf, invitation, columns)
    ends = [
        _column(
            pdf, invitation.letter(spoken), spoken.direction, size, (pdf.l_margin + n * (COLUMN + GAP), top)
        )
        for n, spoken in enumerate(columns)
    ]
    top = max(ends) + GAP
    pdf.image(_picture(letter.link), x=pdf.l_margin, y=top, w=QR, alt_text=_alt(invitation))
    pdf.set_xy(pdf.l_margin + QR + GAP, top + GAP)
    write(pdf, letter.code, size=18, line=2 * LINE)
    write(
        pdf, "\n".join(filter(None, (invitation.site_in_words, "", invitation.corporation, invitation.house)))
    )


def _column(
    pdf: "FPDF", paragraphs: Sequence[str], direction: str, size: int, at: tuple[float, float]
) -> float:
    """Where it ends."""
    pdf.set_xy(*at)
    for paragraph in paragraphs:
        write(pdf, paragraph, size=size, direction=direction, width=COLUMN, line=LEADING * size)
        pdf.set_xy(at[0], pdf.get_y() + LEADING * size / 2)
    return pdf.get_y()


def _size_for(pdf: "FPDF", invitation: Invitation, columns: Sequence[Language]) -> int:
    """The largest in which both languages leave room for the code."""

    def height(spoken: Language, size: int) -> float:
        words = invitation.letter(spoken)
        found = [lines(pdf, each, size=size, direction=spoken.direction, width=COLUMN) for each in words]
        return LEADING * size * sum(len(paragraph) + 0.5 for paragraph in found)

    fitting = (
        size for size in SIZES if max(height(spoken, size) for spoken in columns) <= REACH - BELOW_WINDOW
    )
    return next(fitting, SIZES[-1])


def _apart(words: str, spoken: Language) -> str:
    return APART.format(words) if spoken.direction == "rtl" else words


def _alt(invitation: Invitation) -> str:
    return f"QR: {invitation.site}"


def _picture(link: str) -> io.BytesIO:
    import segno

    picture = io.BytesIO()
    segno.make_qr(link, error="m").save(picture, kind="png", scale=6)
    picture.seek(0)
    return picture
