"""Templates over HTTP and in the database: what another corporation can do with one, and what it cannot."""

from typing import Any
from uuid import uuid4

import pytest
from buurtthuis.core.corporations import Corporations
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.conftest import together
from tests.people import HOUSE, a_session, done, fields, made, problem

pytestmark = pytest.mark.both_corporations
place = together

CHECKED = {"checked": True}
ENTRY = {
    "title": "Koffietafel",
    "kind": "coffee_table",
    "day": 0,
    "weekday": 3,
    "starts": "10:00:00",
    "minutes": 90,
    "capacity": 12,
}
#: What another corporation might try on a shared row, below everything we wrote.
TAMPERING = (
    "UPDATE templates SET title = 'van ons' WHERE id = :id",
    "UPDATE templates SET corporation = current_corporation() WHERE id = :id",
    "UPDATE templates SET shared = false WHERE id = :id",
    "DELETE FROM templates WHERE id = :id",
)


async def a_template(staff: AsyncClient) -> str:
    session = await a_session(staff)
    house = (await staff.get(f"/sessions/v1/sessions/{session}")).json()["house_id"]
    return await made(staff, "/sessions/v1/templates", {"house_id": house, "title": "Winter"})


async def a_shared_template(staff: AsyncClient) -> str:
    template = await a_template(staff)
    await done(staff, f"/sessions/v1/templates/{template}/sharing", CHECKED)
    return template


def a_neighbour(place: Playground) -> AsyncClient:
    """Staff of another corporation."""
    return place.client(Role.STAFF, corporation="de-waterlelie")


async def listed(client: AsyncClient, *, shared: bool = False) -> list[str]:
    found = await client.get("/sessions/v1/templates", params={"shared": shared})
    return [one["id"] for one in found.json()["items"]]


async def sql(place: Playground, corporation: str, statement: str, id: str) -> Any:
    async with place.service("sessions").database.transaction(corporation) as session:
        result: Any = await session.execute(text(statement), {"id": id})
        return result.scalar() if result.returns_rows else result.rowcount


