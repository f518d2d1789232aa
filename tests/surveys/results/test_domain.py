"""How marks become results."""

from collections import Counter
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from buurtthuis.events.surveys import IntakeChannel, TieRule
from buurtthuis_surveys.domain.questions import Question, QuestionKind
from buurtthuis_surveys.domain.results import Counts, QuestionResult, drawn, results, split
from hypothesis import given
from hypothesis import strategies as st

from tests.surveys.surveys.test_domain import NOW, a_choice, a_form, a_survey

WEB, DOOR = IntakeChannel.WEB, IntakeChannel.DOOR
SEED = "een zaadje"


def counted(question: Question, *scores: int, channel: IntakeChannel = WEB) -> Counts:
    """So many marks for each option, each on a ballot of its own."""
    marks = {
        (question.id, option.id, 1, channel): score
        for option, score in zip(question.options, scores, strict=True)
        if score
    }
    number = sum(scores)
    return Counts({(channel, "nl"): number}, {(question.id, channel): number}, marks)


def outcome(question: Question, counts: Counts, rule: TieRule = TieRule.INCLUDE_ALL_TIED) -> QuestionResult:
    return results([question], counts, rule, SEED).questions[0]


def names(question: Question, ids: tuple[UUID, ...]) -> str:
    words = {option.id: option.texts["nl-x-b1"] for option in question.options}
    return "".join(words[id] for id in ids)


@pytest.mark.parametrize(
    ("scores", "top", "chosen"),
    [
        ((5, 4, 3, 2), 2, "ab"),
        ((2, 3, 4, 5), 2, "dc"),
        ((5, 3, 3, 3), 2, "abcd"),
        ((4, 4, 1, 1), 2, "ab"),
        ((4, 4, 4, 1), 2, "abc"),
        ((3, 0, 0, 0), 2, "a"),
        ((0, 0, 0, 0), 2, ""),
        ((1, 1, 1, 1), 4, "abcd"),
        ((5, 4, 3, 2), 0, ""),
    ],
)
def test_all_that_tie_for_the_last_place_are_in_the_top(scores: Any, top: int, chosen: str) -> None:
    question = a_choice(*"abcd", top=top)
    assert names(question, outcome(question, counted(question, *scores)).top) == chosen


def test_a_runoff_leaves_the_last_place_to_those_who_tie() -> None:
    question = a_choice(*"abcd", top=2)
    found = outcome(question, counted(question, 5, 3, 3, 1), TieRule.RUNOFF)
    assert (names(question, found.top), names(question, found.tied)) == ("a", "bc")


def test_lots_fill_the_last_place_in_the_order_of_the_hashes() -> None:
    question = a_choice(*"abcd", top=2)
    found = outcome(question, counted(question, 5, 3, 3, 3), TieRule.DRAW_LOTS)
    lots = {one.id: sha256(f"{SEED}|{one.id}".encode()).hexdigest() for one in question.options[1:]}
    assert found.top == (question.options[0].id, min(lots, key=lots.__getitem__))
    assert found.tied == ()


@given(st.lists(st.uuids(), unique=True, max_size=8), st.randoms())
def test_lots_fall_the_same_in_whatever_order_the_options_stand(ids: list[UUID], random: Any) -> None:
    other = random.sample(ids, len(ids))
    assert drawn(ids, SEED) == drawn(other, SEED)


def test_equals_share_a_place() -> None:
    question = a_choice(*"abcd")
    found = outcome(question, counted(question, 3, 3, 2, 1))
    assert [one.place for one in found.options] == [1, 1, 3, 4]


def test_a_ranking_gives_points_by_rank() -> None:
    question = a_choice(*"abc", kind=QuestionKind.RANKING)
    a, b, c = (option.id for option in question.options)
    marks = {(question.id, one, rank, WEB): 2 for rank, one in enumerate((b, a, c), start=1)}
    found = outcome(question, Counts({(WEB, "nl"): 2}, {(question.id, WEB): 2}, marks))
    assert [(one.option_id, one.score) for one in found.options] == [(b, 6), (a, 4), (c, 2)]


def test_a_scale_has_an_average() -> None:
    question = Question.ask(QuestionKind.SCALE, {"nl-x-b1": "x"})
    assert outcome(question, counted(question, 1, 0, 0, 0, 2)).average == 3.67


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ({WEB: 5, DOOR: 5}, True),
        ({WEB: 500, DOOR: 4}, False),
        ({WEB: 4}, False),
        ({WEB: 1, DOOR: 1}, False),
        ({}, True),
    ],
)
def test_a_split_is_shown_whole_or_not_at_all(parts: dict[IntakeChannel, int], shown: bool) -> None:
    assert split(Counter(parts)) == (parts if shown else None)


