"""Chain partners are organisations: an idea shows which brought it in, and a colleague takes it over."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.events.surveys import Origin
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from buurtthuis_surveys.domain.themes import Proposer, Theme, ThemeCannotMove

from tests.conftest import together
from tests.people import a_neighbour, a_theme, done, problem

place = together

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def partner(place: Playground, organisation: str | None = "welzijn") -> httpx.AsyncClient:
    """Somebody new who works there."""
    return place.client(Role.CHAIN_PARTNER, organisation=organisation)


async def reworded(client: httpx.AsyncClient, theme: str, version: int, title: str) -> httpx.Response:
    body = {"title": title, "captured_via": "web"}
    return await client.put(f"/surveys/v1/themes/{theme}", json=body, headers={"If-Match": f'"{version}"'})


async def shown(client: httpx.AsyncClient, theme: str) -> dict[str, Any]:
    response = await client.get(f"/surveys/v1/themes/{theme}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_an_idea_shows_which_organisation_brought_it_in_to_all_who_read_it(place: Playground) -> None:
    staff, house = place.client(Role.STAFF), str(uuid4())
    theme = await a_theme(partner(place), house_id=house)
    other = await a_theme(partner(place, "bibliotheek"), house_id=house)
    for id in (theme, other):
        await done(staff, f"/surveys/v1/themes/{id}/admission")
    for reader in (staff, await a_neighbour(place, house), partner(place, None)):
        found = await shown(reader, theme)
        assert (found["organisation"], found["organisation_name"]) == (
            "welzijn",
            "Stichting Welzijn Waddinxveen",
        )
    listed = (await staff.get(f"/surveys/v1/themes?house={house}&organisation=bibliotheek")).json()["items"]
    assert [one["id"] for one in listed] == [other]
    rows = (await staff.get(f"/surveys/v1/themes/export?house={house}&format=json")).json()
    assert [row["organisation_name"] for row in rows] == [
        "Stichting Welzijn Waddinxveen",
        "Bibliotheek De Groene Venen",
    ]
    said = [one for one in await place.events("surveys") if one["subject"] == theme]
    assert said[0]["data"]["organisation"] == "welzijn"
    assert "Stichting" not in str(said)


async def test_a_colleague_takes_over_reads_rewrites_and_withdraws(place: Playground) -> None:
    theme = await a_theme(partner(place), "Kofie")
    colleague = partner(place)
    assert (await shown(colleague, theme))["title"] == "Kofie"
    found = (await colleague.get("/surveys/v1/themes?organisation=welzijn&limit=200")).json()["items"]
    assert theme in [one["id"] for one in found]
    assert (await reworded(colleague, theme, 1, "Koffie")).status_code == 200
    assert (await shown(place.client(Role.STAFF), theme))["title"] == "Koffie"
    await done(colleague, f"/surveys/v1/themes/{theme}/withdrawal")


async def test_what_was_admitted_is_not_rewritten_by_who_brought_it_in(place: Playground) -> None:
    staff, mine = place.client(Role.STAFF), partner(place)
    theme = await a_theme(mine)
    await done(staff, f"/surveys/v1/themes/{theme}/admission")
    refused = await reworded(mine, theme, 2, "Iets anders")
    assert (refused.status_code, problem(refused)) == (409, "theme-cannot-move")


def test_what_moderators_hid_is_not_rewritten_while_they_look_at_it() -> None:
    mine = Proposer(Actor(ActorKind.CHAIN_PARTNER, uuid4()), "welzijn")
    theme, _ = Theme.propose(
        uuid4(),
        "Koffie",
        Origin.CHAIN_PARTNER,
        now=NOW,
        proposed_by=mine.actor.person,
        organisation="welzijn",
    )
    theme.hide()
    with pytest.raises(ThemeCannotMove):
        theme.reword("Thee", mine)
    assert theme.title == "Koffie"
    theme.show()
    assert theme.reword("Thee", mine).title == "Thee"


async def test_another_organisation_and_somebody_without_one_take_nothing_over(place: Playground) -> None:
    theme = await a_theme(partner(place))
    for stranger in (partner(place, "bibliotheek"), partner(place, None), partner(place, "unknown")):
        assert (await stranger.get(f"/surveys/v1/themes/{theme}")).status_code == 404
        refused = await stranger.post(f"/surveys/v1/themes/{theme}/withdrawal")
        assert (refused.status_code, problem(refused)) == (403, "not-your-theme")
        refused = await reworded(stranger, theme, 1, "x")
        assert (refused.status_code, problem(refused)) == (403, "not-your-theme")


@pytest.mark.parametrize(
    ("role", "organisation"), [(Role.CHAIN_PARTNER, "bibliotheek"), (Role.RESIDENT, None)]
)
async def test_whoever_works_there_no_more_leaves_the_idea_to_those_who_do(
    place: Playground, role: Role, organisation: str | None
) -> None:
    subject = uuid4()
    theme = await a_theme(place.client(Role.CHAIN_PARTNER, subject=subject, organisation="welzijn"))
    left = place.client(role, subject=subject, organisation=organisation)
    assert (await left.get(f"/surveys/v1/themes/{theme}")).status_code == 404
    assert (await left.get(f"/surveys/v1/themes/{theme}/timeline")).status_code == 404
    refused = await left.post(f"/surveys/v1/themes/{theme}/withdrawal")
    assert (refused.status_code, problem(refused)) == (403, "not-your-theme")
    await done(partner(place), f"/surveys/v1/themes/{theme}/withdrawal")


async def test_two_without_an_organisation_are_no_colleagues(place: Playground) -> None:
    one, other = partner(place, None), partner(place, "unknown")
    theme = await a_theme(other)
    assert (await shown(other, theme))["organisation"] is None
    assert (await one.get(f"/surveys/v1/themes/{theme}")).status_code == 404


async def test_a_resident_whose_token_names_an_organisation_is_none_of_it(place: Playground) -> None:
    house, subject = str(uuid4()), uuid4()
    await a_neighbour(place, house, subject)
    resident = place.client(Role.RESIDENT, subject=subject, organisation="welzijn")
    theirs = await a_theme(partner(place))
    mine = await a_theme(resident, house_id=house)
    assert (await shown(resident, mine))["organisation"] is None
    assert (await resident.get(f"/surveys/v1/themes/{theirs}")).status_code == 404
