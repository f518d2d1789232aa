"""Rooms over HTTP, and many who want the same one at once."""

from collections import Counter
from typing import Any

from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from httpx import AsyncClient

from tests.conftest import together
from tests.people import PLAN, a_draft, a_room, a_session, at_once, done, fields, problem, schedule

place = together

HOURS = [{"weekday": 4, "from": "09:00", "until": "24:00"}]


async def bookings(client: AsyncClient, room: str, **span: str) -> list[Any]:
    found = (await client.get(f"/sessions/v1/rooms/{room}/bookings", params=span)).json()
    return [one["session_id"] for one in found]


async def test_of_twenty_who_book_the_same_room_and_hour_at_once_one_has_it(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    room = await a_room(staff)
    drafts = [await a_draft(staff) for _ in range(20)]
    answers = await at_once(20, lambda n: schedule(staff, drafts[n], room_id=room))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 19}
    assert len(await bookings(staff, room, **{"from": "2019-01-01T00:00:00Z"})) == 1


async def test_two_sessions_that_swap_rooms_at_once_end_up_without_a_clash(place: Playground) -> None:
    """Whoever comes first finds the other still there; nobody waits for ever, and no room is given twice."""
    staff = place.client(Role.STAFF)
    rooms = [await a_room(staff), await a_room(staff)]
    sessions = [await a_session(staff, room_id=room) for room in rooms]

    def swap(n: int) -> Any:
        body = {**PLAN, "room_id": rooms[1 - n % 2]}
        path = f"/sessions/v1/sessions/{sessions[n % 2]}/plan"
        return staff.put(path, json=body, headers={"If-Match": '"2"'})

    answers = await at_once(8, swap)
    assert {answer.status_code for answer in answers} <= {200, 409, 412}
    held = [await bookings(staff, room, **{"from": "2019-01-01T00:00:00Z"}) for room in rooms]
    assert sorted(held) == sorted([[one] for one in sessions])


async def test_a_room_from_its_adding_to_its_closing(place: Playground) -> None:
    staff, resident = place.client(Role.STAFF), place.client(Role.RESIDENT)
    room = await a_room(staff, hours=HOURS, wheelchair_accessible=True)
    shown = await resident.get(f"/sessions/v1/rooms/{room}")
    assert (shown.json()["hours"], shown.headers["ETag"]) == (HOURS, '"1"')

    taken = await a_session(staff, room_id=room, place=None)
    session = (await resident.get(f"/sessions/v1/sessions/{taken}")).json()
    assert session["place"] == "Ontmoetingsruimte Wingerd"
    refused = await schedule(staff, await a_draft(staff), room_id=room)
    assert (problem(refused), fields(refused)) == ("room-taken", ["/room_id"])
    span = {"from": "2019-01-10T19:00:00+01:00", "until": "2019-01-10T20:00:00+01:00"}
    assert await bookings(resident, room, **span) == [taken]
    assert await bookings(resident, room) == []  # this month
    afterwards = {"from": "2019-01-10T21:30:00+01:00"}
    assert await bookings(resident, room, **afterwards) == []
    await done(staff, f"/sessions/v1/sessions/{taken}/cancellation", {"reason": "De verwarming is kapot."})
    assert await bookings(resident, room, **span) == []

    await done(staff, f"/sessions/v1/rooms/{room}/closing")
    listed = (await resident.get("/sessions/v1/rooms", params={"state": "closed"})).json()["items"]
    assert [one["id"] for one in listed] == [room]
    again = await staff.post(f"/sessions/v1/rooms/{room}/closing")
    assert problem(again) == "room-not-in-use"


async def test_a_plan_needs_a_place_or_a_room(place: Playground) -> None:
    refused = await schedule(staff := place.client(Role.STAFF), await a_draft(staff), place=None)
    assert (refused.status_code, fields(refused)) == (422, ["/place"])


async def test_a_room_that_shuts_before_it_opens_is_refused(place: Playground) -> None:
    body = {"name": "x", "address": "x", "capacity": 1}
    for hours in ({"from": "22:00", "until": "09:00"}, {"from": "24:00", "until": "24:00"}, {"from": "9:00"}):
        room = {**body, "hours": [{"weekday": 1, **hours}]}
        answer = await place.client(Role.STAFF).post("/sessions/v1/rooms", json=room)
        assert answer.status_code in (400, 422)
