"""Surveys over HTTP: who may bring in what, and who sees what."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.conftest import emptied
from tests.people import a_neighbour, a_theme, an_idea, done, made, problem

place = emptied

AFTER_ADMISSION = {"selected": "selection", "parked": "parking"}
READERS = (Role.STAFF, Role.GUIDE, Role.RESIDENT, Role.CHAIN_PARTNER)


async def seen(client: httpx.AsyncClient, **query: Any) -> set[str]:
    """The ids of the themes in the list."""
    return {item["id"] for item in (await client.get("/surveys/v1/themes", params=query)).json()["items"]}


async def in_state(place: Playground, state: str) -> str:
    """A theme that a resident proposed and staff brought to this state."""
    staff = place.client(Role.STAFF)
    _, theme = await an_idea(place)
    if state == "rejected":
        await done(staff, f"/surveys/v1/themes/{theme}/rejection", {"reason": "Te duur."})
    if state == "admitted" or state in AFTER_ADMISSION:
        await done(staff, f"/surveys/v1/themes/{theme}/admission")
    if state in AFTER_ADMISSION:
        await done(staff, f"/surveys/v1/themes/{theme}/{AFTER_ADMISSION[state]}")
    return theme


@pytest.mark.parametrize(
    ("role", "channel", "origin"),
    [
        (Role.RESIDENT, "web", "resident"),
        (Role.STAFF, "paper", "resident"),
        (Role.STAFF, "door", "resident"),
        (Role.STAFF, "phone", "resident"),
        (Role.STAFF, "session", "resident"),
        (Role.STAFF, "web", "corporation"),
        (Role.CHAIN_PARTNER, "web", "chain_partner"),
    ],
)
async def test_whose_idea_it_is_follows_from_who_brings_it_in_and_how(
    place: Playground, role: Role, channel: str, origin: str
) -> None:
    house = str(uuid4())
    client = await a_neighbour(place, house) if role is Role.RESIDENT else place.client(role)
    theme = await a_theme(client, house_id=house, captured_via=channel)
    read = (await place.client(Role.STAFF).get(f"/surveys/v1/themes/{theme}")).json()
    assert (read["origin"], read["captured_via"]) == (origin, channel)


async def test_a_resident_cannot_say_that_staff_took_it_down(place: Playground) -> None:
    _, theme = await an_idea(place, captured_via="paper")
    assert (await place.client(Role.STAFF).get(f"/surveys/v1/themes/{theme}")).json()["captured_via"] == "web"


@pytest.mark.parametrize("state", ["proposed", "rejected"])
@pytest.mark.parametrize("role", [Role.RESIDENT, Role.CHAIN_PARTNER])
async def test_others_do_not_see_what_is_not_admitted(place: Playground, state: str, role: Role) -> None:
    theme, other = await in_state(place, state), place.client(role)
    assert await seen(other) == set()
    assert (await other.get(f"/surveys/v1/themes/{theme}")).status_code == 404


@pytest.mark.parametrize("state", ["admitted", "selected", "parked"])
@pytest.mark.parametrize("role", READERS)
async def test_everybody_sees_what_is_admitted_and_what_became_of_it(
    place: Playground, state: str, role: Role
) -> None:
    theme = await in_state(place, state)
    assert await seen(place.client(role)) == {theme}


async def proposed_by(role: Role, place: Playground) -> tuple[httpx.AsyncClient, str]:
    if role is Role.RESIDENT:
        return await an_idea(place)
    partner = place.client(role)
    return partner, await a_theme(partner)


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.CHAIN_PARTNER])
async def test_whoever_proposed_it_sees_it_from_the_first_moment(place: Playground, role: Role) -> None:
    proposer, theme = await proposed_by(role, place)
    assert await seen(proposer) == {theme}


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.CHAIN_PARTNER])
async def test_whoever_proposed_it_can_withdraw_it(place: Playground, role: Role) -> None:
    proposer, theme = await proposed_by(role, place)
    await done(proposer, f"/surveys/v1/themes/{theme}/withdrawal")
    assert (await proposer.get(f"/surveys/v1/themes/{theme}")).json()["state"] == "withdrawn"


async def test_somebody_else_cannot_withdraw_it(place: Playground) -> None:
    _, theme = await an_idea(place)
    response = await place.client(Role.RESIDENT).post(f"/surveys/v1/themes/{theme}/withdrawal")
    assert (response.status_code, problem(response)) == (403, "not-your-theme")


async def test_the_proposer_reads_why_it_was_rejected(place: Playground) -> None:
    proposer, theme = await an_idea(place)
    await done(place.client(Role.STAFF), f"/surveys/v1/themes/{theme}/rejection", {"reason": "Te duur."})
    assert (await proposer.get(f"/surveys/v1/themes/{theme}")).json()["reason"] == "Te duur."


async def test_nobody_reads_who_proposed_it(place: Playground) -> None:
    subject = uuid4()
    _, theme = await an_idea(place, subject=subject)
    response = await place.client(Role.STAFF).get(f"/surveys/v1/themes/{theme}")
    assert str(subject) not in response.text


async def test_a_list_can_be_of_one_house(place: Playground) -> None:
    staff, house = place.client(Role.STAFF), str(uuid4())
    theme, _ = await a_theme(staff, house_id=house), await a_theme(staff)
    assert await seen(staff, house=house) == {theme}


async def test_a_list_can_be_of_one_state(place: Playground) -> None:
    parked, _ = await in_state(place, "parked"), await in_state(place, "admitted")
    assert await seen(place.client(Role.STAFF), state="parked") == {parked}


async def test_a_resident_who_asks_for_rejected_themes_sees_their_own_only(place: Playground) -> None:
    await in_state(place, "rejected")
    assert await seen(place.client(Role.RESIDENT), state="rejected") == set()


async def test_a_refused_move_says_from_where_to_where(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    response = await staff.post(f"/surveys/v1/themes/{await a_theme(staff)}/selection")
    assert (response.status_code, problem(response)) == (409, "theme-cannot-move")
    assert response.json()["detail"] == "A theme that is proposed cannot become selected."


@pytest.mark.parametrize("title", ["", " ", "x" * 201, None, 3])
async def test_a_title_is_a_few_words(place: Playground, title: object) -> None:
    response = await place.client(Role.RESIDENT).post(
        "/surveys/v1/themes", json={"house_id": str(uuid4()), "title": title}
    )
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "/title")


async def test_spaces_around_a_title_are_dropped(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    theme = await made(staff, "/surveys/v1/themes", {"house_id": str(uuid4()), "title": "  Thee  "})
    assert (await staff.get(f"/surveys/v1/themes/{theme}")).json()["title"] == "Thee"


async def test_a_resident_of_another_house_proposes_and_supports_nothing_here(place: Playground) -> None:
    """Whoever has moved out of it either; what they did before stays."""
    staff, house, other = place.client(Role.STAFF), str(uuid4()), str(uuid4())
    resident, theme = await an_idea(place, house=house)
    await done(staff, f"/surveys/v1/themes/{theme}/admission")
    stranger = await a_neighbour(place, other)
    for client in (stranger, place.client(Role.RESIDENT)):
        for path, body in (
            ("/surveys/v1/themes", {"house_id": house, "title": "Thee"}),
            (f"/surveys/v1/themes/{theme}/support", None),
        ):
            refused = await client.post(path, json=body)
            assert (refused.status_code, problem(refused)) == (403, "not-of-this-house")
    assert (await resident.post(f"/surveys/v1/themes/{theme}/support")).status_code == 200
