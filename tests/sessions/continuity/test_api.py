"""Continuity over HTTP, with the days of the story."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from httpx import AsyncClient

from tests.conftest import together
from tests.people import HOUSE, PLAN, done, made, problem, schedule

place = together


async def a_session(staff: AsyncClient, house: str, day: str, **plan: Any) -> str:
    session = await made(staff, "/sessions/v1/sessions", {"house_id": house, "title": "Koffietafel"})
    times = {"starts_at": f"{day}T00:15:00", "ends_at": f"{day}T00:45:00"}
    assert (await schedule(staff, session, **{**PLAN, **times, **plan})).status_code == 200
    return session


async def hold(place: Playground, session: str, day: str, walk_ins: int) -> None:
    """After midnight, when it is still the day before in UTC as it begins."""
    place.clock.move_to(datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=UTC))
    staff = place.client(Role.STAFF)
    came = {"attended": [], "walk_ins": walk_ins}
    await done(staff, f"/sessions/v1/sessions/{session}/attendance", came)


async def continuity(client: AsyncClient, house: str) -> Any:
    return (await client.get(f"/sessions/v1/houses/{house}/continuity")).json()


async def test_a_house_without_sessions_counts_from_its_opening(place: Playground) -> None:
    house = await made(place.client(Role.STAFF), "/sessions/v1/houses", HOUSE)
    seen = []
    for days in (0, 15, 7):
        place.clock.move(timedelta(days=days))
        seen.append(await continuity(place.client(Role.RESIDENT), house))
    assert {one["since"] for one in seen} == {"2018-11-12"}
    assert [one["standing"] for one in seen] == ["green", "at_risk", "broken"]


async def test_the_days_of_the_story(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    days = {"2019-01-10": 12, "2019-01-24": 25, "2019-02-06": 9, "2019-02-13": 25, "2019-02-20": 12}
    held = {day: await a_session(staff, house, day) for day in days}
    cancelled = await a_session(staff, house, "2019-01-17")
    await done(
        staff, f"/sessions/v1/sessions/{cancelled}/cancellation", {"reason": "De verwarming is kapot."}
    )
    for day, walk_ins in days.items():
        await hold(place, held[day], day, walk_ins)

    resident = place.client(Role.RESIDENT)
    path = f"/sessions/v1/houses/{house}/timeline"
    entries = (await resident.get(path)).json()["items"]
    assert [(one["on"], one["became"], one["gap"], one["walk_ins"]) for one in entries] == [
        ("2019-01-10", "held", None, 12),
        ("2019-01-17", "cancelled", None, 0),
        ("2019-01-24", "held", 14, 25),
        ("2019-02-06", "held", 13, 9),
        ("2019-02-13", "held", 7, 25),
        ("2019-02-20", "held", 7, 12),
    ]
    paged: list[Any] = []
    query: dict[str, Any] = {"limit": 4}
    while query.get("after", "first"):
        page = (await resident.get(path, params=query)).json()
        paged, query = [*paged, *page["items"]], {"limit": 4, "after": page["next"]}
    assert paged == entries
    assert await continuity(resident, house) == {
        "standing": "green",
        "limit_days": 21,
        "since": "2019-02-20",
        "meet_by": "2019-03-13",
        "next_on": None,
        "totals": {
            "held": 5,
            "presences": 83,
            "longest_gap": 14,
            "from_follow_ups": 0,
            "series_led_by_residents": 0,
        },
    }


async def test_a_gap_of_thirteen_days_is_green_where_the_next_session_is_planned(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    first = await a_session(staff, house, "2019-01-24")
    await a_session(staff, house, "2019-02-06")
    await hold(place, first, "2019-01-24", 25)
    place.clock.move(timedelta(days=13))
    found = await continuity(staff, house)
    assert (found["standing"], found["next_on"], found["totals"]["longest_gap"]) == (
        "green",
        "2019-02-06",
        None,
    )


async def test_a_session_from_a_follow_up_that_a_resident_leads_is_known_as_that(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    first = await a_session(staff, house, "2019-01-24")
    await hold(place, first, "2019-01-24", 2)
    asked = {"session_id": first, "options": [{"title": "Versiermiddag"}], "at_most": 1}
    vote = await made(staff, "/sessions/v1/follow-up-votes", asked)
    [option] = (await staff.get(f"/sessions/v1/follow-up-votes/{vote}")).json()["options"]
    cards = {"cards": 2, "marks": [{"option_id": option["id"], "marks": 2}]}
    await staff.put(f"/sessions/v1/follow-up-votes/{vote}/cards", json=cards, headers={"If-Match": '"1"'})
    await done(staff, f"/sessions/v1/follow-up-votes/{vote}/decision")
    [draft] = (await staff.get("/sessions/v1/sessions", params={"followUpOf": first})).json()["items"]
    role = {"role": "host", "resident_id": str(uuid4())}
    await made(staff, f"/sessions/v1/sessions/{draft['id']}/roles", role)
    times = {"starts_at": "2019-02-06T00:15:00", "ends_at": "2019-02-06T00:45:00"}
    body, current = {**PLAN, **times}, {"If-Match": '"2"'}
    planned = await staff.put(f"/sessions/v1/sessions/{draft['id']}/plan", json=body, headers=current)
    assert planned.status_code == 200, planned.text
    await hold(place, draft["id"], "2019-02-06", 9)
    entries = (await staff.get(f"/sessions/v1/houses/{house}/timeline")).json()["items"]
    assert [(one["from_follow_up"], one["led_by_residents"]) for one in entries] == [
        (False, False),
        (True, True),
    ]
    assert (await continuity(staff, house))["totals"]["from_follow_ups"] == 1


async def test_a_house_that_is_not_there_has_no_continuity(place: Playground) -> None:
    for what in ("continuity", "timeline"):
        answer = await place.client(Role.RESIDENT).get(f"/sessions/v1/houses/{uuid4()}/{what}")
        assert problem(answer) == "not-found"
