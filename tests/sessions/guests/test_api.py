"""Guests over HTTP: with a code from a letter or a room, and who they are afterwards."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.conftest import together
from tests.people import (
    a_follow_up_vote,
    a_held_session,
    a_neighbour_of,
    a_session,
    at_once,
    done,
    event_types,
    fields,
    problem,
)

place = together

OPEN = "/sessions/v1/public/woonpartners"
VOTES = "/sessions/v1/follow-up-votes"


def name() -> str:
    """As a device makes one up."""
    return str(uuid4())


async def house_of(staff: httpx.AsyncClient, session: str) -> str:
    return str((await staff.get(f"/sessions/v1/sessions/{session}")).json()["house_id"])


async def a_letters_code(staff: httpx.AsyncClient, session: str) -> str:
    answer = await staff.put(f"/sessions/v1/houses/{await house_of(staff, session)}/guest-code")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    return str(answer.json()["code"])


async def an_open_vote(place: Playground, *residents: UUID, walk_ins: int = 0) -> tuple[str, str, str]:
    """A vote, the code in its room, and its one option."""
    staff = place.client(Role.STAFF)
    session = await a_held_session(place, *residents, walk_ins=walk_ins)
    vote = await a_follow_up_vote(staff, session)
    [option] = (await staff.get(f"{VOTES}/{vote}")).json()["options"]
    return vote, (await staff.get(f"{VOTES}/{vote}/code")).json()["code"], option["id"]


async def test_a_guest_registers_with_a_code_from_a_letter_and_gives_the_place_back(
    place: Playground,
) -> None:
    staff, stranger = place.client(Role.STAFF), place.client()
    session = await a_session(staff, capacity=1)
    first = await a_letters_code(staff, session)
    code = await a_letters_code(staff, session)
    path, guest = f"{OPEN}/sessions/{session}/seats", name()
    body = {"guest": guest, "code": code.lower().replace("-", " "), "called": "Fatma"}
    wrong = await stranger.post(path, json={**body, "code": first})
    assert (problem(wrong), fields(wrong)) == ("no-guests-with-code", ["/code"])
    taken = await stranger.post(path, json=body)
    assert (taken.status_code, taken.json()["state"], taken.json()["number"]) == (201, "registered", 1)
    assert problem(await stranger.post(path, json=body)) == "already-registered"
    assert problem(await stranger.post(path, json={**body, "guest": name()})) == "no-place-for-guests"
    found = await stranger.post(f"{path}/lookup", json={"guest": guest})
    assert found.json() == taken.json()
    gone = await stranger.post(f"{path}/withdrawal", json={"guest": guest})
    assert gone.json()["state"] == "withdrawn"
    assert (await stranger.post(f"{path}/lookup", json={"guest": name()})).status_code == 404


async def test_the_code_in_a_room_is_good_for_the_next_session_of_the_same_house_alone(
    place: Playground,
) -> None:
    staff, stranger = place.client(Role.STAFF), place.client()
    here, elsewhere = await a_session(staff), await a_session(staff)
    place.clock.move_to(place.clock().replace(year=2019, month=1, day=10, hour=17))
    code = (await staff.put(f"/sessions/v1/sessions/{here}/door-code")).json()["code"]
    answers = [
        await stranger.post(f"{OPEN}/sessions/{session}/seats", json={"guest": name(), "code": code})
        for session in (here, elsewhere, str(uuid4()))
    ]
    assert [one.status_code for one in answers] == [201, 404, 404]


@pytest.mark.parametrize("guest", ["x", str(UUID(int=1))])
async def test_a_name_that_no_device_made_up_is_refused(place: Playground, guest: str) -> None:
    refused = await place.client().post(f"{OPEN}/sessions/{uuid4()}/seats/lookup", json={"guest": guest})
    assert (refused.status_code in (400, 422), fields(refused)) == (True, ["/guest"])


async def test_one_device_many_times_at_once_votes_once(place: Playground) -> None:
    _, code, option = await an_open_vote(place, walk_ins=9)
    guest = name()
    marks = {"guest": guest, "code": code, "options": [option]}
    answers = await at_once(8, lambda _: place.client().post(f"{OPEN}/follow-up-votes/ballots", json=marks))
    assert sorted(one.status_code for one in answers) == [201] + [409] * 7


async def test_no_more_guests_vote_than_people_came_without_a_place(place: Playground) -> None:
    _, code, option = await an_open_vote(place, uuid4(), walk_ins=2)
    path = f"{OPEN}/follow-up-votes"
    answers = await at_once(
        5,
        lambda _: place.client().post(
            f"{path}/ballots", json={"guest": name(), "code": code, "options": [option]}
        ),
    )
    assert sorted(one.status_code for one in answers) == [201, 201, 409, 409, 409]
    looked = await place.client().post(f"{path}/lookup", json={"code": code})
    assert [one["id"] for one in looked.json()["options"]] == [option]
    wrong = await place.client().post(f"{path}/lookup", json={"code": "0000-0000"})
    assert (wrong.status_code, problem(wrong)) == (404, "no-vote-with-code")


async def test_the_screen_hears_how_many_voted_after_they_did_and_from_nobody(place: Playground) -> None:
    vote, code, option = await an_open_vote(place, walk_ins=3)
    for _ in range(2):
        marks = {"guest": name(), "code": code, "options": [option]}
        await place.client().post(f"{OPEN}/follow-up-votes/ballots", json=marks)

    async def counted() -> list[Any]:
        await place.settled()
        return [
            (one["data"]["ballots"], one["data"]["present"], one["actor"])
            for one in await place.events("sessions")
            if one["type"].endswith("ballots-counted.v1") and one["data"]["vote_id"] == vote
        ]

    version = (await place.client(Role.STAFF).get(f"{VOTES}/{vote}")).json()["version"]
    place.clock.move(timedelta(seconds=2))
    for _ in range(2):
        await place.do_what_is_due()
    assert (2, 3, "system") in await counted()
    assert len({ballots for ballots, *_ in await counted()}) == len(await counted())
    assert (await place.client(Role.STAFF).get(f"{VOTES}/{vote}")).json()["version"] == version


async def test_a_guest_is_joined_to_a_resident_and_counts_once(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    resident, other = await a_neighbour_of(place, session), await a_neighbour_of(place, session)
    guest = name()
    code = await a_letters_code(staff, session)
    path = f"{OPEN}/sessions/{session}/seats"
    await place.client().post(path, json={"guest": guest, "code": code})
    nobody = await resident.post("/sessions/v1/guests/joining", json={"guest": name()})
    assert (nobody.status_code, problem(nobody)) == (404, "nothing-as-guest")
    joined = await resident.post("/sessions/v1/guests/joining", json={"guest": guest})
    assert joined.status_code == 204
    mine = (await resident.get(f"/sessions/v1/sessions/{session}/seats/mine")).json()
    assert (mine["state"], mine["number"]) == ("registered", 1)
    assert (await other.post("/sessions/v1/guests/joining", json={"guest": guest})).status_code == 404
    assert (await staff.get(f"/sessions/v1/sessions/{session}")).json()["taken"] == 1
    await place.settled()
    told = event_types([one for one in await place.events("sessions") if one["subject"] == session])
    assert told[-3:] == ["places-changed", "seat-withdrawn", "seat-registered"]


async def test_whoever_was_there_finds_what_won_and_whoever_was_not_does_not(place: Playground) -> None:
    resident = uuid4()
    staff = place.client(Role.STAFF)
    session = await a_held_session(place, resident, walk_ins=1)
    vote = await a_follow_up_vote(staff, session, "Versiermiddag", {"title": "Koffie", "weekly": True})
    once, weekly = [one["id"] for one in (await staff.get(f"{VOTES}/{vote}")).json()["options"]]
    code = (await staff.get(f"{VOTES}/{vote}/code")).json()["code"]
    mine = await a_neighbour_of(place, session, resident)
    marks = {"code": code, "options": [once, weekly]}
    assert (await mine.post(f"{VOTES}/ballots", json=marks)).status_code == 201
    await done(staff, f"{VOTES}/{vote}/decision")
    drafts = (await mine.get(f"{VOTES}/{vote}")).json()["result"]["drafts"]
    assert [one["option_id"] for one in drafts] == [once, weekly]
    paths = [
        f"/sessions/v1/sessions/{drafts[0]['session_id']}",
        f"/sessions/v1/series/{drafts[1]['series_id']}",
    ]
    other = await a_neighbour_of(place, session)
    for path in paths:
        assert (await mine.get(path)).status_code == 200
        assert (await other.get(path)).status_code == 404
    [listed] = (await mine.get("/sessions/v1/sessions", params={"followUpOf": session})).json()["items"]
    assert listed["id"] == drafts[0]["session_id"]


async def test_what_a_correction_changes_and_what_stays_is_said_before_it_is_made(place: Playground) -> None:
    resident = uuid4()
    staff = place.client(Role.STAFF)
    session = await a_held_session(place, resident, walk_ins=1)
    path = f"/sessions/v1/sessions/{session}/attendance"

    async def said() -> tuple[Any, ...]:
        read = (await staff.get(path)).json()
        return read["vote"], read["ballots"], read["changes"], read["stays"]

    assert await said() == (None, 0, ["figures"], [])
    vote = await a_follow_up_vote(staff, session)
    [option] = (await staff.get(f"{VOTES}/{vote}")).json()["options"]
    code = (await staff.get(f"{VOTES}/{vote}/code")).json()["code"]
    guest = {"guest": name(), "code": code, "options": [option["id"]]}
    await place.client().post(f"{OPEN}/follow-up-votes/ballots", json=guest)
    assert await said() == ("open", 1, [], ["figures", "decision"])
    corrected = {"attended": [], "walk_ins": 0}
    refused = await staff.put(path, json=corrected, headers={"If-Match": "*"})
    assert problem(refused) == "attendance-settled"
    await done(staff, f"{VOTES}/{vote}/decision")
    assert await said() == ("decided", 1, ["figures", "who_may_lead"], ["decision", "drafts"])
    assert (await staff.put(path, json=corrected, headers={"If-Match": "*"})).status_code == 200
    assert (await staff.get(f"{VOTES}/{vote}")).json()["state"] == "decided"