def test_a_question_that_few_answered_by_one_road_is_not_split_though_the_survey_is() -> None:
    question = a_choice(*"ab")
    a, b = (option.id for option in question.options)
    found = results(
        [question],
        Counts(
            {(WEB, "nl"): 10, (DOOR, "nl"): 5},
            {(question.id, WEB): 10, (question.id, DOOR): 2},
            {(question.id, a, 1, WEB): 10, (question.id, b, 1, DOOR): 2},
        ),
        TieRule.INCLUDE_ALL_TIED,
        SEED,
    )
    assert found.by_channel == {WEB: 10, DOOR: 5}
    assert [one.by_channel for one in found.questions[0].options] == [None, None]


def test_an_option_that_few_marked_by_one_road_keeps_its_question_from_being_split() -> None:
    """Ten on the web and six at the door: that one at the door wants Dutch lessons is nobody's business."""
    question = a_choice(*"ab")
    a, b = (option.id for option in question.options)
    found = outcome(
        question,
        Counts(
            {(WEB, "nl"): 10, (DOOR, "nl"): 6},
            {(question.id, WEB): 10, (question.id, DOOR): 6},
            {(question.id, a, 1, WEB): 10, (question.id, a, 1, DOOR): 5, (question.id, b, 1, DOOR): 1},
        ),
    )
    assert [one.by_channel for one in found.options] == [None, None]


CHANNELS, LANGUAGES = (WEB, DOOR, IntakeChannel.PAPER), ("nl-x-b1", "ar")
BALLOTS = st.lists(
    st.tuples(st.sampled_from(CHANNELS), st.sampled_from(LANGUAGES), st.sets(st.integers(0, 2), max_size=2)),
    max_size=60,
)


@given(BALLOTS)
def test_whatever_was_answered_no_part_shows_fewer_than_five(ballots: list[Any]) -> None:
    question = a_choice(*"abc", kind=QuestionKind.MULTIPLE_CHOICE, at_most=2)
    counts = Counts(
        Counter((channel, language) for channel, language, _ in ballots),
        Counter((question.id, channel) for channel, _, chosen in ballots if chosen),
        Counter(
            (question.id, question.options[n].id, 1, channel)
            for channel, _, chosen in ballots
            for n in chosen
        ),
    )
    found = results([question], counts, TieRule.INCLUDE_ALL_TIED, SEED)
    parts = (found.by_channel, found.by_language, *(one.by_channel for one in found.questions[0].options))
    assert all(size >= 5 for part in parts for size in (part or {}).values())


def test_an_equal_number_from_everywhere_is_split() -> None:
    """Else the rule above would hold by showing nothing ever."""
    question = a_choice(*"ab")
    marks = {
        (question.id, option.id, 1, channel): 5 for option in question.options for channel in (WEB, DOOR)
    }
    counts = Counts(
        {(WEB, "nl"): 10, (DOOR, "nl"): 10}, {(question.id, WEB): 10, (question.id, DOOR): 10}, marks
    )
    assert [one.by_channel for one in outcome(question, counts).options] == [{WEB: 5, DOOR: 5}] * 2


def test_a_language_that_few_read_is_not_told_apart() -> None:
    question = a_choice(*"ab")
    counts = Counts({(WEB, "nl"): 10, (WEB, "ar"): 1}, {(question.id, WEB): 11}, {})
    assert results([question], counts, TieRule.INCLUDE_ALL_TIED, SEED).by_language is None


def test_a_runoff_asks_once_more_between_those_who_tie() -> None:
    question = a_choice(*"abcd", top=3)
    survey = a_survey(form=a_form(question), tie_rule=TieRule.RUNOFF)
    survey.open(NOW)
    survey.close(counted(question, 5, 3, 3, 3))
    found = survey.runoff(None)
    assert found
    [again] = found[0].form.questions
    assert (names(question, tuple(one.id for one in again.options)), again.at_most, again.top) == (
        "bcd",
        2,
        2,
    )
    assert again.kind is QuestionKind.MULTIPLE_CHOICE


def test_without_a_tie_there_is_no_runoff() -> None:
    question = a_choice(*"ab", top=1)
    survey = a_survey(form=a_form(question), tie_rule=TieRule.RUNOFF)
    survey.open(NOW)
    survey.close(counted(question, 5, 3))
    assert survey.runoff(None) is None


def test_a_question_is_not_split_where_the_survey_is_not() -> None:
    """Its parts would tell the size of the one that is hidden, and that it did not answer."""
    question = a_choice("a", "b")
    counts = Counts(
        {(WEB, "nl"): 30, (DOOR, "nl"): 1},
        {(question.id, WEB): 30},
        {(question.id, question.options[0].id, 1, WEB): 30},
    )
    assert outcome(question, counts).options[0].by_channel is None
