"""Letters with a code, on paper."""

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from buurtthuis.core.corporations import EnvelopeWindow
from buurtthuis_surveys.domain.addresses import Listed
from buurtthuis_surveys.rendering.letters import Invitation, Letter, Stack, letters
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
        if text not in found[-1:]:  # it asks itself
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


HERE = Listed("Wingerd", 12, "A", "2741 AB", "Waddinxveen", language="ar")


def text_of(pdf: bytes, tmp_path: Path, *options: str) -> str:
    """As somebody else's program reads it."""
    if not (program := shutil.which("pdftotext")):
        pytest.skip("there is no pdftotext here")
    (tmp_path / "letters.pdf").write_bytes(pdf)
    return subprocess.run(
        [program, *options, str(tmp_path / "letters.pdf"), "-"], check=True, capture_output=True, text=True
    ).stdout


def a_letter(to: Listed, window: EnvelopeWindow = EnvelopeWindow.LEFT) -> bytes:
    stack = Stack(INVITATION, window)
    stack.add([Letter(*CODE, to)])
    return stack.printed()


@pytest.mark.parametrize("tag", ["ar", "uk", "pl", "tr", "en"])
def test_a_letter_is_in_the_language_of_its_address_with_plain_dutch_beside_it(
    written: list[str], tag: str
) -> None:
    pdf = a_letter(replace(HERE, language=tag))
    own, dutch = language(tag), language("nl-x-b1")
    for spoken in (own, dutch):
        for name in ("greeting", "once", "regards"):
            assert any(said.startswith(spoken.say(name)) for said in written), (spoken.tag, name)
    assert CODE[0] in written
    assert "buurtthuis.example/enquete\n" in "".join(written)
    assert pdf.count(b"/Type /Page\n") == 1


def test_an_address_that_reads_dutch_gets_no_other_language_and_one_of_which_nothing_is_known_gets_all(
    written: list[str],
) -> None:
    a_letter(replace(HERE, language="nl"))
    assert not any("Чого" in said for said in written)
    a_letter(replace(HERE, language=None))
    assert any("Чого" in said for said in written)


@pytest.mark.parametrize(("window", "left"), [(EnvelopeWindow.LEFT, 25), (EnvelopeWindow.RIGHT, 120)])
def test_the_address_is_in_the_window_of_the_envelope_as_the_post_reads_it(
    window: EnvelopeWindow, left: int, tmp_path: Path
) -> None:
    """A window of an envelope C5/6 shows 45 to 90 millimetres from the top of the page."""
    points = 72 / 25.4
    area = ("-x", left - 5, "-y", 45, "-W", 85, "-H", 45)
    options = [str(round(value * points)) if isinstance(value, int) else value for value in area]
    shown = text_of(a_letter(HERE, window), tmp_path, "-layout", *options)
    assert [line.strip() for line in shown.strip().splitlines()] == [
        "Aan de bewoners van",
        "Wingerd 12A",
        "2741 AB WADDINXVEEN",
    ]


def test_a_long_question_makes_the_letters_smaller_and_no_second_page() -> None:
    title = {"nl-x-b1": "Wat vindt u? " * 38, "ar": "ماذا تريد أنت؟ " * 30}
    stack = Stack(replace(INVITATION, title=title))
    stack.add([Letter(*CODE, HERE)])
    assert stack.printed().count(b"/Type /Page\n") == 1


def test_arabic_is_joined_and_reads_from_the_right(tmp_path: Path) -> None:
    found = text_of(a_letter(HERE), tmp_path)
    assert "السادة السكان" in found.replace("\u202b", "").replace("\u202c", "")
