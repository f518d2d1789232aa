"""Series over HTTP, on real servers and a clock that is moved on."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.conftest import together
from tests.people import HOUSE, WEEKLY, a_series, done, event_types, fields, made, problem

place = together
#: The first of a series: at ten o'clock by the clock on the wall.
FIRST = datetime(2018, 12, 5, 9, tzinfo=UTC)


async def days(place: Playground, series: str, state: str = "scheduled") -> list[str]:
    """When its sessions are."""
    query = {"series": series, "state": state, "limit": "200"}
    found = (await place.client(Role.STAFF).get("/sessions/v1/sessions", params=query)).json()["items"]
    return sorted(one["starts_at"][:10] for one in found)


async def test_a_series_makes_its_sessions_by_itself_as_time_goes_on(place: Playground) -> None:
    series = await a_series(place.client(Role.STAFF))
    first = await days(place, series)
    place.clock.move(timedelta(days=14))
    await place.do_what_is_due()
    assert set(await days(place, series)) - set(first) == {"2019-01-09", "2019-01-16"}


async def test_two_who_look_at_the_same_moment_make_each_session_once(place: Playground) -> None:
    series = await a_series(place.client(Role.STAFF))
    place.clock.move(timedelta(days=21))
    sessions = place.service("sessions")
    timers = [one for one in sessions.service.timers if one.due.__name__ == "series_to_extend"]
    await asyncio.gather(*(sessions.timers.do_what_is_due(timer) for timer in timers * 6))
    found = await days(place, series)
    assert len(found) == len(set(found)) > 7


async def test_this_and_following_can_move_to_where_others_were(place: Playground) -> None:
    """Each takes the time of the next: at no moment are two there."""
    series, staff = await a_series(place.client(Role.STAFF)), place.client(Role.STAFF)
    before = await days(place, series)
    version = (await staff.get(f"/sessions/v1/series/{series}")).headers["ETag"]
    plan = {key: value for key, value in WEEKLY.items() if key != "title"} | {
        "starts_at": "2018-12-12T10:00:00"
    }
    moved = await staff.put(f"/sessions/v1/series/{series}/plan", json=plan, headers={"If-Match": version})
    assert moved.status_code == 200, moved.text
    assert await days(place, series) == before


async def test_this_and_following_can_change_around_a_session_that_was_cancelled(place: Playground) -> None:
    series, staff = await a_series(place.client(Role.STAFF)), place.client(Role.STAFF)
    found = await staff.get("/sessions/v1/sessions", params={"series": series})
    second = next(one for one in found.json()["items"] if one["starts_at"].startswith("2018-12-12"))
    await done(staff, f"/sessions/v1/sessions/{second['id']}/cancellation", {"reason": "De zaal is bezet."})
    version = (await staff.get(f"/sessions/v1/series/{series}")).headers["ETag"]
    plan = {key: value for key, value in WEEKLY.items() if key != "title"} | {"capacity": 20}
    changed = await staff.put(f"/sessions/v1/series/{series}/plan", json=plan, headers={"If-Match": version})
    assert changed.status_code == 200, changed.text


async def test_a_rule_that_we_cannot_follow_is_refused_by_name(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    response = await staff.post(
        "/sessions/v1/series", json={**WEEKLY, "house_id": house, "rule": "FREQ=HOURLY"}
    )
    assert (response.status_code, fields(response)) == (422, ["/rule"])


async def test_who_leads_a_series_is_for_staff_and_hosts_only(place: Playground) -> None:
    series, host = await a_series(place.client(Role.STAFF)), uuid4()
    staff = place.client(Role.STAFF)
    await made(staff, f"/sessions/v1/series/{series}/hosts", {"resident_id": str(host)})
    leading, other = place.client(Role.RESIDENT, subject=host), place.client(Role.RESIDENT)
    seen = [
        (await one.get(f"/sessions/v1/series/{series}")).json()["hosts"] for one in (staff, leading, other)
    ]
    assert seen == [[str(host)], [str(host)], None]


async def test_its_next_days_warn_of_holidays(place: Playground) -> None:
    series = await a_series(place.client(Role.STAFF))
    found = (await place.client(Role.RESIDENT).get(f"/sessions/v1/series/{series}/days?region=noord")).json()
    warned = {one["starts_at"][:10]: [off["name"] for off in one["days_off"]] for one in found}
    assert (warned["2018-12-05"], warned["2018-12-26"]) == ([], ["Tweede kerstdag", "Kerstvakantie"])


async def test_a_session_that_has_begun_is_not_next_by_the_clock_on_the_wall(emptied: Playground) -> None:
    series = await a_series(emptied.client(Role.STAFF))
    resident = emptied.client(Role.RESIDENT)
    coming = []
    for minutes in (-1, 1):
        emptied.clock.move_to(FIRST + timedelta(minutes=minutes))
        found = (await resident.get(f"/sessions/v1/series/{series}/days")).json()
        coming.append(found[0]["starts_at"][:10])
    assert coming == ["2018-12-05", "2018-12-12"]


async def test_a_host_who_leaves_is_told_and_a_gap_ends_in_a_pause_by_itself(emptied: Playground) -> None:
    series, host = await a_series(emptied.client(Role.STAFF)), uuid4()
    staff = emptied.client(Role.STAFF)
    await made(staff, f"/sessions/v1/series/{series}/hosts", {"resident_id": str(host)})
    await done(emptied.client(Role.RESIDENT, subject=host), f"/sessions/v1/series/{series}/hosts/withdrawal")
    for _ in range(2):
        emptied.clock.move(timedelta(days=14))
        await emptied.do_what_is_due()
    events = await emptied.events("sessions")
    told = event_types(events)
    wanted = [one for one in events if one["data"].get("kind") == "find_a_host"]
    assert [told.count(one) for one in ("series-at-risk", "series-paused")] == [len(wanted), 1] == [1, 1]
    assert (await staff.get(f"/sessions/v1/series/{series}")).json()["state"] == "paused"


async def test_a_resident_who_leads_nothing_changes_nothing(place: Playground) -> None:
    series, resident = await a_series(place.client(Role.STAFF)), place.client(Role.RESIDENT)
    for path in ("pause", "resumption"):
        assert problem(await resident.post(f"/sessions/v1/series/{series}/{path}")) == "not-a-host"


async def test_a_day_is_left_out_and_taken_back(place: Playground) -> None:
    series, staff = await a_series(place.client(Role.STAFF)), place.client(Role.STAFF)
    url = f"/sessions/v1/series/{series}/exceptions"
    await made(staff, url, {"day": "2018-12-26", "reason": "Het is Kerstmis."})
    without = await days(place, series)
    await done(staff, f"{url}/2018-12-26/undo")
    assert ("2018-12-26" in without, "2018-12-26" in await days(place, series)) == (False, True)
