"""The door over HTTP: who lets people in, who checks themselves in, and what is refused."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from buurtthuis_sessions.domain.codes import TRIES
from sqlalchemy import text

from tests.conftest import together
from tests.people import (
    a_follow_up_vote,
    a_guest,
    a_session,
    at_once,
    done,
    event_types,
    fields,
    made,
    problem,
)

place = together

STARTS = datetime.fromisoformat("2019-01-10T18:30:00+00:00")
LEFT = text(
    "SELECT count(*) FROM sessions LEFT JOIN seats ON seats.session_id = sessions.id WHERE sessions.id = :id AND"
    " (called IS NOT NULL OR arrival IS NOT NULL OR door_code IS NOT NULL OR walked_in <> '[]')"
)


async def a_hall(
    place: Playground, people: int = 3, companions: int = 0, **plan: Any
) -> tuple[str, list[UUID], httpx.AsyncClient]:
    """A session that has just begun, whoever has a place in it in order of number, the first of them with somebody, and its host."""
    staff, host = place.client(Role.STAFF), uuid4()
    begins = place.clock() + timedelta(hours=6)
    session = await a_session(
        staff,
        starts_at=f"{begins + timedelta(hours=1):%Y-%m-%dT%H:%M}",
        ends_at=f"{begins + timedelta(hours=3):%Y-%m-%dT%H:%M}",
        capacity=100,
        **plan,
    )
    residents = [uuid4() for _ in range(people)]
    for number, resident in enumerate(residents, 1):
        await a_guest(place, session, resident, called=f"Gast {number}", plus_one=number <= companions)
    await made(staff, f"/sessions/v1/sessions/{session}/roles", {"role": "host", "resident_id": str(host)})
    place.clock.move(timedelta(hours=6, minutes=30))
    return session, residents, place.client(Role.RESIDENT, subject=host)


async def door(client: httpx.AsyncClient, session: str) -> dict[str, Any]:
    response = await client.get(f"/sessions/v1/sessions/{session}/check-ins")
    assert response.status_code == 200, response.text
    return dict(response.json())


async def inside(client: httpx.AsyncClient, session: str) -> tuple[list[int], int]:
    """The numbers of who is in, and how many walked in."""
    read = await door(client, session)
    return [one["number"] for one in read["expected"] if one["arrived"]], read["walk_ins"]


async def test_people_are_checked_in_by_number_by_word_and_by_picture(place: Playground) -> None:
    session, _, host = await a_hall(place)
    path = f"/sessions/v1/sessions/{session}/check-ins"
    listed = (await door(host, session))["expected"]
    for said in ("1", listed[1]["word"].upper(), listed[2]["seat"]):
        assert (await host.put(f"{path}/{said}")).status_code == 200
    assert await inside(host, session) == ([1, 2, 3], 0)
    assert (await host.delete(f"{path}/٢")).status_code == 204  # as a phone set to Arabic types it
    assert await inside(host, session) == ([1, 3], 0)


async def test_names_are_for_hosts_and_beside_no_pseudonym(place: Playground) -> None:
    session, residents, host = await a_hall(place)
    staff = place.client(Role.STAFF)
    seen = [[one["called"] for one in (await door(one, session))["expected"]] for one in (host, staff)]
    assert seen == [["Gast 1", "Gast 2", "Gast 3", None], [None] * 4]
    assert str(residents[0]) not in str(await door(host, session))


async def test_only_hosts_and_staff_let_people_in(place: Playground) -> None:
    session, [resident, *_], _ = await a_hall(place)
    guest = place.client(Role.RESIDENT, subject=resident)
    path = f"/sessions/v1/sessions/{session}"
    queue = {"notes": [{"seat": "1", "at": f"{STARTS}"}], "sent_at": f"{STARTS}"}
    refused = [
        await guest.get(f"{path}/check-ins"),
        await guest.put(f"{path}/check-ins/1"),
        await guest.delete(f"{path}/check-ins/1"),
        await guest.put(f"{path}/walk-ins/{uuid4()}"),
        await guest.delete(f"{path}/walk-ins/{uuid4()}"),
        await guest.post(f"{path}/check-ins", json=queue),
        await guest.put(f"{path}/door-code"),
        await guest.get(f"{path}/door-code"),
        await guest.get(f"{path}/door-code/picture"),
    ]
    assert [problem(one) for one in refused] == ["not-a-host"] * len(refused)


async def test_whoever_is_not_expected_is_said_to_be_so(place: Playground) -> None:
    session, _, host = await a_hall(place)
    nobody = await host.put(f"/sessions/v1/sessions/{session}/check-ins/koffiekop")
    assert (nobody.status_code, problem(nobody), fields(nobody)) == (404, "no-such-ticket", ["/seat"])
    missing = await host.put(f"/sessions/v1/sessions/{uuid4()}/check-ins/1")
    assert (missing.status_code, problem(missing)) == (404, "not-found")


async def test_walk_ins_are_counted_one_at_a_time_however_often_they_are_sent(place: Playground) -> None:
    session, _, host = await a_hall(place)
    path, walk_in = f"/sessions/v1/sessions/{session}/walk-ins", uuid4()
    for id in (walk_in, walk_in, uuid4()):
        assert (await host.put(f"{path}/{id}")).status_code == 200
    assert await inside(host, session) == ([], 2)
    assert (await host.delete(f"{path}/{walk_in}")).status_code == 204
    assert await inside(host, session) == ([], 1)


async def test_whoever_came_is_whoever_is_in(place: Playground) -> None:
    session, _, host = await a_hall(place)
    await host.put(f"/sessions/v1/sessions/{session}/check-ins/2")
    await host.put(f"/sessions/v1/sessions/{session}/walk-ins/{uuid4()}")
    await done(host, f"/sessions/v1/sessions/{session}/attendance", {})
    read = (await host.get(f"/sessions/v1/sessions/{session}")).json()
    assert [read[name] for name in ("state", "attended", "walk_ins", "no_shows")] == ["held", 1, 1, 2]


async def test_a_queue_that_comes_late_corrects_what_was_noted_and_says_whom_it_left_out(
    place: Playground,
) -> None:
    session, _, host = await a_hall(place)
    began = place.clock()
    path = f"/sessions/v1/sessions/{session}"
    place.clock.move(timedelta(hours=3))
    nobody = await host.post(f"{path}/attendance", json={})
    assert (problem(nobody), fields(nobody)) == ("nobody-noted", ["/attended"])
    for note in (host.put, host.delete):
        assert (await note(f"{path}/check-ins/2")).is_success
    await done(host, f"{path}/attendance", {})
    slow = timedelta(hours=-9)  # the device thinks that it is this morning
    queue = {
        "notes": [
            {"seat": "1", "at": (began + slow).isoformat()},
            {"seat": "oase", "at": (began + slow).isoformat()},
            {"walk_in": str(uuid4()), "at": (began + slow).isoformat()},
        ],
        "sent_at": (place.clock() + slow).isoformat(),
    }
    for _ in range(2):
        taken = (await host.post(f"/sessions/v1/sessions/{session}/check-ins", json=queue)).json()
        assert (taken["left_out"], taken["door"]["arrived"], taken["door"]["walk_ins"]) == ([1], 1, 1)
    told = event_types([one for one in await place.events("sessions") if one["subject"] == session])
    assert told.count("attendance-corrected") == 1


@pytest.mark.parametrize(
    ("note", "field"),
    [
        ({}, "/notes/0/seat"),
        ({"seat": "1", "walk_in": str(uuid4())}, "/notes/0/seat"),
        ({"seat": ""}, "/notes/0/seat"),
        ({"walk_in": "x"}, "/notes/0/walk_in"),
    ],
    ids=["nobody", "two", "nothing said", "no id"],
)
async def test_a_queue_that_makes_no_sense_is_refused_by_name(
    place: Playground, note: dict[str, str], field: str
) -> None:
    queue = {"notes": [{"at": f"{STARTS}", **note}], "sent_at": f"{STARTS}"}
    refused = await place.client(Role.STAFF).post(f"/sessions/v1/sessions/{uuid4()}/check-ins", json=queue)
    assert (refused.status_code in (400, 422), fields(refused)[0]) == (True, field)


async def test_who_is_in_stays_so_while_they_vote(place: Playground) -> None:
    session, _, host = await a_hall(place)
    path = f"/sessions/v1/sessions/{session}"
    await host.put(f"{path}/check-ins/1")
    await done(host, f"{path}/attendance", {})
    vote = await a_follow_up_vote(host, session)
    assert problem(await host.put(f"{path}/check-ins/2")) == "attendance-settled"
    assert (await host.put(f"{path}/check-ins/1")).status_code == 200  # nothing is otherwise
    await done(host, f"/sessions/v1/follow-up-votes/{vote}/decision")
    assert (await host.put(f"{path}/check-ins/2")).status_code == 200


async def test_the_door_is_shut_before_and_where_it_was_cancelled(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    path = f"/sessions/v1/sessions/{session}"
    for _ in range(2):
        shut = await staff.put(f"{path}/walk-ins/{uuid4()}")
        assert (shut.status_code, problem(shut)) == (409, "door-shut")
        await staff.post(f"{path}/cancellation", json={"reason": "De verwarming is kapot."})


# By oneself


async def test_people_check_themselves_in_with_the_code_at_the_door(place: Playground) -> None:
    session, [resident, *_], host = await a_hall(place)
    path = f"/sessions/v1/sessions/{session}/door-code"
    assert problem(await host.get(path)) == "not-found"
    first = (await host.put(path)).json()["code"]
    code = (await host.put(path)).json()["code"]
    shown = await host.get(path)
    assert (shown.json()["code"], shown.headers["cache-control"]) == (code, "no-store")
    assert (await host.get(f"{path}/picture")).headers["content-type"] == "image/svg+xml"

    guest = place.client(Role.RESIDENT, subject=resident)
    assert problem(await guest.post("/sessions/v1/check-ins", json={"code": first})) == "no-door-with-code"
    assert (await guest.post("/sessions/v1/check-ins", json={"code": code.lower()})).status_code == 200
    assert await inside(host, session) == ([1], 0)
    stranger = await place.client(Role.RESIDENT).post("/sessions/v1/check-ins", json={"code": code})
    assert problem(stranger) == "not-registered"


async def test_whoever_guesses_codes_at_the_door_waits(place: Playground) -> None:
    guesser = place.client(Role.RESIDENT)
    answers = [
        await guesser.post("/sessions/v1/check-ins", json={"code": "K7QP-2MXD"}) for _ in range(TRIES + 1)
    ]
    assert [one.status_code for one in answers] == [404] * TRIES + [429]


# Many at once, and afterwards


async def test_two_devices_at_once_let_the_same_people_in_once(place: Playground) -> None:
    session, _, host = await a_hall(place, people=8)
    path, strangers = f"/sessions/v1/sessions/{session}", [uuid4() for _ in range(4)]
    devices = (host, place.client(Role.STAFF))
    here = [f"check-ins/{number}" for number in range(1, 9)] + [f"walk-ins/{id}" for id in strangers]
    answers = await at_once(24, lambda n: devices[n % 2].put(f"{path}/{here[n // 2]}"))
    assert {one.status_code for one in answers} == {200}
    assert await inside(host, session) == ([1, 2, 3, 4, 5, 6, 7, 8], 4)
    await place.settled()
    counted = [
        one["data"] for one in await place.events("sessions") if one["type"].endswith("arrivals-counted.v1")
    ]
    mine = [one for one in counted if one["session_id"] == session]
    assert len(mine) == 12
    assert (mine[-1]["arrived"], mine[-1]["walk_ins"]) == (8, 4)


async def test_a_day_later_nothing_says_when_somebody_came(place: Playground) -> None:
    session, _, host = await a_hall(place)
    path = f"/sessions/v1/sessions/{session}"
    await host.put(f"{path}/check-ins/1")
    await host.put(f"{path}/walk-ins/{uuid4()}")
    await host.put(f"{path}/door-code")
    await done(host, f"{path}/attendance", {})

    async def left() -> Any:
        async with place.service("sessions").database.transaction("woonpartners") as connection:
            return await connection.scalar(LEFT, {"id": session})

    assert await left()
    place.clock.move(timedelta(days=2))
    await place.do_what_is_due()
    assert await left() == 0
    assert (await door(place.client(Role.STAFF), session))["arrived"] == 1


async def test_whoever_came_along_is_counted_with_the_others_and_apart(place: Playground) -> None:
    session, _, host = await a_hall(place, people=2, companions=1)
    for number in (1, 2):
        await host.put(f"/sessions/v1/sessions/{session}/check-ins/{number}")
    found = await door(host, session)
    assert (found["arrived"], found["companions"]) == (3, 1)
