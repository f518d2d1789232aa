"""Sessions over HTTP: who gets a place, and who sees what."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from buurtthuis.events.sessions import SeatRole
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from httpx import AsyncClient

from tests.conftest import together
from tests.people import (
    HOUSE,
    PLAN,
    a_draft,
    a_guest,
    a_neighbour_of,
    a_session,
    done,
    event_types,
    fields,
    made,
    problem,
    schedule,
)

place = together

READERS = (Role.STAFF, Role.GUIDE, Role.RESIDENT, Role.CHAIN_PARTNER)
A_WHILE = timedelta(days=80)


async def seat(client: AsyncClient, session: str, resident: str | None = None) -> httpx.Response:
    """Take a place, for oneself or for somebody else."""
    body = {"resident_id": resident} if resident else None
    return await client.post(f"/sessions/v1/sessions/{session}/seats", json=body)


async def seats(place: Playground, session: str) -> list[str]:
    """Who has a place, as staff see it."""
    found = (await place.client(Role.STAFF).get(f"/sessions/v1/sessions/{session}/seats")).json()
    return [one["resident_id"] for one in found if one["state"] == "registered"]


async def test_one_resident_fifty_times_at_once_has_one_place(place: Playground) -> None:
    session = await a_session(place.client(Role.STAFF))
    resident = await a_neighbour_of(place, session)
    answers = await asyncio.gather(*(seat(resident, session) for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 49}


async def test_a_full_session_is_called_full(place: Playground) -> None:
    session = await a_session(place.client(Role.STAFF), capacity=1)
    await seat(await a_neighbour_of(place, session), session)
    found = (await place.client(Role.STAFF).get("/sessions/v1/sessions?state=full")).json()["items"]
    assert [one["id"] for one in found] == [session]


async def test_a_session_that_has_begun_is_running(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    begins = (await staff.get(f"/sessions/v1/sessions/{session}")).json()["begins"]
    place.clock.move_to(datetime.fromisoformat(begins))
    assert (await staff.get(f"/sessions/v1/sessions/{session}")).json()["state"] == "running"


async def test_a_session_that_nobody_noted_waits_for_that_and_it_is_said_once(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    place.clock.move(A_WHILE)
    for _ in range(2):
        await place.do_what_is_due()
    await place.settled()
    waiting = (await staff.get("/sessions/v1/sessions?state=to_be_noted")).json()["items"]
    missing = [one["data"] for one in await place.events("sessions") if "attendance-missing" in one["type"]]
    assert session in [one["id"] for one in waiting]
    assert [one["session_id"] for one in missing].count(session) == 1


async def test_who_came_can_be_noted_late(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    place.clock.move(A_WHILE)
    await place.do_what_is_due()
    await done(staff, f"/sessions/v1/sessions/{session}/attendance", {"attended": [], "walk_ins": 5})
    assert (await staff.get(f"/sessions/v1/sessions/{session}")).json()["state"] == "held"


async def test_a_report_that_names_somebody_is_written_anew_and_the_name_is_in_nothing_that_was_said(
    place: Playground,
) -> None:
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    place.clock.move(A_WHILE)
    await done(staff, f"/sessions/v1/sessions/{session}/attendance", {"attended": [], "walk_ins": 5})
    await done(staff, f"/sessions/v1/sessions/{session}/report", {"report": "Mevrouw Jansen was boos."})
    version = (await staff.get(f"/sessions/v1/sessions/{session}")).headers["ETag"]
    path, anew = f"/sessions/v1/sessions/{session}/report", {"report": "Wij praatten over de tuin."}
    answer = await staff.put(path, json=anew, headers={"If-Match": version})
    assert answer.status_code == 200, answer.text
    await place.settled()
    said = [one["data"] for one in await place.events("sessions") if "session-reported" in one["type"]]
    assert (said[-1]["report"], "Jansen" in str(said)) == ("Wij praatten over de tuin.", False)


async def test_everybody_sees_how_many_places_are_taken(place: Playground) -> None:
    session = await a_session(place.client(Role.STAFF))
    await seat(await a_neighbour_of(place, session), session)
    for role in READERS:
        assert (await place.client(role).get(f"/sessions/v1/sessions/{session}")).json()["taken"] == 1


async def test_a_place_that_is_given_back_is_free(place: Playground) -> None:
    session = await a_session(place.client(Role.STAFF), capacity=1)
    resident = await a_guest(place, session)
    await done(resident, f"/sessions/v1/sessions/{session}/withdrawal")
    assert (await seat(await a_neighbour_of(place, session), session)).status_code == 201


async def test_staff_take_a_place_for_a_resident_without_a_phone(place: Playground) -> None:
    staff, resident = place.client(Role.STAFF), str(uuid4())
    session = await a_session(staff)
    assert (await seat(staff, session, resident)).status_code == 201
    assert await seats(place, session) == [resident]


async def test_staff_give_a_place_back_for_a_resident(place: Playground) -> None:
    staff, resident = place.client(Role.STAFF), str(uuid4())
    session = await a_session(staff)
    await seat(staff, session, resident)
    await done(staff, f"/sessions/v1/sessions/{session}/withdrawal", {"resident_id": resident})
    assert await seats(place, session) == []


async def test_staff_say_for_whom(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    response = await seat(staff, await a_session(staff))
    assert (response.status_code, fields(response)) == (422, ["/resident_id"])


async def test_a_resident_takes_no_place_for_somebody_else(place: Playground) -> None:
    session = await a_session(place.client(Role.STAFF))
    response = await seat(place.client(Role.RESIDENT), session, str(uuid4()))
    assert (response.status_code, fields(response)) == (422, ["/resident_id"])


async def test_a_resident_may_name_themselves(place: Playground) -> None:
    session, subject = await a_session(place.client(Role.STAFF)), uuid4()
    resident = await a_neighbour_of(place, session, subject)
    assert (await seat(resident, session, str(subject))).status_code == 201


async def test_nobody_gets_a_place_once_it_has_begun(place: Playground) -> None:
    session = await a_session(place.client(Role.STAFF))
    place.clock.move(A_WHILE)
    assert problem(await seat(await a_neighbour_of(place, session), session)) == "not-open-for-registration"


async def test_a_cancelled_session_has_no_places_taken(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    await seat(await a_neighbour_of(place, session), session)
    await done(staff, f"/sessions/v1/sessions/{session}/cancellation", {"reason": "De verwarming is kapot."})
    assert (await staff.get(f"/sessions/v1/sessions/{session}")).json()["taken"] == 0


async def test_who_came_is_counted(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    session, residents = await a_session(staff), [str(uuid4()) for _ in range(3)]
    for resident in residents:
        await seat(staff, session, resident)
    place.clock.move(A_WHILE)
    await done(
        staff,
        f"/sessions/v1/sessions/{session}/attendance",
        {"attended": [residents[0], residents[0]], "walk_ins": 2},
    )
    held = (await staff.get(f"/sessions/v1/sessions/{session}")).json()
    assert (held["state"], held["attended"], held["walk_ins"], held["no_shows"]) == ("held", 1, 2, 2)


async def test_somebody_who_had_not_registered_is_named_by_place(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    place.clock.move(A_WHILE)
    response = await staff.post(
        f"/sessions/v1/sessions/{session}/attendance", json={"attended": [str(uuid4())], "walk_ins": 0}
    )
    assert (problem(response), fields(response)) == ("not-registered", ["/attended/0"])


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.CHAIN_PARTNER])
async def test_drafts_are_for_those_who_make_them(emptied: Playground, role: Role) -> None:
    draft, other = await a_draft(emptied.client(Role.STAFF)), emptied.client(role)
    assert (await other.get("/sessions/v1/sessions")).json()["items"] == []
    assert (await other.get("/sessions/v1/sessions?state=draft")).json()["items"] == []
    assert (await other.get(f"/sessions/v1/sessions/{draft}")).status_code == 404


@pytest.mark.parametrize("role", [Role.STAFF, Role.GUIDE])
async def test_those_who_make_drafts_see_them(place: Playground, role: Role) -> None:
    draft = await a_draft(place.client(Role.STAFF))
    assert (await place.client(role).get(f"/sessions/v1/sessions/{draft}")).json()["state"] == "draft"


@pytest.mark.parametrize(
    ("role", "why"),
    [(Role.RESIDENT, "not-a-host"), (Role.GUIDE, "forbidden"), (Role.CHAIN_PARTNER, "forbidden")],
)
async def test_who_has_a_place_is_for_staff_and_hosts_only(place: Playground, role: Role, why: str) -> None:
    session = await a_session(place.client(Role.STAFF))
    response = await place.client(role).get(f"/sessions/v1/sessions/{session}/seats")
    assert (response.status_code, problem(response)) == (403, why)


async def test_what_somebody_needs_and_is_called_is_for_the_hosts_only(place: Playground) -> None:
    staff, host = place.client(Role.STAFF), uuid4()
    session = await a_session(staff)
    await made(staff, f"/sessions/v1/sessions/{session}/roles", {"role": "host", "resident_id": str(host)})
    await a_guest(place, session, needs="Ik kom met een rollator.", called="Fatma")
    seen = []
    for reader in (place.client(Role.RESIDENT, subject=host), staff):
        [_, guest] = (await reader.get(f"/sessions/v1/sessions/{session}/seats")).json()
        seen.append((guest["needs"], guest["called"]))
    assert seen == [("Ik kom met een rollator.", "Fatma"), (None, None)]


async def test_a_host_plans_and_moves_a_session(place: Playground) -> None:
    staff, host = place.client(Role.STAFF), uuid4()
    session, leading = await a_draft(staff), place.client(Role.RESIDENT, subject=host)
    await made(staff, f"/sessions/v1/sessions/{session}/roles", {"role": "host", "resident_id": str(host)})
    for hour in ("19", "20"):
        version = (await leading.get(f"/sessions/v1/sessions/{session}")).headers["ETag"]
        plan = {**PLAN, "starts_at": f"2019-01-10T{hour}:00:00"}
        moved = await leading.put(
            f"/sessions/v1/sessions/{session}/plan", json=plan, headers={"If-Match": version}
        )
        assert moved.status_code == 200, moved.text
    await place.settled()
    assert event_types(await place.events("sessions"))[-2:] == ["session-scheduled", "session-rescheduled"]


async def test_a_resident_who_leads_nothing_moves_nothing(place: Playground) -> None:
    session = await a_session(place.client(Role.STAFF))
    response = await place.client(Role.RESIDENT).put(
        f"/sessions/v1/sessions/{session}/plan", json=PLAN, headers={"If-Match": '"2"'}
    )
    assert (response.status_code, problem(response)) == (403, "not-a-host")


@pytest.mark.parametrize("role", list(SeatRole))
async def test_nobody_appoints_themselves_where_they_never_were(place: Playground, role: SeatRole) -> None:
    staff = place.client(Role.STAFF)
    session = await a_session(staff, roles={"host": 1, "interpreter": 1, "child_care": 1})
    neighbour = await a_neighbour_of(place, session)
    answer = await neighbour.post(f"/sessions/v1/sessions/{session}/roles", json={"role": role})
    assert (answer.status_code, problem(answer)) == (403, "not-invited")


@pytest.mark.parametrize("role", [SeatRole.INTERPRETER, SeatRole.CHILD_CARE])
async def test_a_host_says_who_interprets_and_who_looks_after_children(
    place: Playground, role: SeatRole
) -> None:
    staff, host = place.client(Role.STAFF), uuid4()
    session = await a_session(staff, roles={"host": 1, role: 1})
    path = f"/sessions/v1/sessions/{session}/roles"
    await made(staff, path, {"role": "host", "resident_id": str(host)})
    leading = place.client(Role.RESIDENT, subject=host)
    asked = uuid4()
    await a_neighbour_of(place, session, asked)
    await made(leading, path, {"role": role, "resident_id": str(asked)})


async def test_what_was_held_is_reported_and_closed(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    place.clock.move(A_WHILE)
    await done(staff, f"/sessions/v1/sessions/{session}/attendance", {"attended": [], "walk_ins": 3})
    await done(
        staff, f"/sessions/v1/sessions/{session}/report", {"report": "Wij willen vaker koffie drinken."}
    )
    read = (await place.client(Role.RESIDENT).get(f"/sessions/v1/sessions/{session}")).json()
    assert (read["state"], read["report"]) == ("closed", "Wij willen vaker koffie drinken.")


async def test_what_nobody_came_to_was_not_held(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    place.clock.move(A_WHILE)
    await done(staff, f"/sessions/v1/sessions/{session}/non-attendance", {"reason": "Er kwam niemand."})
    assert (await staff.get(f"/sessions/v1/sessions/{session}")).json()["state"] == "not_held"


async def test_attendance_is_corrected_by_whoever_read_it(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    place.clock.move(A_WHILE)
    await done(staff, f"/sessions/v1/sessions/{session}/attendance", {"attended": [], "walk_ins": 3})
    version = (await staff.get(f"/sessions/v1/sessions/{session}")).headers["ETag"]
    url, body = f"/sessions/v1/sessions/{session}/attendance", {"attended": [], "walk_ins": 4}
    assert (await staff.put(url, json=body, headers={"If-Match": version})).status_code == 200
    assert (await staff.put(url, json=body, headers={"If-Match": version})).status_code == 412


async def test_residents_do_not_learn_from_the_feed_who_has_a_place(place: Playground) -> None:
    session, subject = await a_session(place.client(Role.STAFF)), uuid4()
    await a_guest(place, session, subject)
    await place.settled()
    feed = await place.client(Role.RESIDENT).get("/sessions/v1/events")
    assert "session-scheduled" in event_types(feed.json())
    assert str(subject) not in feed.text


async def test_times_come_back_as_they_were_sent(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    session = await a_session(staff, starts_at="2019-07-10T19:30:00", ends_at="2019-07-10T21:30:00")
    read = (await staff.get(f"/sessions/v1/sessions/{session}")).json()
    assert (read["starts_at"], read["time_zone"]) == ("2019-07-10T19:30:00", "Europe/Amsterdam")


async def test_an_hour_that_the_clock_skips_is_refused_by_name(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    response = await schedule(
        staff, await a_draft(staff), starts_at="2019-03-31T02:30:00", ends_at="2019-03-31T05:00:00"
    )
    assert (response.status_code, fields(response)) == (422, ["/starts_at"])


@pytest.mark.parametrize("languages", [["Nederlands!"], ["nl"] * 21, [""], "nl"])
async def test_languages_are_a_few_tags(place: Playground, languages: object) -> None:
    staff = place.client(Role.STAFF)
    response = await schedule(staff, await a_draft(staff), languages=languages)
    assert response.status_code == 400
    assert fields(response)[0].startswith("/languages")


async def test_a_list_can_be_of_one_house(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    session, _ = await a_session(staff), await a_session(staff)
    house = (await staff.get(f"/sessions/v1/sessions/{session}")).json()["house_id"]
    found = (await staff.get(f"/sessions/v1/sessions?house={house}")).json()["items"]
    assert [one["id"] for one in found] == [session]


async def test_houses_are_listed_in_order_of_opening(emptied: Playground) -> None:
    staff = emptied.client(Role.STAFF)
    opened = [await made(staff, "/sessions/v1/houses", HOUSE) for _ in range(3)]
    assert [one["id"] for one in (await staff.get("/sessions/v1/houses")).json()["items"]] == opened


async def test_what_is_planned_in_a_house_that_is_not_open_yet_is_for_those_who_plan(
    place: Playground,
) -> None:
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses/proposals", HOUSE)
    await done(staff, f"/sessions/v1/houses/{house}/preparation")
    session = await made(staff, "/sessions/v1/sessions", {"house_id": house, "title": "Koffietafel"})
    await schedule(staff, session)
    seen = [
        (await one.get(f"/sessions/v1/sessions/{session}")).status_code
        for one in (staff, place.client(Role.RESIDENT))
    ]
    assert seen == [200, 404]


async def test_a_session_in_a_holiday_comes_with_a_warning(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    session = await a_session(staff, starts_at="2018-12-26T10:00:00", ends_at="2018-12-26T12:00:00")
    found = (
        await place.client(Role.RESIDENT).get(f"/sessions/v1/sessions/{session}/days-off?region=zuid")
    ).json()
    assert [one["name"] for one in found] == ["Tweede kerstdag", "Kerstvakantie"]


async def test_a_draft_by_hand_can_be_about_a_theme(place: Playground) -> None:
    staff, theme = place.client(Role.STAFF), str(uuid4())
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    draft = await made(
        staff, "/sessions/v1/sessions", {"house_id": house, "title": "Tuin", "theme_id": theme}
    )
    found = (await staff.get(f"/sessions/v1/sessions?theme={theme}")).json()["items"]
    assert [one["id"] for one in found] == [draft]
