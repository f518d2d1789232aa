"""Agendas over HTTP: nobody is named in a public one, and a private one opens with its key alone."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import vobject
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from sqlalchemy import text

from tests.conftest import together
from tests.people import PLAN, a_guest, a_session, done, made

pytestmark = pytest.mark.both_corporations
place = together

PUBLIC = "/sessions/v1/public/woonpartners"


async def house_of(place: Playground, session: str) -> str:
    return str((await place.client(Role.STAFF).get(f"/sessions/v1/sessions/{session}")).json()["house_id"])


async def events(place: Playground, path: str) -> list[Any]:
    """The events of a calendar, as a calendar program reads them."""
    response = await place.client().get(path)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    return list(vobject.readOne(response.text).contents.get("vevent", []))


async def a_link(place: Playground, resident: UUID) -> str:
    response = await place.client(Role.RESIDENT, subject=resident).post("/sessions/v1/agenda/link")
    assert response.status_code == 201
    return str(response.json()["path"])


async def test_everybody_reads_what_is_planned_in_a_house(place: Playground) -> None:
    session = await a_session(place.client(Role.STAFF))
    items = (await place.client().get(f"{PUBLIC}/houses/{await house_of(place, session)}/agenda")).json()[
        "items"
    ]
    assert [(one["id"], one["title"], one["state"]) for one in items] == [
        (session, "Koffietafel", "scheduled")
    ]


async def test_nobody_is_named_in_a_public_agenda(place: Playground) -> None:
    staff, resident = place.client(Role.STAFF), str(uuid4())
    session = await a_session(staff)
    await made(
        staff, f"/sessions/v1/sessions/{session}/seats", {"resident_id": resident, "needs": "Rollator"}
    )
    await made(staff, f"/sessions/v1/sessions/{session}/roles", {"resident_id": str(uuid4()), "role": "host"})
    house = await house_of(place, session)
    for path in (f"{PUBLIC}/houses/{house}/agenda", f"{PUBLIC}/houses/{house}/agenda.ics"):
        content = (await place.client().get(path)).text
        assert resident not in content
        assert "Rollator" not in content


async def test_an_agenda_goes_on_page_by_page_in_order_of_time(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    first = await a_session(staff, starts_at="2019-01-12T19:30:00", ends_at="2019-01-12T21:30:00")
    house = await house_of(place, first)
    for day in (10, 11, 13):
        draft = await made(staff, "/sessions/v1/sessions", {"house_id": house, "title": str(day)})
        plan = {**PLAN, "starts_at": f"2019-01-{day}T19:30:00", "ends_at": f"2019-01-{day}T21:30:00"}
        await staff.put(f"/sessions/v1/sessions/{draft}/plan", json=plan, headers={"If-Match": '"1"'})
    days, after = [], None
    while True:
        query = {"limit": 2, **({"after": after} if after else {})}
        page = (await place.client().get(f"{PUBLIC}/houses/{house}/agenda", params=query)).json()
        days += [one["starts_at"][8:10] for one in page["items"]]
        if not (after := page["next"]):
            break
    assert days == ["10", "11", "12", "13"]


async def test_what_is_over_leaves_the_agenda_and_can_be_asked_for(place: Playground) -> None:
    session = await a_session(place.client(Role.STAFF))
    url = f"{PUBLIC}/houses/{await house_of(place, session)}/agenda"
    place.clock.move(timedelta(days=80))
    now = (await place.client().get(url)).json()["items"]
    before = (await place.client().get(url, params={"from": "2019-01-01T00:00:00Z"})).json()["items"]
    assert (now, [one["id"] for one in before]) == ([], [session])


async def test_a_cancelled_session_stays_in_the_calendar_as_cancelled_under_the_same_id(
    place: Playground,
) -> None:
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    url = f"{PUBLIC}/houses/{await house_of(place, session)}/agenda.ics"
    [before] = await events(place, url)
    await done(staff, f"/sessions/v1/sessions/{session}/cancellation", {"reason": "De verwarming is kapot."})
    [after] = await events(place, url)
    assert (before.uid.value, after.uid.value) == (session, session)
    assert (before.status.value, after.status.value) == ("CONFIRMED", "CANCELLED")
    assert int(after.sequence.value) > int(before.sequence.value)


async def test_a_calendar_program_that_has_a_houses_agenda_is_told_so(place: Playground) -> None:
    session = await a_session(place.client(Role.STAFF))
    url = f"{PUBLIC}/houses/{await house_of(place, session)}/agenda.ics"
    seen = {"If-None-Match": (await place.client().get(url)).headers["etag"]}
    place.clock.move(timedelta(hours=2))
    assert (await place.client().get(url, headers=seen)).status_code == 304


async def test_ones_own_calendar_has_ones_own_places_and_turns(place: Playground) -> None:
    first, second = uuid4(), uuid4()
    session = await a_session(place.client(Role.STAFF), capacity=1)
    await a_session(place.client(Role.STAFF))
    for resident in (first, second):
        await a_guest(place, session, resident)
    found = [await events(place, await a_link(place, one)) for one in (first, second)]
    assert [[(one.uid.value, one.status.value) for one in each] for each in found] == [
        [(session, "CONFIRMED")],
        [(session, "TENTATIVE")],
    ]


async def test_a_calendar_that_others_keep_tells_nobodys_pseudonym(place: Playground) -> None:
    """Google and Outlook read it; it has one name for as long as its address is good."""
    resident = uuid4()
    session = await a_session(place.client(Role.STAFF))
    await a_guest(place, session, resident)
    link = await a_link(place, resident)
    first, second = [(await place.client().get(link)).text for _ in range(2)]
    assert str(resident) not in first
    assert resident.hex not in first
    assert vobject.readOne(first).contents["uid"] == vobject.readOne(second).contents["uid"]


async def test_a_new_address_closes_the_one_before(place: Playground) -> None:
    resident = uuid4()
    before, after = await a_link(place, resident), await a_link(place, resident)
    statuses = [(await place.client().get(path)).status_code for path in (before, after)]
    assert statuses == [404, 200]


async def test_an_address_that_is_closed_opens_nothing(place: Playground) -> None:
    resident = uuid4()
    link = await a_link(place, resident)
    closed = await place.client(Role.RESIDENT, subject=resident).delete("/sessions/v1/agenda/link")
    assert (closed.status_code, (await place.client().get(link)).status_code) == (204, 404)


async def test_an_address_of_one_corporation_opens_nothing_in_another(place: Playground) -> None:
    link = (await a_link(place, uuid4())).replace("woonpartners", "de-waterlelie")
    assert (await place.client().get(link)).status_code == 404


async def test_a_key_is_kept_as_a_trace_only(place: Playground) -> None:
    link = await a_link(place, uuid4())
    key = link.rpartition("/")[2].removesuffix(".ics")
    async with place.service("sessions").database.transaction("woonpartners") as session:
        kept = str((await session.execute(text("SELECT * FROM agenda_keys"))).all())
    assert key not in kept


@pytest.mark.parametrize(
    ("wanted", "called"),
    [
        ("ar-EG, en;q=0.5", "تقويمي في BuurtThuis"),
        ("fr", "Mijn BuurtThuis"),
        ("nl, en;q=0.9", "Mijn BuurtThuis"),
    ],
)
async def test_a_calendars_address_keeps_the_language_of_whoever_asked_for_it(
    place: Playground, wanted: str, called: str
) -> None:
    resident = place.client(Role.RESIDENT, subject=uuid4())
    headers = {"Accept-Language": wanted}
    path = (await resident.post("/sessions/v1/agenda/link", headers=headers)).json()["path"]
    answer = await place.client().get(path, headers={"Accept-Language": "en"} if "language" in path else {})
    assert vobject.readOne(answer.text).contents["name"][0].value == called
    assert answer.headers["Vary"] == "Accept-Language"
