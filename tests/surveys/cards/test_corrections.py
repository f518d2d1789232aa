"""Cards and ideas that staff typed in wrongly and put right on the same day, and how many were typed in."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from buurtthuis_surveys.domain.cards import ON_A_CARD

from tests.conftest import together
from tests.people import (
    a_ballot,
    a_theme,
    an_idea,
    an_open_survey,
    done,
    event_types,
    fields,
    made,
    problem,
)
from tests.surveys.cards.test_api import running, send

place = together

CODE = "K7QP-2MXD"


async def entered(staff: httpx.AsyncClient, campaign: str, number: str = "1", **more: Any) -> str:
    body = {"number": number, "title": "Kofie drinken", **more}
    return await made(staff, f"/surveys/v1/campaigns/{campaign}/cards", body)


async def corrected(staff: httpx.AsyncClient, campaign: str, card: str, **body: Any) -> httpx.Response:
    body = {"number": card, "title": "Koffie drinken", **body}
    return await staff.put(f"/surveys/v1/campaigns/{campaign}/cards/{card}", json=body)


async def claimed(place: Playground, campaign: str, number: str, code: str) -> httpx.Response:
    resident = place.client(Role.RESIDENT)
    return await resident.post(
        f"/surveys/v1/campaigns/{campaign}/claims", json={"number": number, "code": code}
    )


async def put(staff: httpx.AsyncClient, theme: str, version: int = 1, **body: Any) -> httpx.Response:
    body = {"title": "Samen koken", "captured_via": "door", **body}
    return await staff.put(f"/surveys/v1/themes/{theme}", json=body, headers={"If-Match": f'"{version}"'})


async def test_a_card_is_put_right_with_its_words_road_number_and_code(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    campaign = await running(staff)
    theme = await entered(staff, campaign, "17", code="WRONG-CODE")
    answer = await corrected(staff, campaign, "17", captured_via="door", code=CODE, number="71")
    assert (answer.status_code, answer.json()["id"]) == (200, theme), answer.text
    found = (await staff.get(f"/surveys/v1/themes/{theme}")).json()
    assert (found["title"], found["captured_via"], found["source_id"]) == ("Koffie drinken", "door", campaign)
    assert (await claimed(place, campaign, "17", CODE)).status_code == 409
    assert (await claimed(place, campaign, "71", CODE)).json() == {"theme_id": theme}
    assert (await entered(staff, campaign, "17")) != theme


async def test_a_card_keeps_its_code_where_none_is_sent_and_takes_no_other_cards_number(
    place: Playground,
) -> None:
    staff = place.client(Role.STAFF)
    campaign = await running(staff)
    theme = await entered(staff, campaign, "1", code=CODE)
    await entered(staff, campaign, "2")
    taken = await staff.put(f"/surveys/v1/campaigns/{campaign}/cards/1", json={"number": "2", "title": "x"})
    assert (taken.status_code, problem(taken), fields(taken)) == (409, "card-number-taken", ["/number"])
    assert (await staff.get(f"/surveys/v1/themes/{theme}")).json()["title"] == "Kofie drinken"
    assert (await corrected(staff, campaign, "1")).status_code == 200
    assert (await claimed(place, campaign, "1", CODE)).status_code == 200
    assert (await corrected(staff, campaign, "99")).status_code == 404


async def test_words_that_were_typed_in_by_mistake_are_taken_out_of_what_was_told(place: Playground) -> None:
    """And others hear how it should have been: one event, and nothing of what it said before."""
    staff = place.client(Role.STAFF)
    wrong, right = f"Mevrouw Jansen {uuid4().hex}", f"Koffie {uuid4().hex}"
    theme = await a_theme(staff, wrong, captured_via="paper")
    await place.settled()
    assert (await put(staff, theme, title=right)).status_code == 200
    await place.settled()
    said = [one for one in await place.events("surveys") if one["subject"] == theme]
    assert event_types(said) == ["theme-proposed", "theme-corrected"]
    assert wrong not in str(said)
    assert [one["data"]["title"] for one in said] == [None, right]
    assert said[1]["data"] | {"captured_via": "door", "origin": "resident"} == said[1]["data"]


async def test_the_day_ends_it_and_so_does_what_came_of_the_idea(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    theme = await a_theme(staff, captured_via="paper")
    await done(staff, f"/surveys/v1/themes/{theme}/admission")
    assert (await put(staff, theme, 2)).status_code == 200
    await done(staff, f"/surveys/v1/themes/{theme}/selection")
    late = await put(staff, theme, 4)
    assert (late.status_code, problem(late)) == (409, "too-late-to-correct")
    other = await a_theme(staff, captured_via="paper")
    place.clock.move(timedelta(days=1))
    assert problem(await put(staff, other)) == "too-late-to-correct"


async def test_what_a_resident_proposed_is_theirs_and_a_stale_version_is_refused(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    _, theirs = await an_idea(place)
    assert problem(await put(staff, theirs)) == "too-late-to-correct"
    assert (await put(staff, await a_theme(staff), 7)).status_code == 412


async def test_staff_let_a_card_be_claimed_at_once_after_others_guessed(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    campaign = await running(staff)
    await entered(staff, campaign, code=CODE)
    for _ in range(ON_A_CARD.most):
        assert (await claimed(place, campaign, "1", "XXXXXX")).status_code == 409
    assert (await claimed(place, campaign, "1", CODE)).status_code == 409
    path = f"/surveys/v1/campaigns/{campaign}/cards/1/unlocking"
    assert (await place.client(Role.GUIDE).post(path)).status_code == 403
    await done(staff, path)
    assert (await claimed(place, campaign, "1", CODE)).status_code == 200


async def test_staff_see_how_many_cards_were_typed_in_today_and_in_all(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    campaign = await running(staff)
    await send(staff, campaign, "number;title\n1;a\n2;b\n")
    place.clock.move(timedelta(days=1))
    await entered(staff, campaign, "3")
    path = f"/surveys/v1/campaigns/{campaign}/typing"
    seen = await staff.get(path)
    assert seen.json() == {"today": 1, "in_all": 3, "collected": 0}
    again = await staff.get(path, headers={"If-None-Match": seen.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    await entered(staff, campaign, "4")
    again = await staff.get(path, headers={"If-None-Match": seen.headers["ETag"]})
    assert (again.status_code, again.json()["today"]) == (200, 2)


async def test_staff_see_how_many_ballots_were_typed_in_today_and_in_all(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    typed, path = f"/surveys/v1/surveys/{survey}/typed-ballots", f"/surveys/v1/surveys/{survey}/typing"

    async def type_in(card: str) -> None:
        body = await a_ballot(staff, survey, ["Koffie"], channel="paper", card=card)
        assert (await staff.post(typed, json=body)).status_code == 201

    await type_in("1")
    await type_in("2")
    place.clock.move(timedelta(days=1))
    await staff.post(f"{typed}/sheet", content="card;q1\n3;1\n", headers={"Content-Type": "text/csv"})
    seen = await staff.get(path)
    assert seen.json() == {"today": 1, "in_all": 3, "ballots": 3, "codes": 0}
    assert (await staff.get(path, headers={"If-None-Match": seen.headers["ETag"]})).status_code == 304
    assert (await staff.post(f"{typed}/withdrawal", json={"card": "3"})).status_code == 200
    assert (await staff.get(path)).json()["today"] == 0
    assert (await place.client(Role.RESIDENT).get(path)).status_code == 403
