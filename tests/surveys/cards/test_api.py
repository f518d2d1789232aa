"""Idea cards over HTTP, on real servers."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from buurtthuis_surveys.domain.cards import GUESSES
from sqlalchemy import text

from tests.conftest import together
from tests.people import a_campaign, a_neighbour, at_once, done, fields, made, problem

place = together

CSV = {"Content-Type": "text/csv"}


async def running(staff: httpx.AsyncClient, **more: Any) -> str:
    campaign = await a_campaign(staff, **more)
    await done(staff, f"/surveys/v1/campaigns/{campaign}/start")
    return campaign


async def send(staff: httpx.AsyncClient, campaign: str, sheet: str | bytes, **headers: str) -> Any:
    response = await staff.post(
        f"/surveys/v1/campaigns/{campaign}/cards/sheet", content=sheet, headers={**CSV, **headers}
    )
    assert response.status_code == 200, response.text
    return response.json()


def counts(report: dict[str, Any]) -> tuple[int, int, int]:
    return report["accepted"], report["duplicate"], report["invalid"]


async def titles(staff: httpx.AsyncClient) -> list[str]:
    return [one["title"] for one in (await staff.get("/surveys/v1/themes")).json()["items"]]


MIXED = """number;title;captured_via;code;contact;contact_consent
1;Koffie;paper;K7QP-2MXD;06-12345678;ja
2;;paper;;;
1;Thee;paper;;;
3;Café;fax;;;
4;Moestuin;door;;jansen@example.nl;nee
"""


async def test_good_rows_are_kept_and_the_others_are_named(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    report = await send(staff, await running(staff), MIXED.encode("cp1252"))
    assert counts(report) == (2, 1, 2)
    assert [(row["line"], row["outcome"], row["column"]) for row in report["rows"]] == [
        (3, "invalid", "title"),
        (4, "duplicate", "number"),
        (5, "invalid", "captured_via"),
    ]
    assert await titles(staff) == ["Koffie", "Moestuin"]


async def test_contact_details_go_nowhere(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    report = await send(staff, await running(staff), MIXED)
    assert "Contact details are not kept" in report["notes"][0]
    async with place.service("surveys").database.transaction("woonpartners") as session:
        for table in ("themes", "cards", "journal"):
            rows = (await session.execute(text(f"SELECT {table}::text FROM {table}"))).scalars().all()
            assert rows
            assert not any("12345678" in row or "jansen" in row for row in rows)


async def test_for_each_card_with_a_contact_it_is_said_what_to_do_until_it_is_known_whose_it_is(
    place: Playground,
) -> None:
    staff, house = place.client(Role.STAFF), str(uuid4())
    campaign = await running(staff, house_id=house)
    sheet = """number;title;contact;contact_consent
