"""How a page is looked after, over HTTP."""

import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.conftest import together
from tests.moderation.people import a_page, a_post, guided, looked_after, read
from tests.people import HOUSE, fields, made, problem

place = together


async def test_a_house_that_opens_has_a_page_on_which_first_posts_wait(place: Playground) -> None:
    house = await made(place.client(Role.STAFF), "/sessions/v1/houses", HOUSE)
    await place.settled()
    page = (await place.client(Role.RESIDENT).get(f"/moderation/v1/pages/{house}")).json()
    assert (page["state"], page["first_posts"]) == ("open", 1)


async def test_everybody_reads_by_which_rules_something_waits(place: Playground) -> None:
    page = await a_page(place, checks={"links": "off"})
    found = (await place.client(Role.RESIDENT).get(f"/moderation/v1/pages/{page}")).json()
    assert found["checks"] == {"words": "advice", "contacts": "hold", "links": "off", "floods": "hold"}


async def test_what_a_house_looks_for_is_not_told_to_residents(place: Playground) -> None:
    page = await a_page(place, words=["duivenmelker"], links=["voorbeeld.nl"])
    resident, guide_of_another = place.client(Role.RESIDENT), place.client(Role.GUIDE)
    for one in (resident, guide_of_another):
        assert (await one.get(f"/moderation/v1/pages/{page}/rules")).status_code == 403
    assert "duivenmelker" not in (await resident.get(f"/moderation/v1/pages/{page}")).text


@pytest.mark.parametrize("role", [Role.STAFF, Role.GUIDE])
async def test_whoever_looks_after_the_page_reads_what_it_looks_for(place: Playground, role: Role) -> None:
    page = await a_page(place, words=["duivenmelker"], links=["voorbeeld.nl"])
    reader = await guided(place, page) if role is Role.GUIDE else place.client(role)
    rules = (await reader.get(f"/moderation/v1/pages/{page}/rules")).json()
    assert (rules["words"], rules["links"]) == (["duivenmelker"], ["voorbeeld.nl"])


async def test_a_change_of_the_rules_counts_for_what_is_written_after_it(place: Playground) -> None:
    page, author = (
        await a_page(place, words=["duivenmelker"], checks={"words": "hold"}),
        place.client(Role.RESIDENT),
    )
    before = await a_post(author, page, "Jij duivenmelker")
    await looked_after(place.client(Role.STAFF), page, first_posts=0)
    after = await a_post(author, page, "Wat een duivenmelker")
    assert [(await read(author, one))["state"] for one in (before, after)] == ["pending", "published"]


async def test_of_two_who_change_the_rules_the_second_reads_them_first(place: Playground) -> None:
    page = await a_page(place)
    response = await place.client(Role.STAFF).put(
        f"/moderation/v1/pages/{page}/rules", json={}, headers={"If-Match": '"0"'}
    )
    assert problem(response) == "outdated"


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"first_posts": -1}, "/first_posts"),
        ({"checks": {"smileys": "off"}}, "/checks/smileys/[key]"),
        ({"words": ["a"]}, "/words/0"),
        ({"links": ["https://voorbeeld.nl"]}, "/links/0"),
    ],
)
async def test_rules_that_make_no_sense_are_refused_by_field(
    place: Playground, rules: dict[str, object], field: str
) -> None:
    page = await a_page(place)
    response = await place.client(Role.STAFF).put(
        f"/moderation/v1/pages/{page}/rules", json=rules, headers={"If-Match": '"1"'}
    )
    assert (response.status_code, fields(response)) == (400, [field])
