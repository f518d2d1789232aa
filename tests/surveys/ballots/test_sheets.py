"""Ballots on paper, typed in as a sheet."""

from typing import Any

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.conftest import together
from tests.people import a_survey, an_open_survey, asked, done, problem

place = together

QUESTIONS = (
    asked("multiple_choice", "Wat is belangrijk?", "Buren", "Tuin", "Koffie", at_most=2),
    asked("open_idea", "Wat nog meer?"),
)
SHEET = """card;channel;q1;q2
a-1;;1 3;
a-2;door;2;Samen eten
A-1;;3;
a-3;;1 2 3;
a-4;;4;
a-5;session;1;
a 6;;1;
a-7;;;
a-8;phone;;Een bankje
"""


async def upload(staff: httpx.AsyncClient, survey: str, sheet: str = SHEET) -> httpx.Response:
    return await staff.post(
        f"/surveys/v1/surveys/{survey}/typed-ballots/sheet",
        content=sheet,
        headers={"Content-Type": "text/csv"},
    )


async def test_good_rows_count_and_each_other_row_says_what_is_the_matter(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff, *QUESTIONS)
    report: Any = (await upload(staff, survey)).json()
    assert (report["accepted"], report["duplicate"], report["invalid"]) == (3, 1, 5)
    assert [(row["line"], row["column"]) for row in report["rows"]] == [
        (4, "card"),
        (5, "q1"),
        (6, "q1"),
        (7, "channel"),
        (8, "card"),
        (9, "q1"),
    ]
    await done(staff, f"/surveys/v1/surveys/{survey}/closing")
    choice, ideas = (await staff.get(f"/surveys/v1/surveys/{survey}/results")).json()["questions"]
    assert {one["text"]["text"]: one["marks"] for one in choice["options"]} == {
        "Buren": 1,
        "Koffie": 1,
        "Tuin": 1,
    }
    assert ideas["answers"] == 2


async def test_a_repeat_of_the_same_sheet_adds_nothing(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff, *QUESTIONS)
    await upload(staff, survey)
    report = (await upload(staff, survey)).json()
    assert (report["accepted"], report["duplicate"]) == (0, 4)
    assert (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["ballots"] == 3


async def test_a_sheet_for_a_survey_that_takes_no_answers_is_refused(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    answer = await upload(staff, await a_survey(staff, *QUESTIONS))
    assert (answer.status_code, problem(answer)) == (409, "not-open-for-answers")


@pytest.mark.parametrize("sheet", ["q1\n1\n", "card,q1,q9\n1,1,1\n"])
async def test_a_sheet_with_other_columns_than_the_survey_has_questions_is_refused(
    place: Playground, sheet: str
) -> None:
    staff = place.client(Role.STAFF)
    answer = await upload(staff, await an_open_survey(staff, *QUESTIONS), sheet)
    assert (answer.status_code, problem(answer)) == (400, "malformed")
