"""What results say in words, in every language."""

import pytest
from buurtthuis_surveys.domain.questions import NO, YES
from buurtthuis_surveys.queries.timelines import STEPS, Step
from buurtthuis_surveys.texts import LANGUAGES, language

TAGS = ["ar", "en", "nl", "nl-x-b1", "pl", "tr", "uk"]


def test_every_language_says_all_that_plain_dutch_says() -> None:
    plain = language("nl-x-b1")
    for tag in TAGS:
        found = language(tag)
        assert (found.tag, set(found.words)) == (tag, set(plain.words))
        assert len(found.places) == len(plain.places)


@pytest.mark.parametrize("tag", TAGS)
def test_every_step_of_an_idea_has_a_sentence_in_every_language(tag: str) -> None:
    said = {language(tag).say(f"step_{step}") for step in Step}
    assert len(said) == len(Step) == len(STEPS)


def test_yes_and_no_are_there_in_every_language() -> None:
    assert set(YES) == set(NO) == set(TAGS)


def test_no_language_is_forgotten_here() -> None:
    assert sorted(path.name.removesuffix(".toml") for path in LANGUAGES.iterdir()) == TAGS


def test_a_language_that_we_do_not_have_is_plain_dutch() -> None:
    assert language("de").tag == "nl-x-b1"


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("nl-x-b1", "gedeelde derde plaats"),
        ("en", "joint third place"),
        ("ar", "المركز الثالث مكرر"),
        ("pl", "trzecie miejsce (ex aequo)"),
    ],
)
def test_who_shares_the_third_place_is_said_to_share_it(tag: str, words: str) -> None:
    assert language(tag).place(3, shared=True) == words


def test_a_place_far_down_is_a_number() -> None:
    assert language("nl").place(14, shared=False) == "plaats 14"


@pytest.mark.parametrize(("tag", "number", "percent"), [("nl-x-b1", "3,67", "71 %"), ("en", "3.67", "71 %")])
def test_numbers_are_written_as_the_language_does(tag: str, number: str, percent: str) -> None:
    assert (language(tag).number(3.67), language(tag).percent(70.7)) == (number, percent)
