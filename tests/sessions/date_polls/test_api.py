"""Which date suits over HTTP: by link and by code, into the draft."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.conftest import together
from tests.people import a_draft, a_neighbour_of, at_once, done, fields, made, problem, schedule

place = together

POLLS = "/sessions/v1/date-polls"
OPEN = "/sessions/v1/public/woonpartners/date-polls"
DATES = [
    {"starts_at": "2019-01-10T19:30:00", "ends_at": "2019-01-10T21:30:00"},
    {"starts_at": "2019-01-11T10:00:00", "ends_at": "2019-01-11T12:00:00"},
]


async def a_poll(place: Playground) -> tuple[str, str, list[str], str]:
    """A draft, a poll about it, its dates, and the code of a room."""
    staff = place.client(Role.STAFF)
    draft = await a_draft(staff)
    poll = await made(staff, POLLS, {"session_id": draft, "dates": DATES})
    dates = [one["id"] for one in (await staff.get(f"{POLLS}/{poll}")).json()["dates"]]
    return draft, poll, dates, (await staff.get(f"{POLLS}/{poll}/code")).json()["code"]


def answers(dates: list[str], *suits: str) -> list[dict[str, str]]:
    return [{"date_id": date, "suits": each} for date, each in zip(dates, suits, strict=True)]


def counts(response: httpx.Response) -> list[tuple[int, int, int]]:
    assert response.status_code == 200, response.text
    return [(one["yes"], one["if_need_be"], one["no"]) for one in response.json()["dates"]]


async def test_the_date_that_suits_most_goes_into_the_draft(place: Playground) -> None:
    draft, poll, dates, code = await a_poll(place)
    staff, resident, stranger = place.client(Role.STAFF), await a_neighbour_of(place, draft), place.client()
    by_link = await resident.post(f"{POLLS}/{poll}/answers", json={"answers": answers(dates, "no", "yes")})
    assert counts(by_link) == [(0, 0, 1), (1, 0, 0)]
    guest: dict[str, Any] = {"guest": str(uuid4()), "code": code.lower()}
    assert counts(await stranger.post(f"{OPEN}/lookup", json={"code": code})) == [(0, 0, 1), (1, 0, 0)]
    for suits in (("yes", "no"), ("if_need_be", "yes")):  # said otherwise
        said = await stranger.post(f"{OPEN}/answers", json={**guest, "answers": answers(dates, *suits)})
    assert counts(said) == [(0, 1, 1), (2, 0, 0)]
    visitor = place.client(Role.RESIDENT)
    elsewhere = await visitor.post(f"{POLLS}/{poll}/answers", json={"answers": answers(dates, "no", "no")})
    assert problem(elsewhere) == "not-of-this-house"
    in_the_room = {"code": code, "answers": answers(dates, "no", "yes")}
    assert counts(await visitor.post(f"{POLLS}/answers", json=in_the_room)) == [(0, 1, 2), (3, 0, 0)]
    assert counts(await visitor.post(f"{POLLS}/lookup", json={"code": code})) == [(0, 1, 2), (3, 0, 0)]

    assert problem(await resident.post(f"{POLLS}/{poll}/choice")) == "not-a-host"
    await done(staff, f"{POLLS}/{poll}/choice")
    read = await staff.get(f"{POLLS}/{poll}")
    assert (read.json()["chosen"], counts(read)) == (dates[1], [(0, 1, 2), (3, 0, 0)])
    assert (await staff.get(f"/sessions/v1/sessions/{draft}")).json()["suits"] == "2019-01-11T10:00:00"
    late = await stranger.post(f"{OPEN}/answers", json={**guest, "answers": answers(dates, "no", "no")})
    assert problem(late) == "no-dates-with-code"
    assert problem(await staff.get(f"{POLLS}/{poll}/code")) == "date-poll-closed"


@pytest.mark.parametrize("otherwise", ["plan", "cancellation"])
async def test_nobody_is_asked_any_more_once_the_draft_has_a_date_or_is_off(
    place: Playground, otherwise: str
) -> None:
    draft, poll, dates, code = await a_poll(place)
    staff, resident = place.client(Role.STAFF), await a_neighbour_of(place, draft)
    said = {"answers": answers(dates, "no", "yes")}
    before = (await resident.post(f"{POLLS}/{poll}/answers", json=said)).json()
    if otherwise == "plan":
        assert (await schedule(staff, draft)).status_code == 200
    else:
        await done(staff, f"/sessions/v1/sessions/{draft}/cancellation", {"reason": "Toch niet."})
    refused = await resident.post(f"{POLLS}/{poll}/answers", json=said)
    assert problem(refused) == "date-poll-closed"
    by_code = {**said, "code": code, "guest": str(uuid4())}
    assert problem(await place.client().post(f"{OPEN}/answers", json=by_code)) == "no-dates-with-code"
    assert problem(await staff.post(f"{POLLS}/{poll}/choice")) == "date-poll-closed"
    after = (await staff.get(f"{POLLS}/{poll}")).json()
    assert (before["open"], after["open"], after["chosen"]) == (True, False, None)
    assert after["dates"] == before["dates"]


async def test_dates_are_asked_for_once_at_a_time(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    body = {"session_id": await a_draft(staff), "dates": DATES}
    asked = await at_once(4, lambda _: staff.post(POLLS, json=body))
    assert sorted(one.status_code for one in asked) == [201, 409, 409, 409]


async def test_an_answer_that_makes_no_sense_is_refused_by_name(place: Playground) -> None:
    draft, poll, dates, _ = await a_poll(place)
    resident = await a_neighbour_of(place, draft)
    twice = {"answers": answers([dates[0], dates[0]], "yes", "no")}
    unknown = {"answers": answers([str(uuid4())], "yes")}
    found = [fields(await resident.post(f"{POLLS}/{poll}/answers", json=body)) for body in (twice, unknown)]
    assert found == [["/answers/1/date_id"], ["/answers"]]
    past = {"session_id": draft, "dates": [DATES[0], {**DATES[1], "starts_at": "2009-01-11T10:00:00"}]}
    refused = await place.client(Role.STAFF).post(POLLS, json=past)
    assert problem(refused) in ("invalid", "dates-asked-already")


async def test_what_a_guest_said_is_what_the_resident_says_who_they_are(place: Playground) -> None:
    draft, poll, dates, code = await a_poll(place)
    resident, guest = await a_neighbour_of(place, draft), str(uuid4())
    body = {"guest": guest, "code": code, "answers": answers(dates, "yes", "no")}
    await place.client().post(f"{OPEN}/answers", json=body)
    joined = await resident.post("/sessions/v1/guests/joining", json={"guest": guest})
    assert joined.status_code == 204
    said = await resident.post(f"{POLLS}/{poll}/answers", json={"answers": answers(dates, "no", "no")})
    assert counts(said) == [(0, 0, 1), (0, 0, 1)]