async def test_a_template_says_what_took_place_and_nothing_of_who(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    template = (await staff.get(f"/sessions/v1/templates/{await a_template(staff)}")).json()
    [entry] = template["entries"]
    assert entry == {
        **ENTRY,
        "weekday": 4,
        "starts": "19:30:00",
        "minutes": 120,
        "languages": ["nl-x-b1"],
        "roles": {"host": 2, "interpreter": 1, "child_care": 1},
        "newcomer_seats": 0,
        "rule": None,
    }
    assert (template["corporation"], template["corporation_name"], template["shared"]) == (
        "woonpartners",
        "Woonpartners Midden-Holland",
        False,
    )


async def test_what_is_not_shared_is_nobody_elses(place: Playground) -> None:
    staff, neighbour = place.client(Role.STAFF), a_neighbour(place)
    template = await a_template(staff)
    assert (await neighbour.get(f"/sessions/v1/templates/{template}")).status_code == 404
    assert [await listed(neighbour, shared=shared) for shared in (False, True)] == [[], []]


async def test_what_is_shared_can_be_read_and_says_whose_it_is(place: Playground) -> None:
    staff, neighbour = place.client(Role.STAFF), a_neighbour(place)
    template = await a_shared_template(staff)
    found = (await neighbour.get(f"/sessions/v1/templates/{template}")).json()
    assert (found["title"], found["corporation"]) == ("Winter", "woonpartners")
    assert [await listed(neighbour, shared=shared) for shared in (False, True)] == [[], [template]]


async def test_what_is_taken_back_can_be_read_no_more(place: Playground) -> None:
    staff, neighbour = place.client(Role.STAFF), a_neighbour(place)
    template = await a_shared_template(staff)
    await done(staff, f"/sessions/v1/templates/{template}/unsharing")
    assert (await neighbour.get(f"/sessions/v1/templates/{template}")).status_code == 404


async def test_what_another_corporation_shares_cannot_be_changed(place: Playground) -> None:
    neighbour = a_neighbour(place)
    template = f"/sessions/v1/templates/{await a_shared_template(place.client(Role.STAFF))}"
    body = {"title": "Van ons", "entries": [ENTRY]}
    refused = [
        await neighbour.put(template, json=body, headers={"If-Match": '"2"'}),
        await neighbour.post(f"{template}/unsharing"),
        await neighbour.post(f"{template}/sharing", json=CHECKED),
    ]
    assert [one.status_code for one in refused] == [404, 404, 404]


@pytest.mark.parametrize("statement", TAMPERING)
async def test_the_database_itself_lets_nobody_touch_what_another_shares(
    place: Playground, statement: str
) -> None:
    template = await a_shared_template(place.client(Role.STAFF))
    assert await sql(place, "de-waterlelie", statement, template) == 0
    read = "SELECT title FROM templates WHERE shared AND id = :id"
    assert await sql(place, "woonpartners", read, template) == "Winter"


async def test_what_a_corporation_shared_goes_with_it(place: Playground) -> None:
    template = await a_shared_template(place.client(Role.STAFF))
    neighbour = place.client(Role.STAFF, corporation="de-waterlelie")
    everybody = Corporations(place.process.corporations.values())
    await place.process.serve(Corporations([everybody["de-waterlelie"]]))
    try:
        assert await listed(neighbour, shared=True) == []
        assert (await neighbour.get(f"/sessions/v1/templates/{template}")).status_code == 404
    finally:
        await place.process.serve(everybody)
    assert template in await listed(neighbour, shared=True)


async def test_without_a_corporation_not_even_what_is_shared_can_be_read(place: Playground) -> None:
    await a_shared_template(place.client(Role.STAFF))
    with pytest.raises(DBAPIError, match="no corporation is set"):
        async with place.service("sessions").database.engine.connect() as connection:
            await connection.execute(text("SELECT * FROM templates"))


async def test_a_house_starts_from_what_another_corporation_shares(place: Playground) -> None:
    neighbour = a_neighbour(place)
    template = await a_shared_template(place.client(Role.STAFF))
    house = await made(neighbour, "/sessions/v1/houses", {**HOUSE, "template_id": template})
    drafts = (await neighbour.get("/sessions/v1/sessions", params={"house": house})).json()["items"]
    assert [(one["title"], one["state"], one["place"]) for one in drafts] == [("Koffietafel", "draft", None)]


async def test_a_house_cannot_start_from_what_is_not_shared(place: Playground) -> None:
    template = await a_template(place.client(Role.STAFF))
    answers = [
        await a_neighbour(place).post("/sessions/v1/houses", json={**HOUSE, "template_id": id})
        for id in (template, str(uuid4()))
    ]
    assert [(one.status_code, problem(one), fields(one)) for one in answers] == [
        (404, "no-template", ["/template_id"])
    ] * 2


async def test_a_title_that_names_somebody_can_be_changed_before_it_is_shared(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    template = f"/sessions/v1/templates/{await a_template(staff)}"
    body = {"title": "Winter", "entries": [{**ENTRY, "title": "Koffie", "rule": "FREQ=WEEKLY;BYDAY=WE"}]}
    changed = await staff.put(template, json=body, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    [entry] = (await staff.get(template)).json()["entries"]
    assert (entry["title"], entry["rule"], entry["roles"]) == ("Koffie", "FREQ=WEEKLY;BYDAY=WE", {"host": 2})


async def test_nobody_shares_what_nobody_read(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    template = await a_template(staff)
    refused = await staff.post(f"/sessions/v1/templates/{template}/sharing", json={"checked": False})
    assert (refused.status_code, problem(refused), fields(refused)) == (409, "not-checked", ["/checked"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("weekday", 8),
        ("minutes", 0),
        ("starts", "25:00"),
        ("day", -1),
        ("rule", "elke week"),
        ("rule", "FREQ=YEARLY"),
        ("rule", "FREQ=WEEKLY;BYDAY=XX"),
        ("rule", "FREQ=SECONDLY"),
    ],
)
async def test_an_entry_is_what_a_calendar_can_hold(place: Playground, name: str, value: Any) -> None:
    staff = place.client(Role.STAFF)
    template = f"/sessions/v1/templates/{await a_template(staff)}"
    body = {"title": "Winter", "entries": [{**ENTRY, name: value}]}
    refused = await staff.put(template, json=body, headers={"If-Match": '"1"'})
    assert (refused.status_code in (400, 422), fields(refused)) == (True, [f"/entries/0/{name}"])
