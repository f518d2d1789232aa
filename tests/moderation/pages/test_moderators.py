"""Those who look after a page."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from buurtthuis_moderation.domain.pages import WANTED, Page

from tests.conftest import together
from tests.moderation.people import a_page, a_post, guided, on_page, read
from tests.people import done, event_types, fields, problem

place = together

JAN, PIET, FATMA = (uuid4() for _ in range(3))
MONDAY = date(2018, 12, 10)


async def appointed(client: httpx.AsyncClient, page: str, resident: UUID = JAN) -> httpx.Response:
    return await client.post(f"/moderation/v1/pages/{page}/moderators", json={"resident_id": str(resident)})


async def team(place: Playground, page: str) -> list[str]:
    found = (await place.client(Role.STAFF).get(f"/moderation/v1/pages/{page}/team")).json()
    return [one["resident_id"] for one in found["moderators"]]


# In turn.


def test_each_week_another_looks_first() -> None:
    page = Page(uuid4(), moderators=(JAN, PIET, FATMA))
    weeks = [page.on_duty(MONDAY + timedelta(weeks=number)) for number in range(4)]
    assert {*weeks[:3]} == {JAN, PIET, FATMA}
    assert weeks[3] == weeks[0]


def test_a_week_lasts_from_monday_to_sunday() -> None:
    page = Page(uuid4(), moderators=(JAN, PIET))
    assert len({page.on_duty(MONDAY + timedelta(days=number)) for number in range(7)}) == 1


def test_where_nobody_moderates_nobody_looks_first() -> None:
    assert Page(uuid4()).on_duty(MONDAY) is None


async def test_a_week_begins_when_it_is_monday_where_the_house_is(place: Playground) -> None:
    page = await a_page(place)
    for resident in (JAN, PIET):
        await appointed(place.client(Role.STAFF), page, resident)
    midnight = datetime(2018, 12, 10, tzinfo=ZoneInfo("Europe/Amsterdam"))
    first = []
    for moment in (midnight - timedelta(minutes=1), midnight):
        place.clock.move_to(moment.astimezone(UTC))
        found = (await place.client(Role.STAFF).get(f"/moderation/v1/pages/{page}/team")).json()
        first += [one["resident_id"] for one in found["moderators"] if one["on_duty"]]
    assert {*first} == {str(JAN), str(PIET)}


# Appointing.


async def test_moderators_are_staffs_choice_and_nobody_elses(place: Playground) -> None:
    """So that of two who remove something together neither chose the other."""
    page = await a_page(place)
    await appointed(place.client(Role.STAFF), page, JAN)
    for somebody in (place.client(Role.RESIDENT, subject=JAN), await guided(place, page)):
        assert problem(await appointed(somebody, page, PIET)) == "forbidden"
    assert await team(place, page) == [str(JAN)]


async def test_nobody_is_appointed_twice(place: Playground) -> None:
    page, staff = await a_page(place), place.client(Role.STAFF)
    await appointed(staff, page)
    assert problem(await appointed(staff, page)) == "moderates-already"


async def test_staff_are_told_while_there_are_too_few(place: Playground) -> None:
    page, staff = await a_page(place), place.client(Role.STAFF)
    for resident in (JAN, PIET):
        await appointed(staff, page, resident)
    await done(place.client(Role.RESIDENT, subject=PIET), f"/moderation/v1/pages/{page}/resignation", {})
    said = [one["data"] for one in await place.events("moderation") if "wanted" in one["type"]]
    assert [(one["moderators"], one["wanted"]) for one in said] == [(1, WANTED), (1, WANTED)]


async def test_the_team_goes_by_the_names_on_the_page(place: Playground) -> None:
    page, jan = await a_page(place), place.client(Role.RESIDENT, subject=JAN)
    await appointed(place.client(Role.STAFF), page)
    await done(jan, f"/moderation/v1/pages/{page}/name", {"name": "Jan"})
    found = (await jan.get(f"/moderation/v1/pages/{page}/team")).json()["moderators"]
    assert found == [{"resident_id": str(JAN), "name": "Jan", "on_duty": True}]


async def test_the_other_residents_see_a_name_and_no_pseudonym_beside_it(place: Playground) -> None:
    """Whoever leads a session sees pseudonyms, with what people need."""
    page, jan = await a_page(place), place.client(Role.RESIDENT, subject=JAN)
    await appointed(place.client(Role.STAFF), page)
    await done(jan, f"/moderation/v1/pages/{page}/name", {"name": "Jan"})
    neighbour = place.client(Role.RESIDENT, subject=PIET)
    found = (await neighbour.get(f"/moderation/v1/pages/{page}/team")).json()["moderators"]
    assert found == [{"resident_id": None, "name": "Jan", "on_duty": True}]


async def test_a_guide_stands_by(place: Playground) -> None:
    page, staff = await a_page(place), place.client(Role.STAFF)
    await done(staff, f"/moderation/v1/pages/{page}/guide", {"guide_id": str(FATMA)})
    assert (await staff.get(f"/moderation/v1/pages/{page}/team")).json()["guide_id"] == str(FATMA)


# Resigning.


async def test_staff_let_a_moderator_go(place: Playground) -> None:
    page, staff = await a_page(place), place.client(Role.STAFF)
    await appointed(staff, page)
    await done(staff, f"/moderation/v1/pages/{page}/resignation", {"resident_id": str(JAN)})
    assert await team(place, page) == []


@pytest.mark.parametrize(("role", "body"), [(Role.RESIDENT, {"resident_id": str(JAN)}), (Role.STAFF, {})])
async def test_residents_resign_themselves_and_staff_say_who(
    place: Playground, role: Role, body: Any
) -> None:
    page = await a_page(place)
    await appointed(place.client(Role.STAFF), page)
    response = await place.client(role).post(f"/moderation/v1/pages/{page}/resignation", json=body)
    assert (response.status_code, fields(response)) == (422, ["/resident_id"])


async def test_whoever_does_not_moderate_cannot_resign(place: Playground) -> None:
    page = await a_page(place)
    response = await place.client(Role.RESIDENT).post(f"/moderation/v1/pages/{page}/resignation", json={})
    assert problem(response) == "does-not-moderate"


# What they may.


async def test_a_moderator_sees_what_waits_on_their_page_and_nowhere_else(place: Playground) -> None:
    here, there = await a_page(place, first_posts=1), await a_page(place, first_posts=1)
    await appointed(place.client(Role.STAFF), here)
    jan, author = place.client(Role.RESIDENT, subject=JAN), place.client(Role.RESIDENT)
    posts = [await a_post(author, page) for page in (here, there)]
    assert (await on_page(jan, here), await on_page(jan, there)) == ([posts[0]], [])


async def test_a_moderator_sees_what_checks_found(place: Playground) -> None:
    page = await a_page(place)
    await appointed(place.client(Role.STAFF), page)
    post = await a_post(place.client(Role.RESIDENT), page, "Jij klootzak")
    found = (await read(place.client(Role.RESIDENT, subject=JAN), post))["findings"]
    assert [one["check"] for one in found] == ["words"]


async def test_a_moderator_pins_and_changes_the_rules(place: Playground) -> None:
    page = await a_page(place)
    await appointed(place.client(Role.STAFF), page)
    jan = place.client(Role.RESIDENT, subject=JAN)
    post = await a_post(jan, page)
    await done(jan, f"/moderation/v1/posts/{post}/pin")
    version = (await jan.get(f"/moderation/v1/pages/{page}/rules")).headers["ETag"]
    response = await jan.put(
        f"/moderation/v1/pages/{page}/rules", json={"first_posts": 2}, headers={"If-Match": version}
    )
    assert response.status_code == 200, response.text


async def test_nobody_else_does(place: Playground) -> None:
    page, other = await a_page(place), place.client(Role.RESIDENT)
    post = await a_post(other, page)
    answers = [
        await other.post(f"/moderation/v1/posts/{post}/pin"),
        await other.delete(f"/moderation/v1/posts/{post}/pin"),
        await other.get(f"/moderation/v1/pages/{page}/rules"),
        await other.put(f"/moderation/v1/pages/{page}/rules", json={}, headers={"If-Match": '"1"'}),
    ]
    assert [problem(one) for one in answers] == ["not-a-moderator"] * 4


async def test_on_an_archived_page_nobody_is_appointed_and_nobody_is_wanted(place: Playground) -> None:
    page, staff = await a_page(place), place.client(Role.STAFF)
    await appointed(staff, page)
    await done(
        staff, f"/sessions/v1/houses/{page}/ending", {"outcome": "stopped", "reason": "x", "at_once": True}
    )
    await place.settled()
    assert problem(await appointed(staff, page, PIET)) == "page-is-archived"
    await done(staff, f"/moderation/v1/pages/{page}/resignation", {"resident_id": str(JAN)})
    assert event_types(await place.events("moderation"))[-1] == "moderator-resigned"
