"""Our seven languages, every rule in each."""

import re
import tomllib
from enum import StrEnum
from functools import cache

import pytest
from buurtthuis.events.moderation import Action, Category
from buurtthuis.events.sessions import Because, FollowUpOutcome, Kind, Outcome, Risk, TaskKind
from buurtthuis.http.paper import known, paper
from buurtthuis_notifications.api.pages import WORDS
from buurtthuis_notifications.domain.residents import Purpose
from buurtthuis_notifications.domain.rules import RULES
from buurtthuis_notifications.texts import Text
from buurtthuis_notifications.texts.examples import EXAMPLES, barest
from buurtthuis_notifications.texts.language import OURS, ours
from buurtthuis_notifications.texts.pictograms import PICTOGRAMS

from tests.notifications.texts.corporations import LANGUAGES

#: Of the names of words, what they begin with, and what of the contract they say.
GROUPS: dict[str, type[StrEnum]] = {
    "kind": Kind,
    "outcome": FollowUpOutcome,
    "house": Outcome,
    "because": Because,
    "risk": Risk,
    "task": TaskKind,
    "action": Action,
    "rule": Category,
    "consent": Purpose,
}
NAMES = [rule.name for rule in RULES]
in_every_language = pytest.mark.parametrize("tag", LANGUAGES)
#: What is left over where a name is missing: a colon before nothing, empty brackets or quotes, two full stops.
STRAY = re.compile(r"[:;,،]\s*$|[:,،]\s*\.|\(\s*\)|«\s*»|\"\s*\"|“\s*”|„\s*”| [.,:?!]|\.\.")
#: In a text, what is not written but filled in.
FILLED_IN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
#: English has it from Dutch, or the other way around.
SAME_WORD = {("words", "kind_workshop")}
ARABIC, CYRILLIC = re.compile("[\u0600-\u06ff]"), re.compile("[\u0400-\u04ff]")


@cache
def read(tag: str) -> dict[str, Text]:
    """Every text of a language, with the examples."""
    return {rule: ours(tag).render(rule, facts) for rule, facts in EXAMPLES.items()}


@cache
def bare(tag: str) -> dict[str, Text]:
    """Every text, without what people wrote."""
    return {rule: ours(tag).render(rule, barest(rule)) for rule in EXAMPLES}


def parts(text: Text) -> tuple[str, str, str]:
    return text.subject, text.short, text.body


def test_there_is_a_file_for_each_and_no_other() -> None:
    assert {path.stem for path in OURS.iterdir()} == set(LANGUAGES)


@pytest.mark.parametrize("names", [EXAMPLES, PICTOGRAMS], ids=["examples", "pictograms"])
def test_every_rule_has_an_example_and_a_pictogram(names: dict[str, object]) -> None:
    assert set(names) == set(NAMES)


@in_every_language
def test_every_text_says_something_in_each_of_its_parts(tag: str) -> None:
    assert {rule for rule, text in read(tag).items() if not all(parts(text))} == set()


@in_every_language
def test_every_text_says_something_still_when_what_people_wrote_is_gone(tag: str) -> None:
    texts = bare(tag)
    assert {rule for rule, text in texts.items() if not all(parts(text))} == set()
    assert {rule for rule, text in texts.items() if "None" in " ".join(parts(text))} == set()


@in_every_language
def test_what_is_gone_leaves_no_stray_marks(tag: str) -> None:
    found = {(rule, part) for rule, text in bare(tag).items() for part in parts(text) if STRAY.search(part)}
    assert found == set()


@in_every_language
def test_every_short_form_fits_into_an_sms_as_it_was_written(tag: str) -> None:
    assert {text.short for text in read(tag).values() if "…" in text.short} == set()


@pytest.mark.parametrize(("tag", "letters"), [("ar", ARABIC), ("uk", CYRILLIC)])
def test_every_text_is_in_its_own_letters(tag: str, letters: re.Pattern[str]) -> None:
    found = {
        (rule, part) for rule, text in read(tag).items() for part in parts(text) if not letters.search(part)
    }
    assert found == set()


@cache
def prose(tag: str) -> dict[tuple[str, str], str]:
    """What is written in a language's file, without what the facts fill in."""
    file = tomllib.loads((OURS / f"{tag}.toml").read_text(encoding="utf-8"))
    written = {
        (section, part): FILLED_IN.sub("", text).strip()
        for section, parts in file.items()
        for part, text in parts.items()
    }
    return {where: text for where, text in written.items() if re.search(r"\w", text)}


