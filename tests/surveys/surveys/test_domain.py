"""The rules of surveys and their questions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from buurtthuis.core.errors import Invalid, Refusal, Refused
from buurtthuis.events import Event
from buurtthuis.events.surveys import TieRule, Voting
from buurtthuis.http.problem_json import place_of
from buurtthuis.testing import Clock
from buurtthuis_surveys.domain.forms import Form
from buurtthuis_surveys.domain.questions import PLAIN, Given, Option, Question, QuestionKind, Texts
from buurtthuis_surveys.domain.results import Counts
from buurtthuis_surveys.domain.surveys import (
    MOVES,
    NotADraft,
    NothingToAsk,
    NotOpenForAnswers,
    PlainDutchMissing,
    Plan,
    Survey,
    SurveyCannotMove,
    SurveyState,
)

NOW = Clock().now
NOTHING = Counts({}, {}, {})


def in_words(words: str, **others: str) -> Texts:
    return {PLAIN: words, **others}


def a_choice(*options: str, kind: QuestionKind = QuestionKind.SINGLE_CHOICE, **more: Any) -> Question:
    made = [Option(uuid4(), in_words(option)) for option in options]
    return Question.ask(kind, in_words("Wat?"), made, **more)


def a_form(*questions: Question, **more: Any) -> Form:
    return Form(in_words("Wingerd"), more.get("languages", ()), questions or (a_choice("Koffie", "Thee"),))


def a_survey(state: SurveyState = SurveyState.DRAFT, form: Form | None = None, **more: Any) -> Survey:
    plan = Plan(form or a_form(), Voting.CODE, TieRule.INCLUDE_ALL_TIED)
    survey, _ = Survey.draft(uuid4(), plan)
    survey.state = state
    for name, value in more.items():
        setattr(survey, name, value)
    return survey


#: Every way into a state.
WAYS: dict[str, Callable[[Survey], Event]] = {
    "opened": lambda survey: survey.open(NOW),
    "paused": lambda survey: survey.pause(),
    "resumed": lambda survey: survey.resume(),
    "closed": lambda survey: survey.close(NOTHING),
    "published": lambda survey: survey.publish(),
    "cancelled": lambda survey: survey.cancel(),
}
ALLOWED = {
    ("draft", "opened"): "open",
    ("draft", "cancelled"): "cancelled",
    ("open", "paused"): "paused",
    ("open", "closed"): "closed",
    ("paused", "resumed"): "open",
    ("paused", "closed"): "closed",
    ("closed", "published"): "published",
}
REFUSED = [(state, way) for state in SurveyState for way in WAYS if (state, way) not in ALLOWED]


def test_the_table_of_moves_is_the_contracts() -> None:
    assert {(a, b) for a in MOVES for b in MOVES[a]} == {(a, to) for (a, _), to in ALLOWED.items()}


@pytest.mark.parametrize(("state", "way"), ALLOWED)
def test_an_allowed_move_arrives(state: str, way: str) -> None:
    survey = a_survey(SurveyState(state))
    WAYS[way](survey)
    assert survey.state == ALLOWED[state, way]


@pytest.mark.parametrize(("state", "way"), REFUSED)
def test_every_other_move_is_refused_by_name(state: SurveyState, way: str) -> None:
    with pytest.raises(SurveyCannotMove, match=f"A survey that is {state} cannot"):
        WAYS[way](a_survey(state))


@pytest.mark.parametrize("state", [state for state in SurveyState if state is not SurveyState.DRAFT])
def test_only_a_draft_can_be_edited(state: SurveyState) -> None:
    with pytest.raises(NotADraft):
        a_survey(state).edit(Plan(a_form(), Voting.CODE, TieRule.RUNOFF))


def test_an_edited_draft_reads_as_it_was_edited() -> None:
    survey, plan = a_survey(), Plan(a_form(), Voting.STAND, TieRule.RUNOFF, NOW)
    survey.edit(plan)
    assert (survey.form, survey.voting, survey.tie_rule, survey.closes_at) == (
        plan.form,
        plan.voting,
        plan.tie_rule,
        NOW,
    )


def test_a_survey_without_a_question_cannot_open() -> None:
    with pytest.raises(NothingToAsk):
        a_survey(form=Form(in_words("x"), (), ())).open(NOW)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (Form({"en": "x"}, (), (a_choice("a", "b"),)), "/title"),
        (a_form(Question.ask(QuestionKind.OPEN_IDEA, {"nl": "x"})), "/questions/0"),
        (
            a_form(
                Question.ask(
                    QuestionKind.SINGLE_CHOICE,
                    in_words("x"),
                    [Option(uuid4(), in_words("a")), Option(uuid4(), {"en": "b"})],
                )
            ),
            "/questions/0/options/1",
        ),
    ],
)
def test_a_survey_without_plain_dutch_somewhere_cannot_open_and_says_where(form: Form, field: str) -> None:
    with pytest.raises(PlainDutchMissing) as refused:
        a_survey(form=form).open(NOW)
    assert place_of(refused.value) == field


def test_a_survey_cannot_close_before_it_opens() -> None:
    with pytest.raises(Invalid) as refused:
        a_survey(closes_at=NOW).open(NOW)
    assert place_of(refused.value) == "/closes_at"


def test_what_is_not_translated_is_reported_text_by_text() -> None:
    form = Form(in_words("x", en="x"), ("en", "ar"), (Question.ask(QuestionKind.OPEN_IDEA, {"en": "x"}),))
    assert list(form.missing()) == [(("title",), "ar"), (("questions", 0), PLAIN), (("questions", 0), "ar")]


def test_a_scale_is_complete_in_every_language_by_itself() -> None:
    scale = Question.ask(QuestionKind.SCALE, in_words("x", ar="x"), languages=["ar"])
    assert list(Form(in_words("x", ar="x"), ("ar",), (scale,)).missing()) == []


@pytest.mark.parametrize(("kind", "options"), [(QuestionKind.SCALE, 5), (QuestionKind.YES_NO, 2)])
def test_a_scale_and_a_yes_or_no_bring_their_own_options(kind: QuestionKind, options: int) -> None:
    assert len(Question.ask(kind, in_words("x")).options) == options


@pytest.mark.parametrize(
    ("kind", "options", "more", "field"),
    [
        (QuestionKind.SINGLE_CHOICE, 1, {}, "/options"),
        (QuestionKind.RANKING, 0, {}, "/options"),
        (QuestionKind.OPEN_IDEA, 1, {}, "/options"),
        (QuestionKind.SCALE, 4, {}, "/options"),
        (QuestionKind.YES_NO, 3, {}, "/options"),
        (QuestionKind.MULTIPLE_CHOICE, 3, {}, "/at_most"),
        (QuestionKind.MULTIPLE_CHOICE, 3, {"at_most": 4}, "/at_most"),
        (QuestionKind.SINGLE_CHOICE, 3, {"at_most": 2}, "/at_most"),
        (QuestionKind.SINGLE_CHOICE, 3, {"top": 4}, "/top"),
        (QuestionKind.SCALE, 0, {"top": 1}, "/top"),
    ],
)
def test_a_question_that_cannot_be_names_the_field(
    kind: QuestionKind, options: int, more: dict[str, int], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        a_choice(*"abcde"[:options], kind=kind, **more)
    assert place_of(refused.value) == field


def test_a_survey_takes_answers_until_the_very_moment_it_closes() -> None:
    survey = a_survey(SurveyState.OPEN, closes_at=NOW)
    survey.check_open(NOW - timedelta(microseconds=1))
    with pytest.raises(NotOpenForAnswers, match="it is closed"):
        survey.check_open(NOW)


@pytest.mark.parametrize("state", [state for state in SurveyState if state is not SurveyState.OPEN])
def test_a_survey_that_is_not_open_takes_no_answers(state: SurveyState) -> None:
    with pytest.raises(NotOpenForAnswers, match=state):
        a_survey(state).check_open(NOW)


@pytest.mark.parametrize(("state", "due"), [(state, state in ("open", "paused")) for state in SurveyState])
def test_only_a_live_survey_is_ever_due_to_close(state: SurveyState, due: bool) -> None:
    assert a_survey(state, closes_at=NOW).is_due(NOW) is due


def test_a_copy_asks_the_same_and_has_no_date_and_no_secret_in_common() -> None:
    survey = a_survey(SurveyState.PUBLISHED, closes_at=NOW)
    copy, _ = survey.copy(uuid4())
    assert (copy.form, copy.state, copy.closes_at) == (survey.form, SurveyState.DRAFT, None)
    assert copy.seed != survey.seed


FIRST, SECOND = a_choice("a", "b", "c"), Question.ask(QuestionKind.OPEN_IDEA, in_words("x"))
MANY = a_choice("a", "b", "c", kind=QuestionKind.MULTIPLE_CHOICE, at_most=2)
ASKED = a_form(FIRST, SECOND, MANY)
A, B, _ = (option.id for option in FIRST.options)
P, Q, R = (option.id for option in MANY.options)


@pytest.mark.parametrize(
    ("given", "why", "field"),
    [
        ([], "Invalid", "/answers"),
        ([Given(uuid4(), (A,))], "UnknownQuestion", "/answers/0/question_id"),
        ([Given(FIRST.id, (A,)), Given(FIRST.id, (B,))], "AnsweredTwice", "/answers/1/question_id"),
        ([Given(FIRST.id, (A, B))], "TooManyMarks", "/answers/0/options"),
        ([Given(MANY.id, (P, Q, R))], "TooManyMarks", "/answers/0/options"),
        ([Given(MANY.id, (P, P))], "MarkedTwice", "/answers/0/options/1"),
        ([Given(FIRST.id, (P,))], "UnknownOption", "/answers/0/options/0"),
        ([Given(FIRST.id)], "WrongAnswer", "/answers/0/options"),
        ([Given(FIRST.id, (A,), "words")], "WrongAnswer", "/answers/0/text"),
        ([Given(SECOND.id, (A,), "words")], "WrongAnswer", "/answers/0/options"),
        ([Given(SECOND.id)], "WrongAnswer", "/answers/0/text"),
    ],
)
def test_an_answer_that_cannot_be_says_why_and_where(given: list[Given], why: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        ASKED.check(given)
    assert (type(refused.value).__name__, place_of(refused.value), refused.value.kind) == (
        why,
        field,
        Refusal.INVALID,
    )


@pytest.mark.parametrize(
    "given",
    [
        [Given(FIRST.id, (A,))],
        [Given(MANY.id, (R, P)), Given(SECOND.id, text="Samen eten")],
    ],
)
def test_an_answer_that_can_be_passes(given: list[Given]) -> None:
    ASKED.check(given)
