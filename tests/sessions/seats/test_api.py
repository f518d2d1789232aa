"""Waiting lists and offers over HTTP, on a clock that is moved on."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from sqlalchemy import text

from tests import disk
from tests.conftest import together
from tests.people import a_draft, a_guest, a_session, done, event_types, fields, made, problem
from tests.servers import RealServers

place = together

CONFIRM_BY = text("UPDATE sessions SET confirm_by = :moment WHERE id = :id")


async def waiting(place: Playground, count: int, capacity: int = 1) -> tuple[str, list[UUID]]:
    """A session that is full, and those who wait for it, in order."""
    session = await a_session(place.client(Role.STAFF), capacity=capacity)
    residents = [uuid4() for _ in range(capacity + count)]
    for resident in residents:
        await a_guest(place, session, resident)
    return session, residents


async def mine(place: Playground, session: str, resident: UUID) -> dict[str, Any]:
    """What a resident has."""
    response = await place.client(Role.RESIDENT, subject=resident).get(
        f"/sessions/v1/sessions/{session}/seats/mine"
    )
    assert response.status_code == 200
    return dict(response.json())


async def test_whoever_waits_sees_their_own_position(place: Playground) -> None:
    session, residents = await waiting(place, 3)
    positions = [(await mine(place, session, one))["position"] for one in residents]
    assert positions == [None, 1, 2, 3]


async def test_positions_are_for_the_person_alone(place: Playground) -> None:
    session, _ = await waiting(place, 2)
    read = (await place.client(Role.RESIDENT).get(f"/sessions/v1/sessions/{session}")).json()
    assert (read["waiting"], "position" in read) == (2, False)


async def test_whoever_has_nothing_in_a_session_is_told_so(place: Playground) -> None:
    session = await a_session(place.client(Role.STAFF))
    assert (
        await place.client(Role.RESIDENT).get(f"/sessions/v1/sessions/{session}/seats/mine")
    ).status_code == 404


async def test_an_offer_is_taken_by_whoever_got_it(place: Playground) -> None:
    session, [first, second] = await waiting(place, 1)
    await done(place.client(Role.RESIDENT, subject=first), f"/sessions/v1/sessions/{session}/withdrawal")
    assert (await mine(place, session, second))["state"] == "offered"
    await done(place.client(Role.RESIDENT, subject=second), f"/sessions/v1/sessions/{session}/acceptance")
    assert (await mine(place, session, second))["state"] == "registered"


async def test_an_offer_that_runs_out_goes_to_the_next_by_itself(place: Playground) -> None:
    session, [first, second, third] = await waiting(place, 2)
    await done(place.client(Role.RESIDENT, subject=first), f"/sessions/v1/sessions/{session}/withdrawal")
    place.clock.move(timedelta(days=1))
    await place.do_what_is_due()
    assert [(await mine(place, session, one))["state"] for one in (second, third)] == [
        "offer_expired",
        "offered",
    ]


async def test_what_is_due_happens_once_however_many_look(place: Playground) -> None:
    session, [first, *_] = await waiting(place, 3)
    await done(place.client(Role.RESIDENT, subject=first), f"/sessions/v1/sessions/{session}/withdrawal")
    place.clock.move(timedelta(days=1))
    for _ in range(3):
        await place.do_what_is_due()
    await place.settled()
    told = event_types(await place.events("sessions"))
    assert (told.count("seat-offered"), told.count("seat-offer-expired")) == (2, 1)


async def test_whoever_is_asked_again_confirms(place: Playground) -> None:
    staff, resident = place.client(Role.STAFF), uuid4()
    session = await a_session(staff)
    client = await a_guest(place, session, resident)
    version = (await staff.get(f"/sessions/v1/sessions/{session}")).headers["ETag"]
    plan = {
        "kind": "walk",
        "starts_at": "2019-01-11T19:30:00",
        "ends_at": "2019-01-11T21:30:00",
        "place": "Buiten",
        "capacity": 12,
    }
    await staff.put(f"/sessions/v1/sessions/{session}/plan", json=plan, headers={"If-Match": version})
    asked = (await mine(place, session, resident))["confirmed"]
    await done(client, f"/sessions/v1/sessions/{session}/confirmation")
    assert (asked, (await mine(place, session, resident))["confirmed"]) == (False, True)


async def test_ones_own_agenda_has_places_offers_and_turns_and_nothing_of_others(place: Playground) -> None:
    session, [first, second] = await waiting(place, 1)
    agenda = (await place.client(Role.RESIDENT, subject=second).get("/sessions/v1/agenda/mine")).json()[
        "items"
    ]
    assert [(one["session"]["id"], one["seat"]["state"], one["seat"]["position"]) for one in agenda] == [
        (session, "waitlisted", 1)
    ]
    assert str(first) not in str(agenda)


async def test_what_is_over_is_no_longer_in_the_agenda(place: Playground) -> None:
    _, [first] = await waiting(place, 0)
    place.clock.move(timedelta(days=80))
    assert (await place.client(Role.RESIDENT, subject=first).get("/sessions/v1/agenda/mine")).json()[
        "items"
    ] == []


async def test_a_draft_that_no_host_takes_on_becomes_a_task_once(place: Playground) -> None:
    draft = await a_draft(place.client(Role.STAFF))
    await overdue(place, draft)
    for _ in range(2):
        await place.do_what_is_due()
    await place.settled()
    assert event_types(await place.events("sessions")).count("task-raised") == 1


async def overdue(place: Playground, draft: str) -> None:
    """As if a vote had made it, and seven days had passed."""
    async with place.service("sessions").database.transaction("woonpartners") as session:
        moment: datetime = place.clock()
        await session.execute(CONFIRM_BY, {"id": draft, "moment": moment})


async def test_an_offer_that_is_too_late_is_refused_by_name(place: Playground) -> None:
    session, [first, second] = await waiting(place, 1)
    await done(place.client(Role.RESIDENT, subject=first), f"/sessions/v1/sessions/{session}/withdrawal")
    place.clock.move(timedelta(days=1))
    client = place.client(Role.RESIDENT, subject=second)
    assert problem(await client.post(f"/sessions/v1/sessions/{session}/acceptance")) == "nothing-offered"


async def test_what_somebody_needed_is_forgotten_also_where_nobody_noted_who_came(alone: Playground) -> None:
    session = await a_session(alone.client(Role.STAFF))
    await a_guest(alone, session, needs="Rollator")
    await a_guest(alone, session, called="Fatma")
    alone.clock.move(timedelta(days=80))
    await alone.do_what_is_due()
    async with alone.service("sessions").database.transaction("woonpartners") as connection:
        left = (await connection.execute(text("SELECT needs, called FROM seats"))).all()
    assert left == [(None, None), (None, None)]


async def test_what_somebody_needs_is_in_no_file_of_the_database_and_read_by_the_host(
    alone: Playground, servers: RealServers
) -> None:
    """It is about their health: sealed from the first moment, so that a copy of the disk or a back-up tells nothing."""
    staff, host = alone.client(Role.STAFF), uuid4()
    session = await a_session(staff)
    lead = {"resident_id": str(host), "role": "host"}
    await made(staff, f"/sessions/v1/sessions/{session}/roles", lead)
    await a_guest(alone, session, needs="Rollator van Jansen", called="Fatma van hiernaast")
    stolen = await disk.everything(servers, alone.service("sessions"), log=True)
    assert b"Rollator van Jansen" not in stolen
    assert b"Fatma van hiernaast" not in stolen
    seats = await alone.client(Role.RESIDENT, subject=host).get(f"/sessions/v1/sessions/{session}/seats")
    assert "Rollator van Jansen" in seats.text
    assert "Fatma van hiernaast" in seats.text


async def test_whoever_has_a_place_has_a_number_a_word_and_a_picture_to_show_at_the_door(
    place: Playground,
) -> None:
    session, residents = await waiting(place, 1, capacity=2)
    own = [await mine(place, session, one) for one in residents]
    assert [one["number"] for one in own] == [1, 2, 3]
    assert len({one["word"] for one in own}) == 3
    listed = (await place.client(Role.STAFF).get(f"/sessions/v1/sessions/{session}/seats")).json()
    assert [(one["number"], one["word"]) for one in listed] == [(one["number"], one["word"]) for one in own]
    path = f"/sessions/v1/sessions/{session}/seats/mine/picture"
    drawn = await place.client(Role.RESIDENT, subject=residents[0]).get(path)
    assert (drawn.headers["content-type"], drawn.headers["cache-control"]) == ("image/svg+xml", "no-store")
    assert (await place.client(Role.RESIDENT).get(path)).status_code == 404


async def test_a_moment_at_the_edge_of_the_calendar_is_refused_by_name(place: Playground) -> None:
    query = {"from": "0001-01-01T00:00:00+14:00"}
    response = await place.client(Role.STAFF).get("/sessions/v1/sessions", params=query)
    assert (response.status_code, fields(response)) == (400, ["?from"])


async def test_seven_and_no_new_places_is_what_people_read_too(place: Playground) -> None:
    session, [first, second, third] = await waiting(place, 1, capacity=2)
    staff, path = place.client(Role.STAFF), f"/sessions/v1/sessions/{session}"
    refused = await staff.put(f"{path}/capacity", json={"capacity": 1}, headers={"If-Match": "*"})
    assert problem(refused) == "capacity-too-small"
    closed = {"capacity": 1, "no_new_places": True}
    assert (await staff.put(f"{path}/capacity", json=closed, headers={"If-Match": "*"})).status_code == 200
    await done(place.client(Role.RESIDENT, subject=first), f"{path}/withdrawal")
    await done(place.client(Role.RESIDENT, subject=second), f"{path}/withdrawal")
    await place.do_what_is_due()
    found = (await place.client(Role.RESIDENT).get(path)).json()
    assert (found["state"], found["taken"], found["waiting"], found["no_new_places"]) == ("full", 0, 1, True)
    seat = await mine(place, session, third)
    assert (seat["state"], seat["position"], seat["no_new_places"]) == ("waitlisted", 1, True)
    agenda = (await place.client(Role.RESIDENT, subject=third).get("/sessions/v1/agenda/mine")).json()[
        "items"
    ]
    assert [one["seat"]["no_new_places"] for one in agenda] == [True]
