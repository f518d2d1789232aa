"""Which language somebody reads best, of those that there are."""

import pytest
from buurtthuis.core.languages import Preferred, direction, locale
from hypothesis import example, given
from hypothesis import strategies as st

OURS = ("nl-x-b1", "nl", "en", "ar", "tr", "pl", "uk")


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("ar", "ar"),
        ("AR", "ar"),
        ("ar-EG", "ar"),
        ("ar-EG, en;q=0.5", "ar"),
        ("en;q=0.3, tr;q=0.8", "tr"),
        ("en;q=0.3,tr; q=0.8 , pl ; q=0.9", "pl"),
        ("fr, de;q=0.9, uk;q=0.1", "uk"),
        ("en;q=0, uk;q=0.001", "uk"),
        ("en;q=0.000", None),
        ("en, tr", "en"),
        ("nl-NL,nl;q=0.9,en-US;q=0.8,en;q=0.7", "nl"),
        ("nl-x-b1", "nl-x-b1"),
        ("nl-X-B1, nl", "nl-x-b1"),
        ("*", None),
        ("*, ar;q=0.1", "ar"),
        ("zh-Hant-TW", None),
        ("", None),
        (",,;", None),
        ("ar;q=2, tr", "tr"),
        ("ar;q=-1, tr", "tr"),
        ("ar;q=0.12345, tr", "tr"),
        ("ar;q=much, tr", "tr"),
        ("ar q=1, tr", "tr"),
        ("a_b, tr", "tr"),
        ("arabic", None),
    ],
)
def test_a_header_is_read_by_its_weights_and_what_is_wrong_in_it_says_nothing(
    header: str, read: str | None
) -> None:
    assert Preferred.by_header(header).among(OURS) == read


@pytest.mark.parametrize(("header", "read"), [("nl, en;q=0.7", "nl-x-b1"), ("ku", "ku-Latn"), ("k", None)])
def test_a_language_is_read_in_the_kind_that_there_is(header: str, read: str | None) -> None:
    assert Preferred.by_header(header).among(("en", "nl-x-b1", "ku-Latn")) == read


@given(
    st.text(max_size=80) | st.lists(st.sampled_from([*OURS, "*", ";q=", "0.5", ",", "-", " "])).map("".join)
)
@example("," * 20_000)
def test_whatever_a_header_says_something_that_is_there_comes_of_it(header: str) -> None:
    assert Preferred.by_header(header).among(OURS) in (*OURS, None)


@pytest.mark.parametrize("tag", ["ar", "ar-EG", "fa", "he", "ur", "ckb"])
def test_what_is_written_from_right_to_left_is_said_so(tag: str) -> None:
    assert direction(tag) == "rtl"


@pytest.mark.parametrize("tag", ["nl-x-b1", "en", "uk", "no such language", "xx", ""])
def test_all_else_is_written_from_left_to_right(tag: str) -> None:
    assert direction(tag) == "ltr"


def test_plain_dutch_has_the_days_of_dutch_and_english_those_of_europe() -> None:
    assert [str(locale(tag)) for tag in ("nl-x-b1", "en", "ti-x-nothing")] == ["nl", "en_GB", "ti"]
