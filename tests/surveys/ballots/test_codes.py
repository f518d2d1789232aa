"""Codes that were lost, came back or were made to try something: withdrawn, and not counted as an invitation."""

import asyncio

import httpx
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.conftest import together
from tests.people import a_ballot, an_open_survey, codes_for, done, fields, problem
from tests.surveys.ballots.test_storage import sql, to

place = together

SITE = "https://buurtthuis.example/enquete"


async def withdraw(staff: httpx.AsyncClient, survey: str, **what: str) -> httpx.Response:
    return await staff.post(f"/surveys/v1/surveys/{survey}/codes/withdrawal", json=what)


async def answer(place: Playground, survey: str, code: str) -> httpx.Response:
    body = await a_ballot(place.client(), survey, ["Koffie"], code=code)
    return await place.client().post(to(survey), json=body)


async def test_a_lost_letter_opens_nothing_and_nobody_is_counted_as_invited_by_it(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    lost, kept = await codes_for(staff, survey, 2)
    gone = await withdraw(staff, survey, code=lost.lower())
    assert (gone.status_code, gone.json()) == (200, {"survey_id": survey, "codes": 1})
    assert (await withdraw(staff, survey, code=lost)).json()["codes"] == 1
    refused = await answer(place, survey, lost)
    assert (refused.status_code, problem(refused), fields(refused)) == (422, "code-withdrawn", ["/code"])
    assert (await answer(place, survey, kept)).status_code == 201
    for move in ("closing", "publication"):
        await done(staff, f"/surveys/v1/surveys/{survey}/{move}")
    results = (await place.client().get(f"/surveys/v1/public/woonpartners/surveys/{survey}/results")).json()
    assert (results["codes"], results["response_rate"]) == (1, 100.0)


async def test_a_code_that_was_answered_with_stays_also_after_a_mistake(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    [code] = await codes_for(staff, survey)
    assert (await answer(place, survey, code)).status_code == 201
    refused = await withdraw(staff, survey, code=code)
    assert (refused.status_code, problem(refused), fields(refused)) == (409, "code-used", ["/code"])
    unknown = await withdraw(staff, survey, code="0000-0000-0000-0000")
    assert (unknown.status_code, problem(unknown), fields(unknown)) == (422, "unknown-code", ["/code"])
    assert (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["codes"] == 1


async def test_a_new_letter_takes_the_place_of_the_one_that_was_lost(place: Playground) -> None:
    """So that a lost letter that turns up is no second vote; a household that answered gets none."""
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    lost, used = await codes_for(staff, survey, 2)
    path, body = f"/surveys/v1/surveys/{survey}/codes.csv", {"count": 1, "site": SITE, "replaces": lost}
    made = await staff.post(path, json=body)
    assert made.status_code == 201, made.text
    [_, row] = made.content.decode("utf-8-sig").split()
    assert (await answer(place, survey, row.split(";")[0])).status_code == 201
    assert problem(await answer(place, survey, lost)) == "code-withdrawn"
    assert (await answer(place, survey, used)).status_code == 201
    refused = await staff.post(path, json={**body, "replaces": used})
    assert (refused.status_code, problem(refused), fields(refused)) == (409, "code-used", ["/replaces"])
    two = await staff.post(path, json={**body, "count": 2})
    assert (two.status_code, fields(two)) == (422, ["/count"])
    assert (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["codes"] == 2


async def test_two_colleagues_make_one_new_letter_of_one_that_was_lost(place: Playground) -> None:
    """Who says at two desks that a letter is lost has one vote; where the new one is lost too, that is withdrawn first."""
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    [lost] = await codes_for(staff, survey)
    path, body = f"/surveys/v1/surveys/{survey}/codes.csv", {"count": 1, "site": SITE, "replaces": lost}
    both = await asyncio.gather(*(staff.post(path, json=body) for _ in range(2)))
    assert sorted(one.status_code for one in both) == [201, 409]
    [refused] = [one for one in both if one.status_code == 409]
    assert (problem(refused), fields(refused)) == ("already-withdrawn", ["/replaces"])
    assert (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["codes"] == 1
    newest = (await staff.get(f"/surveys/v1/surveys/{survey}/codes")).json()[-1]["id"]
    assert (await withdraw(staff, survey, batch=newest)).json()["codes"] == 0
    assert len(await codes_for(staff, survey)) == 1


async def test_a_batch_that_was_a_trial_is_withdrawn_as_far_as_nobody_used_it(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    trial = await codes_for(staff, survey, 3)
    await codes_for(staff, survey, 5)
    first, second = (await staff.get(f"/surveys/v1/surveys/{survey}/codes")).json()
    assert [(one["codes"], one["withdrawn"]) for one in (first, second)] == [(3, False), (5, False)]
    assert {*first} == {"id", "made_at", "codes", "withdrawn"}
    assert (await answer(place, survey, trial[0])).status_code == 201
    assert (await withdraw(staff, survey, batch=first["id"])).json()["codes"] == 6
    assert problem(await answer(place, survey, trial[1])) == "code-withdrawn"
    assert (await staff.get(f"/surveys/v1/surveys/{survey}/codes")).json()[0]["withdrawn"]
    other = await withdraw(staff, await an_open_survey(staff), batch=first["id"])
    assert other.status_code == 404
    assert (await withdraw(staff, survey, batch=first["id"], code=trial[0])).status_code == 422


async def test_what_is_kept_of_a_batch_leads_to_no_voter(place: Playground) -> None:
    surveys, staff = place.service("surveys"), place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    await codes_for(staff, survey, 3)
    voters = [one for (one,) in await sql(surveys, "SELECT id FROM voters WHERE survey_id = :id", id=survey)]
    [(batch,)] = await sql(
        surveys, "SELECT code_batches::text FROM code_batches WHERE survey_id = :id", id=survey
    )
    assert len(voters) == 3
    assert not [one for one in voters if str(one) in batch or one.hex in batch]
    await done(staff, f"/surveys/v1/surveys/{survey}/closing")
    assert (await staff.get(f"/surveys/v1/surveys/{survey}/codes")).json() == []


async def test_codes_that_were_withdrawn_are_no_good_in_a_runoff(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff, tie_rule="runoff")
    lost, one, other = await codes_for(staff, survey, 3)
    await withdraw(staff, survey, code=lost)
    for code, choice in ((one, "Koffie"), (other, "Thee")):
        body = await a_ballot(place.client(), survey, [choice], code=code)
        assert (await place.client().post(to(survey), json=body)).status_code == 201
    for move in ("closing", "publication"):
        await done(staff, f"/surveys/v1/surveys/{survey}/{move}")
    [runoff] = [
        found
        for found in (await staff.get("/surveys/v1/surveys?state=open&limit=200")).json()["items"]
        if found["runoff_of"] == survey
    ]
    assert runoff["codes"] == 2
    assert problem(await answer(place, runoff["id"], lost)) == "unknown-code"
    assert (await answer(place, runoff["id"], one)).status_code == 201


async def test_of_an_answer_and_a_withdrawal_at_once_one_holds(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    for code in await codes_for(staff, survey, 8):
        body = await a_ballot(place.client(), survey, ["Koffie"], code=code)
        path = f"/surveys/v1/surveys/{survey}/codes/withdrawal"
        answers = await asyncio.gather(
            place.client().post(to(survey), json=body), staff.post(path, json={"code": code})
        )
        assert {one.status_code for one in answers} in ({201, 409}, {422, 200})
    found = (await staff.get(f"/surveys/v1/surveys/{survey}")).json()
    assert found["ballots"] == found["codes"]


async def test_answers_and_the_withdrawal_of_their_batch_at_once_leave_who_answered_and_nobody_else(
    place: Playground,
) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    codes = await codes_for(staff, survey, 12)
    [batch] = (await staff.get(f"/surveys/v1/surveys/{survey}/codes")).json()
    bodies = [await a_ballot(place.client(), survey, ["Koffie"], code=code) for code in codes]

    async def send(number: int) -> int:
        if number == 6:
            return (await withdraw(staff, survey, batch=batch["id"])).status_code
        return (await place.client().post(to(survey), json=bodies[number])).status_code

    answers = await asyncio.gather(*map(send, range(12)))
    assert answers[6] == 200
    assert {*answers[:6], *answers[7:]} <= {201, 422}
    found = (await staff.get(f"/surveys/v1/surveys/{survey}")).json()
    assert found["ballots"] == found["codes"] == answers.count(201)
