"""Looking at texts on a command line."""

from pathlib import Path

import pytest
from buurtthuis_notifications.cli import cli
from buurtthuis_notifications.texts.examples import EXAMPLES
from buurtthuis_notifications.vault import Vault
from typer.testing import CliRunner, Result

from tests.notifications.texts.corporations import write

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORPORATIONS_FILE", str(REPOSITORY / "corporations.toml"))
    monkeypatch.setattr("buurtthuis_notifications.cli.console.width", 200)


def said(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def test_a_preview_shows_a_text_and_plain_dutch_below_it() -> None:
    result = said("preview", "session-cancelled", "--language", "uk")
    assert result.exit_code == 0
    assert result.output.index("Скасовано: Koffietafel") < result.output.index("Gaat niet door: Koffietafel")
    assert "uk, ltr" in result.output


def test_a_preview_in_arabic_says_that_it_runs_from_right_to_left() -> None:
    assert "ar, rtl" in said("preview", "welcome", "-l", "ar").output


def test_a_preview_says_where_a_translation_is_not_there() -> None:
    result = said("preview", "welcome", "-l", "ti")
    assert "There is no such text in ti" in result.output
    assert "nl-x-b1, ltr" in result.output


def test_a_preview_can_leave_out_what_people_wrote() -> None:
    assert "koffietafel" in said("preview", "session-cancelled", "--bare").output


def test_a_preview_of_a_corporation_shows_its_own_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "en.toml", '[welcome]\nsubject = "Come in, [bold]you[/bold]"')
    monkeypatch.setenv("TEXTS_FOLDER", str(tmp_path))
    assert "Come in, [bold]you[/bold]" in said("preview", "welcome", "-l", "en").output


def test_a_preview_writes_the_page_of_an_e_mail(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert said("preview", "welcome", "-l", "ar", "--html", str(page)).exit_code == 0
    assert '<html lang="ar" dir="rtl">' in page.read_text(encoding="utf-8")


def test_a_preview_of_a_digest_in_arabic_holds_nothing_in_dutch_but_what_is_below_it(tmp_path: Path) -> None:
    page = tmp_path / "digest.html"
    assert said("preview", "digest", "-l", "ar", "--html", str(page)).exit_code == 0
    own, below = page.read_text(encoding="utf-8").split('<div lang="nl-x-b1"')
    assert ("جديد: Koffietafel" in own, "Nieuw: Koffietafel" in own) == (True, False)
    assert ("جديد" in below, "Nieuw: Koffietafel" in below) == (False, True)


def test_without_a_rule_all_are_listed() -> None:
    output = said("preview").output
    assert [rule for rule in EXAMPLES if rule not in output] == []


@pytest.mark.parametrize("words", [("nothing",), ("welcome", "-c", "nobody")])
def test_a_name_that_nobody_knows_is_answered_with_those_there_are(words: tuple[str, ...]) -> None:
    result = said("preview", *words)
    assert result.exit_code == 2
    assert f"called {words[-1]}" in result.output


def test_a_check_says_which_languages_come_in_plain_dutch() -> None:
    result = said("check")
    assert result.exit_code == 0
    assert [line.split() for line in result.output.splitlines()[2:]] == [
        ["thuis-aan-de-maas", "de", "every", "text"],
        ["thuis-aan-de-maas", "ti", "every", "text"],
        ["noorderhof", "fy", "every", "text"],
        ["Every", "one", "of", "them", "fits", "into", "one", "SMS."],
    ]


def test_a_check_says_which_texts_an_sms_cuts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "ar.toml", f'[welcome]\nshort = "{"أهلاً بكم! " * 8}"')
    write(tmp_path, "nl.toml", f'[welcome]\nshort = "{"Welkom allemaal! " * 12}"')
    monkeypatch.setenv("TEXTS_FOLDER", str(tmp_path))
    told = [line for line in said("check").output.splitlines() if "SMS" in line]
    assert told == [
        f"woonpartners, {tag}: an SMS cuts welcome; give it a shorter `sms`." for tag in ("nl", "ar")
    ]


def test_a_check_fails_where_a_text_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "en.toml", '[welcome]\nbody = "{{ nobody }}"')
    monkeypatch.setenv("TEXTS_FOLDER", str(tmp_path))
    result = said("check")
    assert result.exit_code == 1
    assert "en.toml: [welcome] body: 'nobody' is undefined." in result.output


def test_a_key_opens_what_it_sealed() -> None:
    vault = Vault([said("key").output.strip()])
    assert vault.open(vault.seal("06 12345678")) == "06 12345678"
