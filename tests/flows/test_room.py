"""A room after a coffee table: whoever has no account votes as a guest, becomes a resident with the phone in hand, and counts once."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.people import a_neighbour_of, a_session, done, made, problem

pytestmark = pytest.mark.starts("sessions")

OPEN = "/sessions/v1/public/woonpartners"
VOTES = "/sessions/v1/follow-up-votes"


async def planned(place: Playground, staff: httpx.AsyncClient, days: int) -> str:
    """A session of two hours, so many days ahead."""
    starts = place.clock() + timedelta(days=days, hours=9)
    plan = {
        "starts_at": f"{starts:%Y-%m-%dT%H:%M}",
        "ends_at": f"{starts + timedelta(hours=2):%Y-%m-%dT%H:%M}",
    }
    return await a_session(staff, **plan, capacity=8)


async def test_a_guests_vote_is_joined_to_a_resident(place: Playground) -> None:
    staff, phone = place.client(Role.STAFF), place.client()
    session = await planned(place, staff, days=0)
    house = (await staff.get(f"/sessions/v1/sessions/{session}")).json()["house_id"]
    letter = (await staff.put(f"/sessions/v1/houses/{house}/guest-code")).json()["code"]
    seats = f"{OPEN}/sessions/{session}/seats"

    # somebody with a letter takes a place, says a word at the door, and another one walks in
    amina, passer_by = str(uuid4()), str(uuid4())
    taken = await phone.post(seats, json={"guest": amina, "code": letter, "called": "Amina"})
    assert taken.status_code == 201
    place.clock.move(timedelta(hours=9))
    path = f"/sessions/v1/sessions/{session}"
    assert (await staff.put(f"{path}/check-ins/{taken.json()['word']}")).status_code == 200
    assert (await staff.put(f"{path}/walk-ins/{uuid4()}")).status_code == 200
    place.clock.move(timedelta(hours=2))
    await done(staff, f"{path}/attendance", {})

    # both vote with the code in the room, each once
    body = {"session_id": session, "at_most": 1, "options": [{"title": "Koffietafel"}, {"title": "Taalcafé"}]}
    vote = await made(staff, VOTES, body)
    code = (await staff.get(f"{VOTES}/{vote}/code")).json()["code"]
    paper = (await phone.post(f"{OPEN}/follow-up-votes/lookup", json={"code": code})).json()
    coffee, language = [one["id"] for one in paper["options"]]

    async def marked(guest: str, option: str) -> httpx.Response:
        marks: dict[str, Any] = {"guest": guest, "code": code, "options": [option]}
        return await phone.post(f"{OPEN}/follow-up-votes/ballots", json=marks)

    assert (await marked(amina, coffee)).status_code == 201
    assert problem(await marked(amina, language)) == "already-voted"
    assert (await marked(passer_by, coffee)).status_code == 201
    assert problem(await marked(str(uuid4()), language)) == "no-walk-in-left"
    place.clock.move(timedelta(seconds=3))
    await place.do_what_is_due()

    # she signs in on the same phone: it was her, who votes no more
    resident = await a_neighbour_of(place, session)
    join = {"guest": amina}
    assert (await resident.post("/sessions/v1/guests/joining", json=join)).status_code == 204
    again = await resident.post(f"{VOTES}/ballots", json={"code": code, "options": [language]})
    assert problem(again) == "already-voted"
    assert (await resident.get(f"{path}/seats/mine")).json()["state"] == "attended"
    stranger = await a_neighbour_of(place, session)
    assert problem(await stranger.post("/sessions/v1/guests/joining", json=join)) == "nothing-as-guest"

    # everybody reads what came of it, and she finds the draft that she may lead
    await done(staff, f"{VOTES}/{vote}/decision")
    read = (await stranger.get(f"{VOTES}/{vote}")).json()
    assert [one["marks"] for one in read["options"]] == [2, 0]
    assert (read["present"], read["result"]["online"]) == (2, 2)
    [draft] = (await resident.get(f"{VOTES}/{vote}")).json()["result"]["drafts"]
    lead = f"/sessions/v1/sessions/{draft['session_id']}/roles"
    assert problem(await stranger.post(lead, json={"role": "host"})) == "not-invited"
    assert (await resident.post(lead, json={"role": "host"})).status_code == 201

    # the screen heard how many there were, after they had voted and from nobody
    await place.settled()
    counted = [one for one in await place.events("sessions") if one["type"].endswith("ballots-counted.v1")]
    assert [(one["data"]["ballots"], one["actor"]) for one in counted] == [(2, "system")]


async def test_whoever_registered_as_a_guest_and_as_a_resident_has_one_place_and_counts_once(
    place: Playground,
) -> None:
    staff = place.client(Role.STAFF)
    session = await planned(place, staff, days=1)
    house = (await staff.get(f"/sessions/v1/sessions/{session}")).json()["house_id"]
    letter = (await staff.put(f"/sessions/v1/houses/{house}/guest-code")).json()["code"]
    guest, resident = str(uuid4()), await a_neighbour_of(place, session)
    await made(resident, f"/sessions/v1/sessions/{session}/seats")
    seats = f"{OPEN}/sessions/{session}/seats"
    assert (await place.client().post(seats, json={"guest": guest, "code": letter})).status_code == 201
    assert (await staff.get(f"/sessions/v1/sessions/{session}")).json()["taken"] == 2
    for answer in (204, 204):  # what was given back is still of this guest, and nothing changes any more
        joined = await resident.post("/sessions/v1/guests/joining", json={"guest": guest})
        assert joined.status_code == answer
    assert (await staff.get(f"/sessions/v1/sessions/{session}")).json()["taken"] == 1
    await place.settled()
    told = [
        one["data"] for one in await place.events("sessions") if one["type"].endswith("places-changed.v1")
    ]
    assert [one["taken"] for one in told] == [1, 2, 1]
    assert all(
        set(one) == {"session_id", "house_id", "capacity", "taken", "offered", "waiting"} for one in told
    )