@in_every_language
def test_no_text_was_left_in_another_language(tag: str) -> None:
    others = [prose(other) for other in LANGUAGES if {tag, other} != {"nl", "nl-x-b1"} and other != tag]
    left = {where for where, text in prose(tag).items() for other in others if text == other.get(where)}
    assert left - SAME_WORD == set()


@in_every_language
def test_our_own_pages_say_all_in_every_language(tag: str) -> None:
    assert WORDS.keys() == set(LANGUAGES)
    assert WORDS[tag].keys() == WORDS["nl-x-b1"].keys()


@in_every_language
def test_what_is_printed_has_its_letters_in_the_font(tag: str) -> None:
    letters = {letter for text in read(tag).values() for letter in text.body if letter.isalpha()}
    assert letters - set(known(paper("letters"), "".join(letters))) == set()


def sentences(text: str) -> list[str]:
    prose = "\n".join(line for line in text.splitlines() if "://" not in line)
    return [one for one in re.split(r"[.?!:\n]", prose) if one.strip()]


def test_plain_dutch_keeps_to_short_sentences() -> None:
    said = [sentence for text in bare("nl-x-b1").values() for sentence in sentences(text.body)]
    assert [sentence for sentence in said if len(sentence.split()) > 15] == []


@in_every_language
@pytest.mark.parametrize("group", GROUPS)
def test_every_word_of_the_contract_that_texts_say_is_there_in_every_language(tag: str, group: str) -> None:
    prefix = f"{group}_"
    said = {
        name.removeprefix(prefix): words for name, words in ours(tag).words.items() if name.startswith(prefix)
    }
    assert said.keys() == {one.value for one in GROUPS[group]}
    assert all(said.values())
    assert len(set(said.values())) == len(said)


def test_every_group_of_words_that_texts_say_is_tried_here() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in OURS.iterdir())
    by_code = {"kind", "because", "consent"}
    assert {*re.findall(r"\|word\('(\w+)'\)", source)} | by_code == {*GROUPS}


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("outcome", ["decided", "tied", "stop"])
def test_every_outcome_of_a_vote_has_its_words(tag: str, outcome: str) -> None:
    facts = EXAMPLES["follow-up-decided"] | {"outcome": outcome}
    assert ours(tag).words[f"outcome_{outcome}"] in ours(tag).render("follow-up-decided", facts).body


@pytest.mark.parametrize(
    ("tag", "left", "said"),
    [
        ("nl-x-b1", 0, "Er is nu niemand"),
        ("nl-x-b1", 1, "Er is nog 1 persoon"),
        ("nl-x-b1", 2, "Er zijn nog 2 mensen"),
        ("en", 1, "One person still leads it."),
        ("pl", 1, "prowadzi 1 osoba"),
        ("pl", 2, "prowadzą 2 osoby"),
        ("pl", 5, "prowadzi 5 osób"),
        ("pl", 22, "prowadzą 22 osoby"),
        ("uk", 1, "веде 1 людина"),
        ("uk", 3, "ведуть 3 людини"),
        ("uk", 5, "ведуть 5 людей"),
        ("uk", 21, "веде 21 людина"),
        ("ar", 1, "شخص واحد"),
        ("ar", 2, "شخصان"),
        ("ar", 3, "3 أشخاص"),
        ("ar", 11, "11 شخصاً"),
        ("ar", 100, "100 شخص "),
        ("tr", 1, "1 kişi"),
        ("tr", 5, "5 kişi"),
    ],
)
def test_numbers_take_the_form_that_their_language_gives_them(tag: str, left: int, said: str) -> None:
    assert said in ours(tag).render("host-withdrew", EXAMPLES["host-withdrew"] | {"left": left}).body


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("nl", "woensdag 6 februari om 10:00"),
        ("nl-x-b1", "woensdag 6 februari om 10:00"),
        ("en", "Wednesday 6 February at 10:00"),
        ("ar", "الأربعاء، 6 فبراير الساعة 10:00"),
        ("tr", "6 Şubat Çarşamba saat 10:00"),
        ("pl", "środa, 6 lutego o godz. 10:00"),
        ("uk", "середа, 6 лютого, 10:00"),
    ],
)
def test_days_and_times_are_said_as_people_say_them(tag: str, said: str) -> None:
    assert said in ours(tag).render("seat-registered", EXAMPLES["seat-registered"]).body
