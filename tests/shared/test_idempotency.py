"""The same request sent twice happens once, whoever lost the first answer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.persistence import idempotency
from buurtthuis.testing import Playground
from sqlalchemy import text

from tests.conftest import together
from tests.people import (
    HOUSE,
    PLAN,
    a_draft,
    a_guest,
    a_neighbour,
    a_neighbour_of,
    a_parked_event,
    a_session,
    a_theme,
    done,
    event_types,
    fields,
    problem,
)

pytestmark = pytest.mark.starts("sessions", "surveys")
place = together

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
HOME = "01a204c1-fe22-7520-b7a9-199f15c86465"
BODY = {"house_id": HOME, "title": "Ontmoeten"}


def same(one: httpx.Response, other: httpx.Response) -> bool:
    """Whether two answers are the same in all that a client builds on."""
    return _answer(one) == _answer(other)


def _answer(response: httpx.Response) -> tuple[int, Any, Any, bytes]:
    return (
        response.status_code,
        response.headers.get("location"),
        response.headers.get("etag"),
        response.content,
    )


Request = tuple[httpx.AsyncClient, str, dict[str, Any] | None]


async def propose(place: Playground) -> Request:
    return await a_neighbour(place, HOME), "/surveys/v1/themes", BODY


async def admit(place: Playground) -> Request:
    staff = place.client(Role.STAFF)
    return staff, f"/surveys/v1/themes/{await a_theme(staff)}/admission", None


async def reject(place: Playground) -> Request:
    staff = place.client(Role.STAFF)
    return staff, f"/surveys/v1/themes/{await a_theme(staff)}/rejection", {"reason": "x"}


async def withdraw(place: Playground) -> Request:
    resident = await a_neighbour(place, HOME)
    return resident, f"/surveys/v1/themes/{await a_theme(resident, house_id=HOME)}/withdrawal", None


async def select(place: Playground) -> Request:
    staff = place.client(Role.STAFF)
    theme = await a_theme(staff)
    await done(staff, f"/surveys/v1/themes/{theme}/admission")
    return staff, f"/surveys/v1/themes/{theme}/selection", None


async def open_a_house(place: Playground) -> Request:
    return place.client(Role.STAFF), "/sessions/v1/houses", HOUSE


async def draft(place: Playground) -> Request:
    staff = place.client(Role.STAFF)
    house = (await staff.post("/sessions/v1/houses", json=HOUSE)).json()["id"]
    return staff, "/sessions/v1/sessions", {"house_id": house, "title": "Koffietafel"}


async def plan(place: Playground) -> Request:
    staff = place.client(Role.STAFF)
    return staff, f"/sessions/v1/sessions/{await a_draft(staff)}/plan", PLAN


async def register(place: Playground) -> Request:
    session = await a_session(place.client(Role.STAFF))
    return await a_neighbour_of(place, session), f"/sessions/v1/sessions/{session}/seats", None


async def give_back(place: Playground) -> Request:
    session = await a_session(place.client(Role.STAFF))
    return await a_guest(place, session), f"/sessions/v1/sessions/{session}/withdrawal", None


async def hold(place: Playground) -> Request:
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    place.clock.move(timedelta(days=80))
    return staff, f"/sessions/v1/sessions/{session}/attendance", {"attended": [], "walk_ins": 3}


async def cancel(place: Playground) -> Request:
    staff = place.client(Role.STAFF)
    return staff, f"/sessions/v1/sessions/{await a_session(staff)}/cancellation", {"reason": "x"}


REQUESTS = (
    propose,
    admit,
    reject,
    withdraw,
    select,
    open_a_house,
    draft,
    plan,
    register,
    give_back,
    hold,
    cancel,
)


@pytest.mark.parametrize("request_of", REQUESTS)
async def test_a_repeat_gets_the_first_answer(
    place: Playground, request_of: Callable[[Playground], Awaitable[Request]]
) -> None:
    client, path, body = await request_of(place)
    method, headers = ("PUT", {**KEY, "If-Match": '"1"'}) if request_of is plan else ("POST", KEY)
    first = await client.request(method, path, json=body, headers=headers)
    again = await client.request(method, path, json=body, headers=headers)
    assert first.is_success, first.text
    assert same(first, again)


async def test_a_repeat_without_a_key_is_another_request(place: Playground) -> None:
    resident = await a_neighbour(place, HOME)
    first, again = [await resident.post("/surveys/v1/themes", json=BODY) for _ in range(2)]
    assert first.json()["id"] != again.json()["id"]


async def test_the_first_answer_stays_though_more_happened_since(place: Playground) -> None:
    resident, staff = await a_neighbour(place, HOME), place.client(Role.STAFF)
    first = await resident.post("/surveys/v1/themes", json=BODY, headers=KEY)
    await done(staff, f"/surveys/v1/themes/{first.json()['id']}/admission")
    assert same(await resident.post("/surveys/v1/themes", json=BODY, headers=KEY), first)


async def test_a_hundred_at_once_have_one_effect(place: Playground) -> None:
    resident = await a_neighbour(place, HOME)
    await asyncio.gather(*(resident.post("/surveys/v1/themes", json=BODY, headers=KEY) for _ in range(100)))
    await place.settled()
    assert event_types(await place.events("surveys")) == ["theme-proposed"]


async def test_a_hundred_at_once_get_the_same_answer(place: Playground) -> None:
    resident = await a_neighbour(place, HOME)
    answers = await asyncio.gather(
        *(resident.post("/surveys/v1/themes", json=BODY, headers=KEY) for _ in range(100))
    )
    assert {_answer(answer) for answer in answers} == {_answer(answers[0])}
    assert answers[0].status_code == 201


async def test_another_body_with_the_key_is_refused(place: Playground) -> None:
    resident = await a_neighbour(place, HOME)
    await resident.post("/surveys/v1/themes", json=BODY, headers=KEY)
    response = await resident.post("/surveys/v1/themes", json={**BODY, "title": "x"}, headers=KEY)
    assert (response.status_code, problem(response)) == (422, "key-reused")
    assert fields(response) == ["Idempotency-Key"]


async def test_another_address_with_the_key_is_refused(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    one, other = await a_theme(staff), await a_theme(staff)
    await staff.post(f"/surveys/v1/themes/{one}/admission", headers=KEY)
    response = await staff.post(f"/surveys/v1/themes/{other}/admission", headers=KEY)
    assert (response.status_code, problem(response)) == (422, "key-reused")


async def test_somebody_else_with_the_key_has_a_key_of_their_own(place: Playground) -> None:
    answers = [
        await (await a_neighbour(place, HOME)).post("/surveys/v1/themes", json=BODY, headers=KEY)
        for _ in range(2)
    ]
    assert len({answer.json()["id"] for answer in answers}) == 2


async def test_another_corporation_with_the_key_has_a_key_of_its_own(place: Playground) -> None:
    subject = uuid4()
    homes = {"woonpartners": HOME, "de-waterlelie": str(uuid4())}
    answers = [
        await (await a_neighbour(place, home, subject, corporation)).post(
            "/surveys/v1/themes", json={**BODY, "house_id": home}, headers=KEY
        )
        for corporation, home in homes.items()
    ]
    assert len({answer.json()["id"] for answer in answers}) == 2


async def test_a_refused_request_does_not_use_up_its_key(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    theme = await a_theme(staff)
    refused = await staff.post(f"/surveys/v1/themes/{theme}/parking", headers=KEY)
    await done(staff, f"/surveys/v1/themes/{theme}/admission")
    response = await staff.post(f"/surveys/v1/themes/{theme}/parking", headers=KEY)
    assert (refused.status_code, response.status_code) == (409, 200)


async def test_what_is_kept_of_an_answer_is_an_id_and_a_version(alone: Playground) -> None:
    await (await a_neighbour(alone, HOME)).post("/surveys/v1/themes", json=BODY, headers=KEY)
    async with alone.service("surveys").database.transaction("woonpartners") as session:
        answer = (await session.execute(text("SELECT answer FROM idempotency_keys"))).scalar_one()
    assert set(answer) == {"id", "version"}


async def test_a_key_is_forgotten_after_two_days_and_not_before(place: Playground) -> None:
    resident, database = await a_neighbour(place, HOME), place.service("surveys").database
    first = await resident.post("/surveys/v1/themes", json=BODY, headers=KEY)
    answers = []
    for hours in (47, 2):
        place.clock.move(timedelta(hours=hours))
        async with database.transaction("woonpartners") as session:
            await idempotency.forget(session, place.clock())
        answers.append((await resident.post("/surveys/v1/themes", json=BODY, headers=KEY)).json()["id"])
    assert [answer == first.json()["id"] for answer in answers] == [True, False]


async def test_retrying_a_parked_event_twice_with_a_key_succeeds_twice(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    path = f"/sessions/v1/parked-events/{await a_parked_event(place)}/retry"
    answers = [await staff.post(path, headers=KEY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 204]


async def test_retrying_a_parked_event_twice_without_a_key_finds_it_gone(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    path = f"/sessions/v1/parked-events/{await a_parked_event(place)}/retry"
    answers = [await staff.post(path) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 404]


async def test_a_retried_parked_event_has_one_effect(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    path = f"/sessions/v1/parked-events/{await a_parked_event(place)}/retry"
    await asyncio.gather(*(staff.post(path, headers=KEY) for _ in range(10)))
    await place.settled()
    assert event_types(await place.events("sessions")) == ["session-drafted"] * 2
