"""Campaigns over HTTP, on real servers."""

from typing import Any

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.conftest import together
from tests.people import a_campaign, at_once, done, event_types, fields

place = together

STAND = {"place": "Hal", "starts_at": "2018-12-14T15:00:00", "ends_at": "2018-12-14T18:00:00", "staff": []}


async def read(staff: httpx.AsyncClient, campaign: str) -> dict[str, Any]:
    return dict((await staff.get(f"/surveys/v1/campaigns/{campaign}")).json())


async def running(staff: httpx.AsyncClient, **plan: Any) -> str:
    campaign = await a_campaign(staff, **plan)
    await done(staff, f"/surveys/v1/campaigns/{campaign}/start")
    return campaign


async def test_a_plan_is_read_as_it_was_made(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    campaign = await read(staff, await a_campaign(staff, stands=[STAND]))
    assert (campaign["stands"], campaign["state"], campaign["left"]) == ([STAND], "planned", 40)


async def test_two_hundred_taps_at_once_hand_out_what_there_is_and_no_more(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    campaign = await running(staff, stock=150)
    answers = await at_once(200, lambda _: staff.post(f"/surveys/v1/campaigns/{campaign}/handouts", json={}))
    assert sorted(one.status_code for one in answers) == [200] * 150 + [409] * 50
    assert (await read(staff, campaign))["left"] == 0


async def test_the_stand_counts_live_and_the_end_sums_it_up(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    campaign = await running(staff)
    for path, count in (
        ("collections", 48),
        ("collections/undo", 1),
        ("handouts", 35),
        ("handouts/undo", 1),
    ):
        await done(staff, f"/surveys/v1/campaigns/{campaign}/{path}", {"count": count})
    await done(staff, f"/surveys/v1/campaigns/{campaign}/end")
    await place.settled()
    events = await place.events("surveys")
    assert event_types(events) == [
        "campaign-planned",
        "campaign-started",
        *["campaign-counted"] * 4,
        "campaign-ended",
    ]
    assert [(one["data"]["collected"], one["data"]["left"]) for one in events[2:6]] == [
        (48, 40),
        (47, 40),
        (47, 5),
        (47, 6),
    ]
    assert {key: events[6]["data"][key] for key in ("ideas", "handed_out", "left")} == {
        "ideas": 47,
        "handed_out": 34,
        "left": 6,
    }


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({"stock": -1}, "/stock"),
        ({"stands": [{**STAND, "ends_at": STAND["starts_at"]}]}, "/stands"),
        ({"stands": [{**STAND, "starts_at": "2018-12-14T15:00:00Z"}]}, "/stands/0/starts_at"),
    ],
)
async def test_a_plan_that_cannot_be_is_refused(place: Playground, plan: dict[str, Any], field: str) -> None:
    whole = {"house_id": "01a204c1-fe22-7520-b7a9-199f15c86465", "title": "x", "incentive": "y", "stock": 1}
    response = await place.client(Role.STAFF).post("/surveys/v1/campaigns", json={**whole, **plan})
    assert (response.status_code in (400, 422), fields(response)) == (True, [field])


async def test_times_of_a_stand_are_documented_as_they_are_answered(place: Playground) -> None:
    """By the clock on the wall, without an offset: no `date-time`."""
    document = (await place.client().get("/surveys/v1/openapi.json")).json()
    documented = document["components"]["schemas"]["StandView"]["properties"]
    assert {documented[name].get("format") for name in ("starts_at", "ends_at")} == {None}
