"""What people wrote, as lines of a message."""

import unicodedata

import pytest
from buurtthuis_notifications.texts.lines import isolated, one_line, paragraphs, shortened
from hypothesis import given
from hypothesis import strategies as st

#: Words, and all that can come between them.
ANYTHING = st.text("ab \r\n\t\x00\x85\u2028\u2029\u202e", max_size=60)
TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
UNRULY = [
    character
    for character in map(chr, range(0x10000))
    if unicodedata.category(character) in {"Cc", "Zl", "Zp"}
    or unicodedata.bidirectional(character) in TURNING
]
MARKS = ["\u200e", "\u200f", "\u061c"]
WORDS = st.lists(st.text("abcdé", min_size=1, max_size=200), max_size=60).map(" ".join)
LINK = "https://wingerd.example.nl/agenda"


@given(ANYTHING)
def test_one_line_stays_one_line(words: str) -> None:
    assert len(one_line(words).splitlines()) <= 1


def test_one_line_has_no_controls_and_turns_no_letters_around() -> None:
    assert [hex(ord(one)) for one in UNRULY + MARKS if one_line(f"a{one}b") != "a b"] == []


@given(ANYTHING)
def test_one_line_of_one_line_is_the_same(words: str) -> None:
    assert one_line(one_line(words)) == one_line(words)


def test_words_stay_apart_where_a_line_ended() -> None:
    assert one_line(" Koffie\r\nBcc: iedereen@example.org ") == "Koffie Bcc: iedereen@example.org"


@given(ANYTHING)
def test_between_two_paragraphs_is_one_empty_line(words: str) -> None:
    assert "\n\n\n" not in paragraphs(words)


@given(ANYTHING)
def test_paragraphs_of_paragraphs_are_the_same(words: str) -> None:
    assert paragraphs(paragraphs(words)) == paragraphs(words)


def test_a_line_may_end_in_three_ways() -> None:
    assert paragraphs("een\r\ntwee\rdrie\nvier\r\n\r\n\r\nvijf\n") == "een\ntwee\ndrie\nvier\n\nvijf"


@pytest.mark.parametrize(
    ("words", "direction", "put"),
    [
        ("Kom!", "ltr", "Kom!"),
        ("Kom!", "rtl", "\u2068Kom!\u2069"),
        ("تعالوا!", "rtl", "تعالوا!"),
        ("تعالوا!", "ltr", "\u2068تعالوا!\u2069"),
        ("12:30", "rtl", "12:30"),
        ("Kom\n\nאהלן\nweer", "ltr", "Kom\n\n\u2068אהלן\u2069\nweer"),
        ("\u2067\u2066Kom\u2069", "rtl", "\u2068Kom\u2069"),
    ],
)
def test_what_runs_the_other_way_than_the_text_around_it_stands_by_itself(
    words: str, direction: str, put: str
) -> None:
    assert isolated(words, direction) == put


@given(st.text("ab ش!\n\r\u2066\u2067\u2068\u2069\u202e", max_size=60), st.sampled_from(["ltr", "rtl"]))
def test_whoever_writes_isolates_opens_none_that_is_not_ended(words: str, direction: str) -> None:
    body = paragraphs(f"x {isolated(words, direction)} y")
    for line in body.split("\n"):
        assert line.count("\u2068") == line.count("\u2069") <= 1
    assert not {*"\u2066\u2067\u202e"} & {*body}


@given(WORDS | ANYTHING.map(one_line))
def test_what_is_shortened_fits_into_an_sms(words: str) -> None:
    assert len(shortened(words)) <= 160


@given(WORDS.filter(bool))
def test_what_is_shortened_keeps_the_link_at_its_end(words: str) -> None:
    assert shortened(f"{words} {LINK}").endswith(f" {LINK}")


@given(st.lists(st.text("abcdé", min_size=1, max_size=30), max_size=60).map(" ".join))
def test_what_is_shortened_is_cut_between_words(words: str) -> None:
    kept, cut, _ = shortened(words).partition("…")
    assert kept == words or (cut and f"{words} ".startswith(f"{kept} "))


def test_what_fits_is_not_touched() -> None:
    assert shortened("a" * 160) == "a" * 160


def test_half_a_link_is_worth_nothing() -> None:
    assert len(shortened("Lees verder: https://example.nl/" + "a" * 200)) <= 160
