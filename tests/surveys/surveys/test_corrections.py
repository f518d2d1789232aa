"""Words of an open survey that are put right, and a draft that staff read before anybody else does."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from buurtthuis.core.errors import Invalid
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from buurtthuis_surveys.domain.forms import NoSuchText
from buurtthuis_surveys.domain.surveys import NotOpenForAnswers, Survey, SurveyState

from tests.conftest import together
from tests.people import (
    a_ballot,
    a_survey,
    an_open_survey,
    asked,
    codes_for,
    done,
    event_types,
    fields,
    options_of,
    problem,
)
from tests.surveys.ballots.test_storage import to
from tests.surveys.surveys.test_domain import NOW
from tests.surveys.surveys.test_domain import a_survey as a_survey_of

place = together

PLAIN = "nl-x-b1"
TITLE = a_survey_of().form.title[PLAIN]


# Rules


def test_words_change_and_ids_kinds_and_number_of_options_do_not() -> None:
    survey = a_survey_of(SurveyState.OPEN)
    [before] = survey.form.questions
    said = survey.correct({}, {before.id: {PLAIN: "Welke?"}, before.options[0].id: {"en": "Coffee"}}, NOW)
    [after] = survey.form.questions
    assert said.languages == ("en", PLAIN)
    assert (after.texts[PLAIN], after.options[0].texts["en"]) == ("Welke?", "Coffee")
    assert [(one.id, one.pictogram) for one in after.options] == [
        (one.id, one.pictogram) for one in before.options
    ]
    assert (after.id, after.kind, after.at_most, after.top) == (
        before.id,
        before.kind,
        before.at_most,
        before.top,
    )
    assert after.options[1] == before.options[1]


def test_what_read_differently_is_kept_in_order() -> None:
    survey = a_survey_of(SurveyState.OPEN)
    for title in ("Eerst", "Toen"):
        survey.correct({PLAIN: title}, {}, NOW)
    kept = [(one.at, [(change.was, change.now) for change in one.changes]) for one in survey.corrections]
    assert kept == [(NOW, [(TITLE, "Eerst")]), (NOW, [("Eerst", "Toen")])]


def test_nothing_else_is_put_right() -> None:
    survey = a_survey_of(SurveyState.OPEN)
    with pytest.raises(NoSuchText):
        survey.correct({}, {uuid4(): {PLAIN: "x"}}, NOW)
    with pytest.raises(Invalid):
        survey.correct(survey.form.title, {}, NOW)
    assert survey.corrections == ()


@pytest.mark.parametrize("state", sorted(set(SurveyState) - {SurveyState.OPEN, SurveyState.PAUSED}))
def test_only_what_is_asked_is_put_right(state: SurveyState) -> None:
    """A draft is edited; of what was counted nobody says afterwards that it meant something else."""
    survey = a_survey_of(SurveyState.OPEN)
    survey.state = state
    with pytest.raises(NotOpenForAnswers):
        survey.correct({PLAIN: "x"}, {}, NOW)


def test_what_is_past_its_time_is_not_put_right_any_more() -> None:
    survey = a_survey_of(SurveyState.OPEN)
    survey.closes_at = NOW + timedelta(hours=1)
    with pytest.raises(NotOpenForAnswers):
        survey.correct({PLAIN: "x"}, {}, NOW + timedelta(hours=1))


def test_a_copy_has_the_words_and_no_history() -> None:
    survey: Survey = a_survey_of(SurveyState.OPEN)
    survey.correct({PLAIN: "Beter"}, {}, NOW)
    copied, _ = survey.copy(uuid4())
    assert (copied.form.title[PLAIN], copied.corrections) == ("Beter", ())


# Over HTTP


async def test_a_typing_error_is_put_right_while_answers_and_letters_stay_good(place: Playground) -> None:
    staff, visitor = place.client(Role.STAFF), place.client()
    survey = await an_open_survey(staff, asked("single_choice", "Kofie?", "Kofie", "Thee", top=1))
    early, late = await codes_for(staff, survey, 2)
    body = await a_ballot(visitor, survey, ["Kofie"], code=early)
    assert (await visitor.post(to(survey), json=body)).status_code == 201
    [question] = (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["questions"]
    texts = {question["id"]: {PLAIN: "Koffie?"}, question["options"][0]["id"]: {PLAIN: "Koffie"}}
    await done(staff, f"/surveys/v1/surveys/{survey}/correction", {"texts": texts})
    form = (await visitor.get(f"/surveys/v1/public/woonpartners/surveys/{survey}")).json()
    assert datetime.fromisoformat(form["corrected_at"]) == place.clock()
    assert list((await options_of(visitor, survey))[0]) == ["Koffie", "Thee"]
    body = await a_ballot(visitor, survey, ["Koffie"], code=late)
    assert (await visitor.post(to(survey), json=body)).status_code == 201
    [correction] = (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["corrections"]
    assert [(one["was"], one["now"]) for one in correction["changes"]] == [
        ("Kofie?", "Koffie?"),
        ("Kofie", "Koffie"),
    ]
    for move in ("closing", "publication"):
        await done(staff, f"/surveys/v1/surveys/{survey}/{move}")
    rows = (await staff.get(f"/surveys/v1/surveys/{survey}/results/export?format=json")).json()
    assert [(row["option"], row["option_was"], row["question_was"], row["marks"]) for row in rows] == [
        ("Koffie", "Kofie", "Kofie?", 2),
        ("Thee", None, "Kofie?", 0),
    ]
    public = (await visitor.get(f"/surveys/v1/public/woonpartners/surveys/{survey}/results")).json()
    assert (public["corrected_at"], public["corrections"]) == (form["corrected_at"], [])
    await place.settled()
    said = [one for one in await place.events("surveys") if one["subject"] == survey]
    assert "survey-corrected" in event_types(said)
    [told] = [one["data"] for one in said if "survey-corrected" in one["type"]]
    assert "Koffie" not in str(told)
    refused = await staff.post(f"/surveys/v1/surveys/{survey}/correction", json={"texts": texts})
    assert (refused.status_code, problem(refused)) == (409, "not-open-for-answers")


async def test_a_correction_of_something_else_is_refused_by_name(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey, stranger = await an_open_survey(staff), str(uuid4())
    path = f"/surveys/v1/surveys/{survey}/correction"
    refused = await staff.post(path, json={"texts": {stranger: {PLAIN: "x"}}})
    assert (refused.status_code, fields(refused)) == (422, [f"/texts/{stranger}"])
    stale = await staff.post(path, json={"title": {PLAIN: "x"}}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert (await place.client(Role.RESIDENT).post(path, json={"title": {PLAIN: "x"}})).status_code == 403


# A preview


WORDS: dict[str, Any] = {
    "title": {PLAIN: "Wat wilt u?", "en": "What would you like?"},
    "languages": ["en", "ar"],
}


async def test_staff_read_a_draft_as_its_respondents_will_in_every_language(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await a_survey(staff, **WORDS)
    seen = (await staff.get(f"/surveys/v1/surveys/{survey}/preview")).json()
    assert seen["preview"] is True
    assert [form["title"]["text"] for form in seen["forms"]] == [
        "Wat wilt u?",
        "What would you like?",
        "Wat wilt u?",
    ]
    await done(staff, f"/surveys/v1/surveys/{survey}/opening")
    for tag, form in zip((PLAIN, "en", "ar"), seen["forms"], strict=True):
        path = f"/surveys/v1/public/woonpartners/surveys/{survey}?language={tag}"
        assert (await place.client().get(path)).json() == {**form, "state": "open"}


async def test_a_preview_is_for_staff_and_keeps_no_answer(place: Playground) -> None:
    staff, survey = place.client(Role.STAFF), await a_survey(place.client(Role.STAFF))
    path = f"/surveys/v1/surveys/{survey}/preview"
    for role in (Role.RESIDENT, Role.GUIDE, Role.CHAIN_PARTNER):
        assert (await place.client(role).get(path)).status_code == 403
    [question] = (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["questions"]
    mark = {"question_id": question["id"], "options": [question["options"][0]["id"]]}
    ballot = {"answers": [mark], "retry": str(uuid4())}
    tried = await staff.post(path, json=ballot)
    assert (tried.status_code, tried.json()["counted"]) == (200, False)
    wrong = await staff.post(path, json={**ballot, "answers": [{**mark, "options": [str(uuid4())]}]})
    assert (wrong.status_code, problem(wrong)) == (422, "unknown-option")
    assert (await staff.post(f"/surveys/v1/surveys/{survey}/stand-ballots", json=ballot)).status_code == 409
    assert (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["ballots"] == 0


async def test_a_letter_is_seen_before_it_is_sent_and_has_no_code(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await a_survey(staff, **WORDS)
    wanted = {"site": "https://buurtthuis.example/enquete", "house": "BuurtThuis Wingerd"}
    page = await staff.get(f"/surveys/v1/surveys/{survey}/preview/letter.pdf", params=wanted)
    assert (page.status_code, page.headers["content-type"]) == (200, "application/pdf")
    assert page.content.startswith(b"%PDF")
    assert (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["codes"] == 0
    untitled = await a_survey(staff, title={"en": "What?"})
    nothing = await staff.get(f"/surveys/v1/surveys/{untitled}/preview/letter.pdf")
    assert (nothing.status_code, problem(nothing)) == (409, "plain-dutch-missing")
