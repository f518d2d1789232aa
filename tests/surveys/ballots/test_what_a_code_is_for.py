"""Enter a code: which survey it is for, before anything is filled in."""

from typing import Any

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.conftest import together
from tests.people import a_ballot, a_survey, an_open_survey, codes_for, done, fields, problem
from tests.surveys.ballots.test_storage import to

place = together


async def enter(
    place: Playground, code: str, corporation: str = "woonpartners", **headers: str
) -> httpx.Response:
    path = f"/surveys/v1/public/{corporation}/codes"
    return await place.client().post(path, json={"code": code}, headers=headers)


async def a_code(staff: httpx.AsyncClient, **plan: Any) -> tuple[str, str]:
    """An open survey, and a code of it."""
    survey = await an_open_survey(staff, **plan)
    [code] = await codes_for(staff, survey)
    return survey, code


async def test_a_code_says_of_which_survey_and_house_it_is(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    await a_code(staff)
    survey, code = await a_code(staff)
    found = await enter(place, code.lower().replace("-", " "))
    known = (await staff.get(f"/surveys/v1/surveys/{survey}")).json()
    assert found.status_code == 200, found.text
    assert (found.json()["survey_id"], found.json()["house_id"]) == (survey, known["house_id"])
    assert (found.json()["state"], found.json()["closes_at"]) == ("open", known["closes_at"])
    assert found.json()["languages"] == known["languages"]


async def test_the_title_comes_in_the_language_of_whoever_asks(place: Playground) -> None:
    _, code = await a_code(
        place.client(Role.STAFF), title={"nl-x-b1": "Wat wilt u?", "tr": "Ne istersiniz?"}, languages=["tr"]
    )
    found = await enter(place, code, **{"Accept-Language": "tr"})
    assert found.json()["title"] == {"text": "Ne istersiniz?", "language": "tr"}
    assert found.headers["Content-Language"] == "tr"


async def test_a_survey_that_is_not_asked_yet_says_so_and_not_its_title(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await a_survey(staff)
    [code] = await codes_for(staff, survey)
    found = (await enter(place, code)).json()
    assert (found["state"], found["title"]) == ("draft", None)


async def test_a_survey_that_is_paused_says_so(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey, code = await a_code(staff)
    await done(staff, f"/surveys/v1/surveys/{survey}/pause")
    assert (await enter(place, code)).json()["state"] == "paused"


async def test_nobody_learns_whether_a_household_answered(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey, code = await a_code(staff)
    before = (await enter(place, code)).content
    body = await a_ballot(place.client(), survey, ["Koffie"], code=code)
    assert (await place.client().post(to(survey), json=body)).status_code == 201
    assert (await enter(place, code)).content == before


async def test_where_a_runoff_is_asked_the_code_is_for_the_runoff(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff, tie_rule="runoff")
    [code, *others] = await codes_for(staff, survey, 2)
    for chosen, each in zip(("Koffie", "Thee"), (code, *others), strict=True):
        body = await a_ballot(place.client(), survey, [chosen], code=each)
        assert (await place.client().post(to(survey), json=body)).status_code == 201
    await done(staff, f"/surveys/v1/surveys/{survey}/closing")
    assert (await enter(place, code)).json()["state"] == "closed"
    await done(staff, f"/surveys/v1/surveys/{survey}/publication")
    surveys = (await staff.get("/surveys/v1/surveys", params={"limit": 200})).json()["items"]
    [runoff] = [found for found in surveys if found["runoff_of"] == survey]
    assert (await enter(place, code)).json()["survey_id"] == runoff["id"]


async def test_a_code_that_was_withdrawn_says_so(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey, code = await a_code(staff)
    await staff.post(f"/surveys/v1/surveys/{survey}/codes/withdrawal", json={"code": code})
    refused = await enter(place, code)
    assert (refused.status_code, problem(refused), fields(refused)) == (422, "code-withdrawn", ["/code"])


async def test_a_code_of_a_survey_that_closed_is_known_no_more(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey, code = await a_code(staff)
    await done(staff, f"/surveys/v1/surveys/{survey}/closing")
    refused = await enter(place, code)
    assert (refused.status_code, problem(refused), fields(refused)) == (422, "code-of-no-survey", ["/code"])


@pytest.mark.parametrize(
    ("corporation", "code", "answer"),
    [
        ("woonpartners", "0000-0000-0000-0000", (422, "code-of-no-survey")),
        ("woonpartners", "0000-0000-0000-0001", (422, "mistyped-code")),
        ("woonpartners", "", (400, "malformed")),
        ("nobodys", "0000-0000-0000-0000", (404, "no-such-page")),
    ],
)
async def test_a_code_that_is_none_is_refused(
    place: Playground, corporation: str, code: str, answer: tuple[int, str]
) -> None:
    refused = await enter(place, code, corporation)
    assert (refused.status_code, problem(refused)) == answer


async def test_what_a_code_is_for_is_kept_by_no_cache(place: Playground) -> None:
    _, code = await a_code(place.client(Role.STAFF))
    assert (await enter(place, code)).headers["Cache-Control"] == "no-store"
