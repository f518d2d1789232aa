"""Houses over HTTP: from a proposal to their end, and who sees what."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import vobject
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from httpx import AsyncClient

from tests.conftest import together
from tests.people import HOUSE, a_session, done, event_types, fields, made, problem, schedule

place = together

PROPOSERS = (Role.RESIDENT, Role.CHAIN_PARTNER, Role.GUIDE, Role.STAFF)
STOPPED = {"outcome": "stopped", "reason": "Geen animo meer.", "at_once": True}


async def house(client: AsyncClient, id: str) -> dict[str, Any]:
    found = await client.get(f"/sessions/v1/houses/{id}")
    assert found.status_code == 200, found.text
    return dict(found.json())


async def move(staff: AsyncClient, id: str, *moves: str) -> None:
    for one in moves:
        body = {"reason": "De zaal is dicht."} if one == "pause" else None
        await done(staff, f"/sessions/v1/houses/{id}/{one}", body)


async def listed(client: AsyncClient, query: str = "") -> list[str]:
    return [one["state"] for one in (await client.get(f"/sessions/v1/houses{query}")).json()["items"]]


async def in_calendars(place: Playground, id: str) -> tuple[str, str]:
    """What calendar programs are told of its only session: its status, and which change this is."""
    agenda = await place.client().get(f"/sessions/v1/public/woonpartners/houses/{id}/agenda.ics")
    [event] = vobject.readOne(agenda.text).vevent_list
    return event.status.value, event.sequence.value


async def test_a_house_from_a_proposal_to_its_end(place: Playground) -> None:
    staff, resident = place.client(Role.STAFF), place.client(Role.RESIDENT)
    id = await made(resident, "/sessions/v1/houses/proposals", HOUSE)
    await move(staff, id, "preparation", "opening", "pause", "resumption", "evaluation")
    await done(
        staff,
        f"/sessions/v1/houses/{id}/ending",
        {"outcome": "continued", "reason": "Het gaat goed.", "at_once": True},
    )
    await done(
        staff,
        f"/sessions/v1/houses/{id}/ending",
        {"outcome": "handed_over", "reason": "Nu zelf.", "at_once": True},
    )
    await place.settled()
    assert event_types(await place.events("sessions")) == [
        "house-proposed",
        "house-prepared",
        "house-opened",
        "house-paused",
        "house-resumed",
        "house-evaluating",
        "house-ended",
        "house-ended",
    ]
    ended = await house(resident, id)
    assert (ended["state"], ended["outcome"], ended["ended_on"], ended["anonymise_on"]) == (
        "handed_over",
        "handed_over",
        "2018-11-12",
        "2019-02-10",
    )


async def test_until_it_opens_only_staff_and_guides_see_a_house(emptied: Playground) -> None:
    staff = emptied.client(Role.STAFF)
    id = await made(staff, "/sessions/v1/houses/proposals", HOUSE)
    clients = [emptied.client(role) for role in (Role.STAFF, Role.GUIDE, Role.RESIDENT, Role.CHAIN_PARTNER)]
    seen = [(await client.get(f"/sessions/v1/houses/{id}")).status_code for client in clients]
    assert (seen, [await listed(client) for client in clients]) == (
        [200, 200, 404, 404],
        [["proposed"], ["proposed"], [], []],
    )
    await move(staff, id, "preparation")
    assert (await clients[2].get(f"/sessions/v1/houses/{id}")).status_code == 404
    await move(staff, id, "opening")
    assert [await listed(client) for client in clients] == [["running"]] * 4


async def test_residents_partners_guides_and_staff_propose_and_only_staff_decide(place: Playground) -> None:
    for role in PROPOSERS:
        id = await made(place.client(role), "/sessions/v1/houses/proposals", HOUSE)
    refused = await place.client(Role.RESIDENT).post(f"/sessions/v1/houses/{id}/preparation")
    assert refused.status_code == 403


async def test_houses_are_found_by_their_state(emptied: Playground) -> None:
    staff = emptied.client(Role.STAFF)
    for moves in ([], ["pause"], ["evaluation"]):
        await move(staff, await made(staff, "/sessions/v1/houses", HOUSE), *moves)
    assert await listed(staff) == ["running", "paused", "evaluating"]
    assert await listed(staff, "?state=paused") == ["paused"]


async def test_a_changed_house_is_as_it_was_changed_by_whoever_read_it_last(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    id = await made(staff, "/sessions/v1/houses", HOUSE)
    body = {**HOUSE, "town": "Gouda", "label": None, "gap_limit_days": 14}
    answers = [
        await staff.put(f"/sessions/v1/houses/{id}", json=body, headers={"If-Match": '"1"'}) for _ in range(2)
    ]
    assert [one.status_code for one in answers] == [200, 412]
    changed = await house(staff, id)
    assert (changed["town"], changed["label"], changed["gap_limit_days"]) == ("Gouda", None, 14)


async def test_a_refused_move_says_where_the_house_is(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    id = await made(staff, "/sessions/v1/houses", HOUSE)
    refused = await staff.post(f"/sessions/v1/houses/{id}/resumption")
    assert (refused.status_code, problem(refused), refused.json()["detail"]) == (
        409,
        "house-cannot-move",
        "A house that is running cannot become resumed.",
    )


async def test_a_house_that_takes_no_plans_says_so(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    id = await made(staff, "/sessions/v1/houses/proposals", HOUSE)
    refused = await staff.post("/sessions/v1/sessions", json={"house_id": id, "title": "Koffie"})
    assert (refused.status_code, problem(refused)) == (409, "house-takes-no-plans")


@pytest.mark.starts("sessions", "surveys")
async def test_with_its_house_a_session_and_a_survey_end(alone: Playground) -> None:
    staff = alone.client(Role.STAFF)
    session = await a_session(staff)
    id = (await staff.get(f"/sessions/v1/sessions/{session}")).json()["house_id"]
    survey = await made(staff, "/surveys/v1/surveys", {"house_id": id, "title": {"nl-x-b1": "Wat wilt u?"}})
    await done(staff, f"/sessions/v1/houses/{id}/ending", STOPPED)
    await alone.settled()
    cancelled = (await staff.get(f"/sessions/v1/sessions/{session}")).json()
    assert (cancelled["state"], cancelled["because"], cancelled["reason"]) == (
        "cancelled",
        "house_stopped",
        "Geen animo meer.",
    )
    assert (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["state"] == "cancelled"


@pytest.mark.starts("sessions", "surveys", "moderation")
async def test_an_end_that_is_taken_back_leaves_session_survey_and_page(alone: Playground) -> None:
    staff, resident = alone.client(Role.STAFF), alone.client(Role.RESIDENT)
    session = await a_session(staff)
    id = (await staff.get(f"/sessions/v1/sessions/{session}")).json()["house_id"]
    survey = await made(staff, "/surveys/v1/surveys", {"house_id": id, "title": {"nl-x-b1": "Wat wilt u?"}})
    await done(staff, f"/sessions/v1/houses/{id}/ending", {**STOPPED, "at_once": False})
    await alone.do_what_is_due()
    seen = [(await house(one, id))["ending"] for one in (staff, resident)]
    assert seen == [
        {"outcome": "stopped", "reason": "Geen animo meer.", "takes_effect_at": "2018-11-13T09:00:00Z"},
        None,
    ]
    assert "house-end-announced" not in event_types((await resident.get("/sessions/v1/events")).json())
    await done(staff, f"/sessions/v1/houses/{id}/ending/undo")
    alone.clock.move(timedelta(days=2))
    await alone.do_what_is_due()
    paths = f"/sessions/v1/sessions/{session}", f"/surveys/v1/surveys/{survey}", f"/moderation/v1/pages/{id}"
    assert [(await staff.get(path)).json()["state"] for path in paths] == ["scheduled", "draft", "open"]
    assert await in_calendars(alone, id) == ("CONFIRMED", "1")
    assert problem(await staff.post(f"/sessions/v1/houses/{id}/ending/undo")) == "no-end-to-take-back"


@pytest.mark.starts("sessions", "surveys", "moderation")
async def test_an_end_that_is_not_taken_back_happens_by_itself_everywhere(alone: Playground) -> None:
    staff = alone.client(Role.STAFF)
    session = await a_session(staff)
    id = (await staff.get(f"/sessions/v1/sessions/{session}")).json()["house_id"]
    survey = await made(staff, "/surveys/v1/surveys", {"house_id": id, "title": {"nl-x-b1": "Wat wilt u?"}})
    await done(staff, f"/sessions/v1/houses/{id}/ending", {**STOPPED, "at_once": False})
    alone.clock.move(timedelta(days=1))
    await alone.do_what_is_due()
    paths = f"/sessions/v1/sessions/{session}", f"/surveys/v1/surveys/{survey}", f"/moderation/v1/pages/{id}"
    states = [(await staff.get(path)).json()["state"] for path in paths]
    assert states == ["cancelled", "cancelled", "archived"]
    assert await in_calendars(alone, id) == ("CANCELLED", "2")
    assert (await house(staff, id))["ended_on"] == "2018-11-13"


async def test_whatever_is_planned_while_a_house_ends_is_refused_or_cancelled(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    id = await made(staff, "/sessions/v1/houses", HOUSE)
    body = {"house_id": id, "title": "Koffie"}
    drafts = [await made(staff, "/sessions/v1/sessions", body) for _ in range(8)]
    answers = await asyncio.gather(
        *(schedule(staff, draft) for draft in drafts[:4]),
        staff.post(f"/sessions/v1/houses/{id}/ending", json=STOPPED),
        *(schedule(staff, draft) for draft in drafts[4:]),
        *(staff.post("/sessions/v1/sessions", json=body) for _ in range(8)),
    )
    assert answers[4].status_code == 200
    assert {one.status_code for one in answers} <= {200, 201, 409, 412}
    left = (await staff.get("/sessions/v1/sessions", params={"house": id})).json()["items"]
    assert {one["state"] for one in left} == {"cancelled"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"outcome": "gone", "reason": "x"}, "/outcome"),
        ({"outcome": "stopped"}, "/reason"),
        ({"outcome": "stopped", "reason": " "}, "/reason"),
    ],
)
async def test_an_end_has_an_outcome_and_a_reason(place: Playground, body: Any, field: str) -> None:
    refused = await place.client(Role.STAFF).post(f"/sessions/v1/houses/{uuid4()}/ending", json=body)
    assert (refused.status_code, fields(refused)) == (400, [field])


@pytest.mark.parametrize(
    ("name", "value"),
    [("dwellings", 0), ("gap_limit_days", 0), ("gap_limit_days", 366), ("retention_days", 3651)],
)
async def test_a_house_has_numbers_that_can_be(place: Playground, name: str, value: int) -> None:
    refused = await place.client(Role.STAFF).post("/sessions/v1/houses", json={**HOUSE, name: value})
    assert (refused.status_code, fields(refused)) == (400, [f"/{name}"])
