"""Every rule can be told in every language; what is missing comes in plain Dutch, whole."""

import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from buurtthuis.corporations import Corporation
from buurtthuis.settings import SettingsError
from buurtthuis_notifications.domain.rules import RULES
from buurtthuis_notifications.texts import (
    OURS,
    PICTOGRAMS,
    SHORT,
    Texts,
    one_line,
    ours,
    paragraphs,
    shortened,
)
from buurtthuis_notifications.texts.facts import EXAMPLES
from buurtthuis_notifications.texts.layout import as_html, for_reader
from hypothesis import given
from hypothesis import strategies as st

LANGUAGES = ("nl-x-b1", "nl", "en", "ar", "tr", "pl", "uk")
NAMES = [rule.name for rule in RULES]
SLUG = "woonpartners"


def corporation(*languages: str) -> dict[str, Corporation]:
    one = Corporation(
        slug=SLUG, name="Woonpartners", kvk="90000011", languages=languages, time_zone="Europe/Amsterdam"
    )
    return {SLUG: one}


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts(corporation(*LANGUAGES))


def written(folder: Path, name: str, content: str) -> Path:
    (folder / SLUG).mkdir(exist_ok=True)
    (folder / SLUG / name).write_text(content, encoding="utf-8")
    return folder


def test_every_rule_has_a_pictogram_and_an_example() -> None:
    assert set(PICTOGRAMS) == set(EXAMPLES) == set(NAMES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_has_a_text_in_every_language(language: str) -> None:
    assert set(NAMES) <= set(tomllib.loads((OURS / f"{language}.toml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", NAMES)
def test_a_short_text_fits_into_one_sms(texts: Texts, rule: str, language: str) -> None:
    short = texts.render(SLUG, rule, language, EXAMPLES[rule]).short
    assert 0 < len(short) <= SHORT
    assert "…" not in short


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_leaves_no_template_behind(texts: Texts, language: str) -> None:
    for rule in NAMES:
        text = texts.render(SLUG, rule, language, EXAMPLES[rule])
        assert not re.search(r"[{}<>]|None|\bTrue\b|\bFalse\b", f"{text.subject} {text.short} {text.body}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_reads_on_without_what_people_wrote(language: str) -> None:
    found = ours(language)
    assert found
    for rule in NAMES:
        found.try_out(rule)


@pytest.mark.parametrize("language", [one for one in LANGUAGES if not one.startswith("nl")])
def test_plain_dutch_is_below_another_language(texts: Texts, language: str) -> None:
    below = texts.render(SLUG, "session-cancelled", language, EXAMPLES["session-cancelled"]).below
    assert below
    assert below.language == "nl-x-b1"


@pytest.mark.parametrize("language", ["nl", "nl-x-b1"])
def test_there_is_nothing_below_dutch(texts: Texts, language: str) -> None:
    assert texts.render(SLUG, "session-cancelled", language, EXAMPLES["session-cancelled"]).below is None


def test_arabic_runs_from_right_to_left(texts: Texts) -> None:
    assert texts.render(SLUG, "welcome", "ar", EXAMPLES["welcome"]).direction == "rtl"


@pytest.mark.parametrize(
    ("language", "when"),
    [
        ("nl-x-b1", "woensdag 6 februari om 10:00"),
        ("en", "Wednesday 6 February at 10:00"),
        ("tr", "6 Şubat Çarşamba saat 10:00"),
        ("pl", "środa, 6 lutego o godz. 10:00"),
        ("uk", "середа, 6 лютого о 10:00"),
        ("ar", "الأربعاء، 6 فبراير الساعة 10:00"),
    ],
)
def test_a_moment_is_said_as_the_language_says_it(texts: Texts, language: str, when: str) -> None:
    assert when in texts.render(SLUG, "session-cancelled", language, EXAMPLES["session-cancelled"]).body


@pytest.mark.parametrize(("count", "words"), [(1, "1 wiadomość"), (3, "3 wiadomości"), (5, "5 wiadomości")])
def test_a_number_goes_with_its_form(texts: Texts, count: int, words: str) -> None:
    facts = EXAMPLES["digest"] | {"items": ["x"] * count}
    assert words in texts.render(SLUG, "digest", "pl", facts).short


def test_a_title_that_was_taken_back_leaves_the_kind_of_session(texts: Texts) -> None:
    facts = EXAMPLES["session-cancelled"] | {"title": None}
    assert texts.render(SLUG, "session-cancelled", "en", facts).subject == "Cancelled: coffee table"


# What is missing


def test_a_language_that_we_do_not_have_comes_in_plain_dutch_and_is_reported() -> None:
    found = Texts(corporation("nl-x-b1", "fy"))
    assert found.render(SLUG, "welcome", "fy", EXAMPLES["welcome"]).language == "nl-x-b1"
    assert {(one.language, one.rule) for one in found.missing} == {("fy", rule) for rule in NAMES}


def test_nothing_is_missing_in_our_own_languages(texts: Texts) -> None:
    assert texts.missing == ()


# A corporation's own


def test_a_corporation_can_say_it_its_own_way(tmp_path: Path) -> None:
    folder = written(tmp_path, "nl-x-b1.toml", '[welcome]\nsubject = "Hallo {{ house }}"\n')
    text = Texts(corporation("nl-x-b1"), folder).render(SLUG, "welcome", "nl-x-b1", EXAMPLES["welcome"])
    assert text.subject == "Hallo BuurtThuis Wingerd"
    assert "U krijgt bericht" in text.body


def test_a_corporation_can_switch_a_rule_off(tmp_path: Path) -> None:
    folder = written(tmp_path, "rules.toml", 'off = ["theme-admitted"]\n')
    assert Texts(corporation("nl-x-b1"), folder).own[SLUG].off == {"theme-admitted"}


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("nl-x-b1.toml", '[nonsense]\nsubject = "x"\n', "no rule called 'nonsense'"),
        ("nl-x-b1.toml", '[welcome]\nsubject = "{{ nonsense }}"\n', r"\[welcome\] subject: 'nonsense'"),
        ("nl-x-b1.toml", '[welcome]\nsubject = "{{"\n', r"\[welcome\]"),
        ("nl-x-b1.toml", "[welcome]\nsubject = 3\n", r"\[welcome\] has to be a table of texts"),
        ("nl-x-b1.toml", "[welcome\n", "nl-x-b1.toml"),
        ("nl-x-b1.toml", "[welcome]\nbody = \"{{ ''.__class__.__mro__ }}\"\n", r"\[welcome\] body"),
        ("rules.toml", 'off = ["nonsense"]\n', "off.*no rule called 'nonsense'"),
        ("rules.toml", 'staff = "nobody"\n', "staff.*e-mail address"),
        ("rules.toml", 'colour = "red"\n', "colour"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong(
    tmp_path: Path, file: str, content: str, complaint: str
) -> None:
    folder = written(tmp_path, file, content)
    with pytest.raises(SettingsError, match=complaint) as refused:
        Texts(corporation("nl-x-b1"), folder)
    assert file in str(refused.value)


# What people write does no harm


@given(st.text())
def test_a_subject_is_one_line_whatever_people_write(words: str) -> None:
    line = one_line(words)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", line)
    assert line == line.strip()


@given(st.text(max_size=400), st.sampled_from(["", " https://example.nl/a"]))
def test_a_short_text_is_cut_to_size_and_keeps_its_link(words: str, link: str) -> None:
    line = shortened(one_line(words) + link)
    assert len(line) <= SHORT
    assert line.endswith(link)


@given(st.text())
def test_paragraphs_have_one_empty_line_between_them(words: str) -> None:
    found = paragraphs(words)
    assert "\n\n\n" not in found
    assert found == paragraphs(found)


def test_a_title_with_a_line_break_begins_no_other_line(texts: Texts) -> None:
    facts = EXAMPLES["session-cancelled"] | {"title": "Koffie\r\nBcc: iedereen@voorbeeld.nl"}
    text = texts.render(SLUG, "session-cancelled", "en", facts)
    assert text.subject == "Cancelled: Koffie Bcc: iedereen@voorbeeld.nl"


def page(texts: Texts, language: str = "ar", **facts: Any) -> str:
    text = texts.render(SLUG, "session-cancelled", language, EXAMPLES["session-cancelled"] | facts)
    words = texts.words(SLUG, text.language)
    return as_html(text, words, texts.words(SLUG, "nl-x-b1"), seen=True, unsubscribe=True)


def test_html_in_a_title_is_shown_as_it_is_written(texts: Texts) -> None:
    assert "<script>" not in page(texts, title="<script>alert(1)</script>")


def test_a_page_says_its_language_and_direction_and_those_of_the_dutch_below(texts: Texts) -> None:
    html = page(texts)
    assert '<html lang="ar" dir="rtl">' in html
    assert '<div lang="nl" dir="ltr"' in html


class Balanced(HTMLParser):
    """Raises AssertionError where tags do not close as they opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for name, value in attrs if name in ("src", "background")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_well_formed_and_fetches_nothing(texts: Texts, language: str) -> None:
    parser = Balanced()
    parser.feed(page(texts, language))
    assert parser.open == []
    assert parser.sources == []


def test_each_reader_gets_their_own_links(texts: Texts) -> None:
    html = for_reader(page(texts), seen="https://a.nl/seen", unsubscribe="https://a.nl/stop")
    assert "https://a.nl/seen" in html
    assert "https://a.nl/stop" in html
    assert ".invalid" not in html
