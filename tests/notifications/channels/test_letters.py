"""Letters and lists on paper."""

from dataclasses import replace
from typing import Any

import pytest
from buurtthuis_notifications.rendering.letters import Errand, Letter, errands, letters
from buurtthuis_notifications.texts import Text
from fpdf import FPDF

from tests.notifications.channels.messages import a_text

REGARDS = {
    "nl": "Met vriendelijke groet,",
    "nl-x-b1": "Met vriendelijke groet,",
    "ar": "مع أطيب التحيات،",
    "uk": "З повагою",
}
DOOR = ("Mw. De Vries", "Wingerd 12-A", "2742 ZX  Waddinxveen")
ARABIC = Text("ar", "rtl", "❌", "أُلغي اللقاء", "أُلغي", "لن يُعقد هذا اللقاء.", a_text())
UKRAINIAN = Text("uk", "ltr", "❌", "Зустріч скасовано", "Скасовано", "Ґанок, їжак", a_text())


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What comes on paper, in the order in which it is first broken into lines."""
    found: list[str] = []
    write = FPDF.multi_cell

    def note(self: FPDF, w: float, h: float, text: str, **more: Any) -> object:
        if more.get("dry_run"):
            found.append(text)
        return write(self, w, h, text, **more)

    monkeypatch.setattr(FPDF, "multi_cell", note)
    return found


def pages(pdf: bytes) -> int:
    return pdf.count(b"/Type /Page\n")


def test_everybody_has_a_page() -> None:
    assert (
        pages(letters("Woonpartners", [Letter(DOOR, one) for one in (a_text(), ARABIC)], REGARDS.__getitem__))
        == 2
    )


@pytest.mark.parametrize("text", [ARABIC, UKRAINIAN])
def test_every_letter_of_a_language_is_printed(written: list[str], text: Text) -> None:
    letters("Woonpartners", [Letter(DOOR, text)], REGARDS.__getitem__)
    assert {text.subject, text.body} <= set(written)


def test_what_keeps_directions_apart_comes_on_paper_too(written: list[str]) -> None:
    body = "السبب: \u2068De verwarming is kapot.\u2069"
    letters("Woonpartners", [Letter(DOOR, replace(ARABIC, body=body))], REGARDS.__getitem__)
    assert body in written


def test_plain_dutch_is_below(written: list[str]) -> None:
    letters("Woonpartners", [Letter(DOOR, ARABIC)], REGARDS.__getitem__)
    assert written.index(ARABIC.body) < written.index(a_text().body)


@pytest.mark.parametrize("text", [ARABIC, UKRAINIAN])
def test_each_language_of_a_letter_ends_with_its_own_greeting(written: list[str], text: Text) -> None:
    letters("Woonpartners", [Letter(DOOR, text)], REGARDS.__getitem__)
    below = written.index(a_text().body)
    assert written.index(f"\n{REGARDS[text.language]}\nWoonpartners") < below
    assert written[below + 1] == "\nMet vriendelijke groet,\nWoonpartners"


def test_the_address_comes_first(written: list[str]) -> None:
    letters("Woonpartners", [Letter(DOOR, a_text())], REGARDS.__getitem__)
    assert written[0] == "\n".join(DOOR)


def test_pictures_among_the_words_do_no_harm(written: list[str]) -> None:
    letters("Woonpartners", [Letter(DOOR, a_text("Feest 🎈"))], REGARDS.__getitem__)
    assert "Feest " in written


def test_no_letters_are_a_paper_too() -> None:
    assert letters("Woonpartners", [], REGARDS.__getitem__).startswith(b"%PDF")


def test_a_long_list_goes_on_on_the_next_page() -> None:
    assert (
        pages(
            errands(
                "Woonpartners",
                [Errand("BuurtThuis Wingerd", "Brief", "\n".join(DOOR), "Gaat niet door", "01-12-2018", 2)]
                * 40,
            )
        )
        > 1
    )