a-1;Koffie;06-12345678;Ja
2;Thee;jansen@example.nl;nee
3;Moestuin;;ja
4;;0182 123456;ja
"""
    report = await send(staff, campaign, sheet)
    found = [(one["line"], one["number"], one["agreed"]) for one in report["contacts"]]
    assert found == [(2, "A-1", True), (3, "2", False)]
    register, leave = (one["what_to_do"] for one in report["contacts"])
    claim = f"/surveys/v1/campaigns/{campaign}/cards/A-1/claim"
    assert "POST /notifications/v1/residents" in register
    assert f"POST {claim}" in register
    assert "do not keep" in leave
    assert not any(word in str(report) for word in ("12345678", "jansen", "123456"))
    resident = uuid4()
    await a_neighbour(place, house, resident)
    await done(staff, claim, {"resident_id": str(resident)})
    again = await send(staff, campaign, sheet)
    assert [one["number"] for one in again["contacts"]] == ["2"]


async def test_staff_say_whose_card_it_is_and_take_it_back(place: Playground) -> None:
    staff, house, resident = place.client(Role.STAFF), str(uuid4()), uuid4()
    campaign = await running(staff, house_id=house)
    theme = await made(
        staff, f"/surveys/v1/campaigns/{campaign}/cards", {"number": "A-17", "title": "Koffie"}
    )
    claim = f"/surveys/v1/campaigns/{campaign}/cards/a-17/claim"
    body = {"resident_id": str(resident)}
    early = await staff.post(claim, json=body)
    assert (early.status_code, problem(early), fields(early)) == (
        422,
        "not-known-in-house",
        ["/resident_id"],
    )
    theirs = await a_neighbour(place, house, resident)
    assert (await theirs.post(claim, json=body)).status_code == 403
    await done(staff, claim, body)
    assert (await theirs.get(f"/surveys/v1/themes/{theme}")).json()["title"] == "Koffie"
    twice = await staff.post(claim, json=body)
    assert (twice.status_code, problem(twice)) == (409, "card-is-somebodys")
    await done(staff, f"{claim}/withdrawal")
    assert (await theirs.get(f"/surveys/v1/themes/{theme}")).status_code == 404
    late = await staff.post(f"{claim}/withdrawal")
    assert (late.status_code, problem(late)) == (409, "too-late-to-take-back")
    unknown = await staff.post(f"/surveys/v1/campaigns/{campaign}/cards/99/claim", json=body)
    assert unknown.status_code == 404


@pytest.mark.parametrize("key", [None, "the same"])
async def test_a_repeat_of_the_same_sheet_adds_nothing(emptied: Playground, key: str | None) -> None:
    staff, headers = emptied.client(Role.STAFF), {"Idempotency-Key": key} if key else {}
    campaign, sheet = await running(staff), "number,title\n1,Koffie\n2,Thee\n"
    first = await send(staff, campaign, sheet, **headers)
    again = await send(staff, campaign, sheet, **headers)
    assert (counts(first), counts(again)) == ((2, 0, 0), (0, 2, 0))
    assert await titles(staff) == ["Koffie", "Thee"]


async def test_sheets_that_come_at_the_same_moment_add_each_card_once(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    campaign = await running(staff)
    sheets = ["number,title\n" + "".join(f"{n},Idee {n}\n" for n in range(k, k + 60)) for k in (0, 20, 40)]
    reports = await asyncio.gather(*(send(staff, campaign, sheet) for sheet in sheets))
    assert sum(report["accepted"] for report in reports) == 100
    assert sum(report["duplicate"] for report in reports) == 80


async def test_one_number_entered_many_times_at_once_is_one_card(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    path = f"/surveys/v1/campaigns/{await running(staff)}/cards"
    answers = await at_once(20, lambda _: staff.post(path, json={"number": "17", "title": "Koffie"}))
    assert sorted(one.status_code for one in answers) == [201] + [409] * 19


@pytest.mark.parametrize(
    ("sheet", "field"),
    [
        ("number,naam\n1,x", "title"),
        ("number,title,naam\n1,x,y", "naam"),
        ('number,title\n1,ok\n2,"half', "/"),
        ("", "number"),
    ],
)
async def test_a_sheet_that_is_no_table_adds_nothing(emptied: Playground, sheet: str, field: str) -> None:
    staff = emptied.client(Role.STAFF)
    response = await staff.post(
        f"/surveys/v1/campaigns/{await running(staff)}/cards/sheet", content=sheet, headers=CSV
    )
    assert (response.status_code, problem(response), fields(response)) == (400, "malformed", [field])
    assert await titles(staff) == []


async def test_a_sheet_of_a_thousand_and_one_cards_is_entered_whole(place: Playground) -> None:
    """In two transactions, of which the second is no repeat of the first."""
    staff = place.client(Role.STAFF)
    campaign = await running(staff)
    sheet = "number,title\n" + "".join(f"{n},Idee\n" for n in range(1001))
    report = await send(staff, campaign, sheet, **{"Idempotency-Key": "one"})
    assert counts(report) == (1001, 0, 0)
    assert (await staff.get(f"/surveys/v1/campaigns/{campaign}")).json()["entered"] == 1001


async def test_a_resident_claims_a_card_and_is_told_what_becomes_of_it(place: Playground) -> None:
    staff, resident = place.client(Role.STAFF), place.client(Role.RESIDENT)
    campaign = await running(staff)
    card = {"number": "a-17", "title": "Koffie", "code": "K7QP-2MXD"}
    theme = await made(staff, f"/surveys/v1/campaigns/{campaign}/cards", card)
    claims = f"/surveys/v1/campaigns/{campaign}/claims"
    wrong = await resident.post(claims, json={"number": "A-17", "code": "K7QP-2MXX"})
    unknown = await resident.post(claims, json={"number": "A-18", "code": "K7QP-2MXD"})
    right = await resident.post(claims, json={"number": "A-17", "code": "k7qp 2mxd"})
    assert (problem(wrong), wrong.json()["detail"]) == (problem(unknown), unknown.json()["detail"])
    assert (right.status_code, right.json()) == (200, {"theme_id": theme})
    assert [one["step"] for one in (await resident.get(f"/surveys/v1/themes/{theme}/timeline")).json()] == [
        "proposed"
    ]


async def test_of_many_wrong_codes_at_once_a_few_are_tried_and_a_neighbour_still_claims_their_card(
    place: Playground,
) -> None:
    staff, resident = place.client(Role.STAFF), place.client(Role.RESIDENT)
    campaign = await running(staff)
    card = {"number": "1", "title": "Koffie", "code": "K7QP-2MXD"}
    await made(staff, f"/surveys/v1/campaigns/{campaign}/cards", card)
    path = f"/surveys/v1/campaigns/{campaign}/claims"
    answers = await at_once(30, lambda n: resident.post(path, json={"number": "1", "code": f"WRONG{n:03}"}))
    assert Counter(one.status_code for one in answers) == {409: GUESSES.most, 429: 30 - GUESSES.most}
    assert all(int(one.headers["Retry-After"]) > 0 for one in answers if one.status_code == 429)
    right = {"number": "1", "code": "K7QP-2MXD"}
    neighbour = place.client(Role.RESIDENT, subject=uuid4())
    assert [(await one.post(path, json=right)).status_code for one in (resident, neighbour)] == [429, 200]
