"""Letters with a code, on paper."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from buurtthuis_surveys.api.letters import Invitation, letters
from buurtthuis_surveys.texts import language
from fpdf import FPDF

CODE = ("7K3M-9QXZ-22TB-H0WV", "https://buurtthuis.example/enquete#7K3M-9QXZ-22TB-H0WV")
INVITATION = Invitation(
    corporation="Woonpartners",
    house="BuurtThuis Wingerd",
    contact="Woonpartners, 0182 123456",
    site="https://buurtthuis.example/enquete",
    title={"nl-x-b1": "Wat wilt u?", "ar": "ماذا تريد؟", "uk": "Чого ви хочете?"},
    languages=("nl", "ar", "uk", "pl"),
    closes_at=datetime(2018, 11, 30, 23, 0, tzinfo=UTC),
)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What comes on paper, in order."""
    found: list[str] = []
    write = FPDF.multi_cell

    def note(self: FPDF, w: float, h: float, text: str, **more: Any) -> object:
        found.append(text)
        return write(self, w, h, text, **more)

    monkeypatch.setattr(FPDF, "multi_cell", note)
    return found


def test_a_letter_says_what_is_asked_until_when_by_whom_and_whom_to_ask(written: list[str]) -> None:
    letters(INVITATION, [CODE])
    words = "\n".join(written)
    for said in (
        "Wij vragen u iets: Wat wilt u?",
        "Dat kan tot vrijdag 30 november 2018 om 23:00.",
        "Vragen? Woonpartners, 0182 123456",
        "BuurtThuis Wingerd",
        CODE[0],
    ):
        assert said in words


def test_below_plain_dutch_comes_every_language_that_the_title_has(written: list[str]) -> None:
    """Polish has no title, and Dutch needs no Dutch below it."""
    assert [one.tag for one in INVITATION.spoken] == ["nl-x-b1", "ar", "uk"]
    letters(INVITATION, [CODE])
    assert [one for one in written if "ماذا تريد؟" in one or "Чого ви хочете?" in one] == written[-2:]


def test_a_survey_without_an_end_and_staff_without_a_telephone_leave_no_hole(written: list[str]) -> None:
    letters(replace(INVITATION, closes_at=None, contact="", house=""), [CODE])
    assert "tot" not in " ".join(written).split()
    assert not [one for one in written if one.startswith("Vragen?")]


def test_five_other_languages_fit_on_the_page() -> None:
    title = {
        tag: language(tag).say("how", site="x")[:60] for tag in ("nl-x-b1", "en", "ar", "tr", "pl", "uk")
    }
    found = letters(replace(INVITATION, title=title, languages=tuple(title)), [CODE, CODE])
    assert found.count(b"/Type /Page\n") == 2


def test_the_letters_are_in_the_file_so_that_any_printer_has_them() -> None:
    assert b"/FontFile2" in letters(INVITATION, [CODE])
