"""What residents do together with themes, over HTTP: support, merges that cross, and what everybody sees of it."""

import asyncio
from typing import Any

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.conftest import together
from tests.people import a_neighbour, a_theme, at_once, done, fields, problem

place = together

HOUSE = "01a204c1-fe22-7520-b7a9-199f15c86465"


async def admitted(staff: httpx.AsyncClient, title: str = "Ontmoeten") -> str:
    theme = await a_theme(staff, title, house_id=HOUSE)
    await done(staff, f"/surveys/v1/themes/{theme}/admission")
    return theme


async def read(client: httpx.AsyncClient, theme: str) -> dict[str, Any]:
    return dict((await client.get(f"/surveys/v1/themes/{theme}")).json())


async def merge(staff: httpx.AsyncClient, theme: str, into: str) -> httpx.Response:
    return await staff.post(f"/surveys/v1/themes/{theme}/merge", json={"into": into})


async def test_a_hundred_residents_support_a_theme_at_once(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    theme = await admitted(staff)
    residents = [await a_neighbour(place, HOUSE) for _ in range(100)]
    answers = await at_once(100, lambda n: residents[n].post(f"/surveys/v1/themes/{theme}/support"))
    assert {one.status_code for one in answers} == {200}
    assert (await read(staff, theme))["supporters"] == 100


async def test_one_resident_counts_once_however_often_they_tap(place: Playground) -> None:
    staff, resident = place.client(Role.STAFF), await a_neighbour(place, HOUSE)
    theme = await admitted(staff)
    answers = await at_once(20, lambda _: resident.post(f"/surveys/v1/themes/{theme}/support"))
    assert sorted(one.status_code for one in answers) == [200] + [409] * 19
    assert (await read(staff, theme))["supporters"] == 1


async def test_support_can_be_seen_by_whoever_gave_it_and_taken_back(place: Playground) -> None:
    staff, resident = place.client(Role.STAFF), await a_neighbour(place, HOUSE)
    theme = await admitted(staff)
    await done(resident, f"/surveys/v1/themes/{theme}/support")
    assert [(await read(one, theme))["supported"] for one in (resident, staff)] == [True, False]
    assert (await resident.delete(f"/surveys/v1/themes/{theme}/support")).status_code == 200
    assert (await read(resident, theme))["supporters"] == 0


async def test_no_event_says_who_supports_a_theme(place: Playground) -> None:
    staff, resident = place.client(Role.STAFF), await a_neighbour(place, HOUSE)
    theme = await admitted(staff)
    await done(resident, f"/surveys/v1/themes/{theme}/support")
    await place.settled()
    supported = (await place.events("surveys"))[-1]
    assert (supported["type"], supported["actor"]) == (
        "nl.buurtthuis.surveys.theme-supported.v1",
        "resident",
    )


async def test_support_that_races_with_a_merge_is_in_one_place_or_refused(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    theme, into = await admitted(staff), await admitted(staff, "Koffie")
    residents = [await a_neighbour(place, HOUSE) for _ in range(40)]
    for n in range(10):
        await done(residents[n], f"/surveys/v1/themes/{into}/support")
    answers, merged = await asyncio.gather(
        at_once(40, lambda n: residents[n].post(f"/surveys/v1/themes/{theme}/support")),
        merge(staff, theme, into),
    )
    assert merged.status_code == 200
    in_time = {n for n, answer in enumerate(answers) if answer.status_code == 200}
    assert {answers[n].status_code for n in set(range(40)) - in_time} <= {409}
    assert (await read(staff, theme))["supporters"] == 0
    assert (await read(staff, into))["supporters"] == len(in_time | set(range(10)))


async def test_merges_that_cross_neither_hang_nor_make_a_circle(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    for _ in range(10):
        one, other = await admitted(staff), await admitted(staff)
        answers = await asyncio.gather(merge(staff, one, other), merge(staff, other, one))
        assert sorted(answer.status_code for answer in answers) == [200, 409]


@pytest.mark.parametrize(
    ("into", "status", "kind"),
    [
        ("itself", 422, "merge-into-itself"),
        ("elsewhere", 422, "other-house"),
        ("merged", 409, "cannot-merge-into"),
    ],
)
async def test_a_merge_that_cannot_be_names_the_field(
    place: Playground, into: str, status: int, kind: str
) -> None:
    staff = place.client(Role.STAFF)
    theme, merged = await admitted(staff), await admitted(staff)
    await merge(staff, merged, await admitted(staff))
    target = {"itself": theme, "elsewhere": await a_theme(staff), "merged": merged}[into]
    response = await merge(staff, theme, target)
    assert (response.status_code, problem(response), fields(response)) == (status, kind, ["/into"])


async def test_what_was_merged_before_it_was_admitted_stays_between_its_proposer_and_staff(
    place: Playground,
) -> None:
    staff, other = place.client(Role.STAFF), place.client(Role.RESIDENT)
    proposer = await a_neighbour(place, HOUSE)
    theme = await a_theme(proposer, "Iets over de buurvrouw", house_id=HOUSE)
    await merge(staff, theme, await admitted(staff))
    answers = [await client.get(f"/surveys/v1/themes/{theme}") for client in (proposer, staff, other)]
    assert [one.status_code for one in answers] == [200, 200, 404]
